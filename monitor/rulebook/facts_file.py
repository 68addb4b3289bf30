"""Facts files: a YAML list, JSON, or JSON Lines, in the shape at the head of rules/vocabulary.yaml."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from monitor.core.canonical import digest
from monitor.core.clause import Form, Instrument
from monitor.core.facts import Fact, Scalar, end_of_day, fact_id, local_date
from monitor.rulebook import fact_dates
from monitor.rulebook.fact_sense import Sense, refuse_misspelt_cures
from monitor.rulebook.json_marks import parse_json, parse_json_lines
from monitor.rulebook.law import HOUSE_LAW, known_zone
from monitor.rulebook.problems import Problem, Problems, RulebookError, Spot, did_you_mean, shown, told
from monitor.rulebook.section import Section, as_table, as_text
from monitor.rulebook.vocabulary import MATTER_REQUIRED, SHAPE_KEYS, Kind, read_value
from monitor.rulebook.yaml_marks import Entry, Items, Node, Table, Word, decoded, describe, parse_yaml, read_bytes

if TYPE_CHECKING:
    from monitor.rulebook.rulebook import Rulebook

FILE_SOURCE = "facts"
"""``source`` of a fact that names none."""
NAMES_ANOTHER = ("retraction", "payment_reversed")
"""Kinds that mean nothing without the fact they are about, in ``supersedes``."""


def read_facts(
    path: Path, rulebook: Rulebook, instrument: Instrument | None, form: Form | None
) -> tuple[Fact, ...]:
    """Every fact of a file, in file order. Raises RulebookError with every mistake in it.

    ``instrument`` gives the default subject (its maker), ``form`` the governing zone and law; without them the
    subject is ``maker`` and the law New York's, which is enough to check a file.
    """
    body, file, problems = read_bytes(path), shown(path), Problems()
    text = decoded(body, file)
    nodes = _entries(path, text, file, problems)
    reader = FactReader(rulebook, instrument, form, problems)
    facts: list[tuple[Fact, Spot]] = []
    matters: list[tuple[Fact, Spot]] = []
    named: list[tuple[str, Spot]] = []
    for node in nodes:
        fact = reader.read(node)
        if fact is not None:
            facts.append((fact, node.spot))
            said = node.entries.get("matter") if isinstance(node, Table) else None
            matters.append((fact, said.node.spot if said else node.spot))
        if fact is not None and fact.supersedes and isinstance(node, Table):
            named.append((fact.supersedes, node.entries["supersedes"].node.spot))
    _refuse_clashes(facts, rulebook, problems)
    if len(facts) == len(nodes):  # with a fact unread, what names it would be blamed too
        _refuse_strays({fact.id for fact, _ in facts}, named, problems)
        refuse_misspelt_cures(matters, rulebook.vocabulary.kinds, problems)
    problems.raise_if_any()
    return tuple(fact for fact, _ in facts)


def parse_fact(
    mapping: Mapping[str, Any], rulebook: Rulebook, instrument: Instrument | None = None, form: Form | None = None,
    *, file: str = "fact",
) -> Fact:
    """One fact out of plain values (text, dates, amounts, true and false), as ``attest`` gathers them.

    Raises RulebookError; its problems are at ``file``:1, each naming its key.
    """
    problems = Problems()
    fact = FactReader(rulebook, instrument, form, problems).read(_node(mapping, Spot(file, 1, 1)))
    problems.raise_if_any()
    assert fact is not None
    return fact


def fact_to_mapping(fact: Fact, zone: str = "America/New_York") -> dict[str, Any]:
    """A fact as plain text, numbers and booleans that a facts file may hold; ``parse_fact`` gives the same fact back.

    Instants are written on the clock of the fact's own zone, else of ``zone`` (the governing one).
    """
    place = ZoneInfo(fact.zone or zone)

    def said(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(place).isoformat()
        if isinstance(value, date):
            return value.isoformat()
        return format(value, "f") if isinstance(value, Decimal) else value

    when = fact.happened_on
    happened = {"from": said(when.first), "to": said(when.last)} if when.is_range else said(when.first)
    shape = {
        "id": fact.id, "subject": fact.subject, "instrument": fact.instrument, "kind": fact.kind,
        "matter": fact.matter, "happened_on": happened, "published_at": said(fact.published_at),
        "known_at": said(fact.known_at), "supersedes": fact.supersedes, "source": fact.source,
        "record": fact.record, "zone": fact.zone,
    }
    fields = {name: said(value) for name, value in fact.fields.items()}
    return {key: value for key, value in {**shape, **fields}.items() if value is not None}


def _entries(path: Path, text: str, file: str, problems: Problems) -> tuple[Node, ...]:
    begins = text.lstrip()
    if not begins:
        raise RulebookError([Problem(file, 1, 1, "the facts file is empty", "Write a list of facts, or `[]` for none")])
    if path.suffix in (".jsonl", ".ndjson") or (begins.startswith("{") and path.suffix != ".json"):
        return parse_json_lines(text, file, problems)
    node = parse_json(text, file, problems) if path.suffix == ".json" else parse_yaml(text, file, problems)
    if node is None or (isinstance(node, Word) and node.is_null):
        what = "the facts file holds no facts"
        raise RulebookError([Problem(file, 1, 1, what, "Write a list of facts, or `[]` for none")])
    if isinstance(node, Items):
        return node.items
    what = f"a facts file is a list, this is {describe(node)}"
    problems.add(node.spot, what, "Begin each fact with `- kind: ...`")
    return ()


class FactReader:
    """Reads facts one by one against the vocabulary."""

    def __init__(
        self, rulebook: Rulebook, instrument: Instrument | None, form: Form | None, problems: Problems
    ) -> None:
        self.rulebook, self.problems = rulebook, problems
        self.instrument = instrument
        law = rulebook.laws[form.law if form else HOUSE_LAW]
        self.dates = fact_dates.FactDates(form.zone if form else law.zone, law.holidays, problems)
        self.sense = Sense(instrument, form, self.dates.zone, problems)

    def read(self, node: Node) -> Fact | None:
        """The fact, or None when a mistake was noted."""
        before = len(self.problems)
        table = as_table(node, self.problems, "a fact")
        if not isinstance(node, Table):
            return None
        kind = self._kind(table)
        if kind is None:
            return None
        section = Section(table, self.problems, f"the fact ({kind.name})", (*SHAPE_KEYS, *kind.fields))
        fact = self._fact(section, kind)
        if fact is not None and len(self.problems) == before:
            self.sense.judge(fact, section)
        return fact if len(self.problems) == before else None

    def _kind(self, table: Table) -> Kind | None:
        entry = table.entries.get("kind")
        kinds = self.rulebook.vocabulary.kinds
        if entry is None:
            close = [key for key in table.entries if did_you_mean(key, ("kind",), "-") != "-"]
            spot = table.entries[close[0]].key if close else table.spot
            what = f"unknown key {told(close[0])}" if close else "the fact has no `kind`"
            instead = "Did you mean `kind`?" if close else "Add `kind: ...`; `covenantd vocabulary` lists them"
            self.problems.add(spot, what, instead)
            return None
        word = as_text(entry.node, self.problems, "`kind`")
        if word and word not in kinds:
            instead = did_you_mean(word, kinds, "Run `covenantd vocabulary` for the kinds there are")
            self.problems.add(entry.node.spot, f"unknown kind {told(word)}", instead)
        return kinds.get(word)

    def _fact(self, section: Section, kind: Kind) -> Fact | None:
        zone = section.text("zone") or None
        if zone and not known_zone(zone):
            instead = "Write an IANA name, e.g. America/Chicago"
            self.problems.add(section.at("zone"), f"no time zone {told(zone)}", instead)
            zone = None
        section.needed("happened_on", "2005-06-16")
        node = section.node("happened_on")
        when = self.dates.when(node, kind) if node else None
        if when is None or node is None:
            self._fields(section, kind)
            return None
        if zone is None and kind.clock != "governing":
            zone = self.dates.zone_as_written(when, node.spot)
        known_at = self._instant(section, "known_at")
        fields = self._fields(section, kind)
        subject = section.text("subject") or (self.instrument.maker.id if self.instrument else "maker")
        # source_read and source_gap carry a field of that name: the source that was read is also where they come from.
        source = section.text("source", default=FILE_SOURCE)
        record, given = section.text("record"), section.text("id")
        content = {
            "kind": kind.name, "subject": subject, "matter": self._matter(section, kind), "happened_on": when,
            "instrument": section.text("instrument") or None, "supersedes": self._supersedes(section, kind),
            "zone": zone, "fields": fields,
        }
        if not given:
            given = fact_id(source, record, kind.name, subject) if record else digest([source, content])[:24]
        return Fact(
            id=given, kind=kind.name, subject=subject, matter=str(content["matter"]), happened_on=when,
            known_at=known_at or end_of_day(local_date(when.last, self.dates.zone), self.dates.zone),
            source=source, record=record or given, instrument=section.text("instrument") or None,
            published_at=self._instant(section, "published_at"), supersedes=self._supersedes(section, kind),
            zone=zone, fields=fields,
        )

    def _matter(self, section: Section, kind: Kind) -> str:
        matter = section.text("matter")
        if matter or "matter" in section:
            return matter
        if kind.matter != MATTER_REQUIRED:
            return kind.matter
        self.problems.add(
            section.spot, f"the fact ({kind.name}) has no `matter`",
            "Add `matter: ...`, what it is about: a file, index or docket number, the name of a debt",
        )
        return ""

    def _supersedes(self, section: Section, kind: Kind) -> str | None:
        named = section.text("supersedes")
        if not named and "supersedes" not in section and kind.name in NAMES_ANOTHER:
            what = f"the fact ({kind.name}) does not say which fact it is about"
            self.problems.add(section.spot, what, "Add `supersedes: ...`, the id of that fact")
        return named or None

    def _instant(self, section: Section, key: str) -> datetime | None:
        node = section.node(key)
        return self.dates.instant(node, f"`{key}`") if node else None

    def _fields(self, section: Section, kind: Kind) -> dict[str, Scalar]:
        fields: dict[str, Scalar] = {}
        for spec in kind.fields.values():
            node = section.node(spec.name)
            if node is None:
                if spec.required:
                    what = f"the fact ({kind.name}) has no `{spec.name}`"
                    self.problems.add(section.spot, what, f"Add `{spec.name}: ...`, {spec.meaning}")
                continue
            value = read_value(node, spec, self.problems)
            if spec.name == "venue" and value and value not in self.rulebook.venues:
                instead = did_you_mean(str(value), self.rulebook.venues, "Write an id of rules/venues.yaml")
                self.problems.add(node.spot, f"unknown venue {told(value)}", instead)
            if isinstance(value, date):
                value = self.dates.in_range(value, node.spot, f"`{spec.name}`")
            if value is not None:
                fields[spec.name] = value
        return fields


def _refuse_clashes(facts: list[tuple[Fact, Spot]], rulebook: Rulebook, problems: Problems) -> None:
    """Two entries that cannot both be meant: versions that nothing orders, and payments that would count as one."""
    seen: dict[tuple[str, str], list[tuple[Fact, Spot]]] = {}
    for fact, spot in facts:
        for other, first in seen.setdefault((fact.subject, fact.id), []):
            kind = rulebook.vocabulary.kinds[fact.kind]
            if other.version == fact.version and kind.proves == "evidence" and not kind.same_event:
                what = f"the same {fact.kind} stands on line {first.line}; as it is, both count once"
                problems.add(spot, what, "Give each an `id` or a `record` of its own, or remove one")
            elif other.version != fact.version and other.known_at == fact.known_at:
                what = f"another version of {told(fact.id)} with the same known_at stands on line {first.line}"
                problems.add(spot, what, "Give the later version a later `known_at`, or another `id`")
        seen[fact.subject, fact.id].append((fact, spot))


def _refuse_strays(ids: Collection[str], named: Iterable[tuple[str, Spot]], problems: Problems) -> None:
    """A file is the whole of what is known: a retraction or correction of a fact outside it would do nothing."""
    for name, spot in named:
        if name not in ids:
            instead = did_you_mean(name, ids, "Give the fact that is meant this `id`, or leave the entry out")
            problems.add(spot, f"`supersedes`: no fact of this file has the id {told(name)}", instead)


def _node(value: Any, spot: Spot) -> Node:
    if isinstance(value, Mapping):
        return Table(spot, {str(k): Entry(spot, _node(v, spot)) for k, v in value.items() if v is not None})
    if isinstance(value, list | tuple):
        return Items(spot, tuple(_node(v, spot) for v in value))
    if isinstance(value, bool):
        return Word(spot, "true" if value else "false", plain=True)
    if isinstance(value, date):
        return Word(spot, value.isoformat(), plain=False)
    return Word(spot, format(value, "f") if isinstance(value, Decimal) else str(value), plain=False)

