"""rules/vocabulary.yaml: every fact kind, what it proves and the fields it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from monitor.core.facts import Scalar
from monitor.core.select import KindInfo
from monitor.rulebook import scalars
from monitor.rulebook.problems import Problems, listed
from monitor.rulebook.section import Section, as_choice, as_flag, as_scalar, as_text
from monitor.rulebook.yaml_marks import Items, Node, Word, describe

PROVES = ("evidence", "hint", "information", "record")
CLOCKS = ("governing", "court", "exchange")
TYPES = ("text", "amount", "date", "moment", "yesno")
MATTER_REQUIRED = "required"
SHAPE_KEYS = (
    "id", "subject", "instrument", "kind", "matter", "happened_on", "published_at", "known_at", "supersedes",
    "source", "record", "zone",
)
"""The keys every fact has beside the fields of its kind; no field may take one of these names, save ``source``."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a kind. ``type``: text, amount, date, moment, yesno, or ``words`` with the accepted ``words``."""

    name: str
    type: str
    meaning: str
    words: tuple[str, ...] = ()
    default: Scalar = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A fact kind. ``matter`` is ``required``, or the matter of a fact that names none."""

    name: str
    meaning: str
    proves: str
    clock: str
    matter: str
    same_event: bool
    order: int
    fields: Mapping[str, FieldSpec]


@dataclass(frozen=True)
class Vocabulary:
    """``areas``: area -> its meaning. ``checks``: area -> the next step that looks for a cure there."""

    kinds: Mapping[str, Kind]
    areas: Mapping[str, str]
    checks: Mapping[str, str]

    @cached_property
    def kind_infos(self) -> Mapping[str, KindInfo]:
        """The kinds as selection needs them, with the defaults of their fields."""
        return {
            kind.name: KindInfo(
                name=kind.name, proves=kind.proves, clock=kind.clock, same_event=kind.same_event, order=kind.order,
                defaults={f.name: f.default for f in kind.fields.values() if f.default is not None},
            )
            for kind in self.kinds.values()
        }


def read_vocabulary(node: Node, problems: Problems) -> Vocabulary:
    top = Section(node, problems, "the vocabulary", ("areas", "kinds"))
    top.needed("areas")
    top.needed("kinds")
    areas = {
        name: Section(value, problems, f"area `{name}`", ("meaning", "check"))
        for name, _, value in top.entries("areas")
    }
    return Vocabulary(
        kinds={name: _kind(name, value, problems) for name, _, value in top.entries("kinds")},
        areas={name: area.text("meaning", required=True) for name, area in areas.items()},
        checks={name: area.text("check", required=True) for name, area in areas.items()},
    )


def _kind(name: str, node: Node, problems: Problems) -> Kind:
    section = Section(
        node, problems, f"kind `{name}`", ("meaning", "proves", "clock", "matter", "same_event", "order", "fields")
    )
    order = section.one_of("order", ("0", "1", "2"), default="0")
    return Kind(
        name=name,
        meaning=section.text("meaning", required=True),
        proves=section.one_of("proves", PROVES, required=True),
        clock=section.one_of("clock", CLOCKS, default="governing"),
        matter=section.text("matter", required=True),
        same_event=section.flag("same_event", default=True),
        order=int(order or 0),
        fields={field: _field(field, value, problems) for field, _, value in section.entries("fields")},
    )


def _field(name: str, node: Node, problems: Problems) -> FieldSpec:
    section = Section(node, problems, f"field `{name}`", ("type", "default", "required", "meaning"))
    if name in SHAPE_KEYS and name != "source":
        problems.add(section.spot, f"a field cannot be called `{name}`, a key of every fact", "Choose another name")
    kind, words = "text", tuple[str, ...]()
    written = section.needed("type", "text")
    if isinstance(written, Items):
        kind, words = "words", section.words("type")
    elif isinstance(written, Word):
        kind = as_choice(written, problems, "`type`", TYPES) or "text"
    elif written is not None:
        problems.add(written.spot, f"`type` is {describe(written)}", f"Write {listed(TYPES)}, or a list of words")
    spec = FieldSpec(name, kind, section.text("meaning", required=True), words, required=section.flag("required"))
    default = section.node("default")
    if default is None:
        return spec
    return FieldSpec(name, kind, spec.meaning, words, read_value(default, spec, problems), spec.required)


def read_value(node: Node, spec: FieldSpec, problems: Problems) -> Scalar:
    """The value of a field, by its type. A mistake is noted and None returned."""
    what = f"`{spec.name}`"
    if spec.type == "yesno":
        return as_flag(node, problems, what)
    if spec.type == "amount":
        return as_scalar(node, problems, what, scalars.amount)
    if spec.type == "date":
        return as_scalar(node, problems, what, scalars.day)
    if spec.type == "moment":
        return as_scalar(node, problems, what, scalars.moment)
    if spec.type == "words":
        return as_choice(node, problems, what, spec.words) or None
    return as_text(node, problems, what) or None

