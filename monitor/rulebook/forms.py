"""rules/forms/*.yaml: the clauses of a form of agreement, each limb quoting its words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.clause import Form, Limb, Pattern, Ripening, Unlisted, Unpaid
from monitor.rulebook.patterns import Scope, read_exceptions, read_pattern, read_patterns, read_where
from monitor.rulebook.problems import Problem, Problems, RulebookError, listed, shown, told
from monitor.rulebook.quotes import numbers_in, text_of_pages, where_it_parts
from monitor.rulebook.ripening import read_ripening, readings_in_use
from monitor.rulebook.section import Section, as_text
from monitor.rulebook.yaml_marks import Items, Node, Table, Word, decoded, read_bytes, read_yaml

if TYPE_CHECKING:
    from monitor.rulebook.rulebook import Rulebook

_TOP_WORD = re.compile(r"^([a-z_]+):[ \t]*[\"']?([^\s\"'#]*)", re.MULTILINE)
DATE_TERMS = ("dated", "first_payment", "maturity")
"""The dates of an instrument that a form may refer to (``existing_at``)."""


@dataclass(frozen=True)
class FormFile:
    """A form with what instruments on it need: its terms, its own acceleration, and its text for quotes."""

    form: Form
    terms: Mapping[str, Decimal]
    acceleration: str
    text: str
    text_file: str


def load_form(path: Path, rulebook: Rulebook) -> Form:
    """The checked form of a file. Raises RulebookError with every mistake in it."""
    return load_form_file(path, rulebook).form


def load_form_file(path: Path, rulebook: Rulebook) -> FormFile:
    """As ``load_form``, with the form's terms and text."""
    body = read_bytes(path)
    problems = Problems()
    node = read_yaml(path, problems, body)
    if node is None:
        raise RulebookError([Problem(shown(path), 1, 1, "the file is empty", "Write a form (see rules/forms)")])
    loaded = _Reader(path, rulebook, problems, node).form(hashlib.sha256(body).hexdigest())
    problems.raise_if_any()
    return loaded


class Quotes:
    """Checks that quoted words stand in a text."""

    def __init__(self, text: str | None, name: str, problems: Problems) -> None:
        self.text, self.name, self.problems = text, name, problems

    def check(self, section: Section, key: str = "quote", *, required: bool = False) -> str:
        """The words under ``key``; a problem when the text does not hold them."""
        words = section.text(key, required=required)
        node = section.node(key)
        if words and node is not None:
            self.look_up(words, node)
        return words

    def look_up(self, words: str, node: Node) -> None:
        if self.text is None:
            return
        begins = where_it_parts(words, self.text)
        if begins is None:
            return
        if len(begins) < 12:
            what = f"the quote {told(words)} is not in {self.name}"
        else:
            what = f"the quote is not in {self.name}, which goes on differently after {told('... ' + begins[-50:])}"
        self.problems.add(node.spot, what, "Copy the words as they stand there")


def text_beside(path: Path, section: Section, key: str = "text_file") -> tuple[str | None, str]:
    """The text that a file names beside itself, and its name. A problem when it cannot be read."""
    name = section.text(key)
    if not name:
        return None, ""
    place = path.parent / name
    try:
        return text_of_pages(decoded(read_bytes(place), shown(place))), name
    except RulebookError as error:
        if place.exists():
            section.problems.extend(error.problems)
        else:
            instead = "Put the agreement's text there, or correct the name"
            section.problems.add(section.at(key), f"no such file {told(name)} beside this one", instead)
        return None, name


class _Reader:
    def __init__(self, path: Path, rulebook: Rulebook, problems: Problems, node: Node) -> None:
        self.path, self.rulebook, self.problems = path, rulebook, problems
        self.top = Section(
            node, problems, "the form",
            ("form", "title", "law", "text_file", "remedy", "waiver", "terms", "clauses"),
        )
        self.top.needed("text_file", "my-form.txt")
        text, name = text_beside(path, self.top)
        self.quotes = Quotes(text, name, problems)
        self.terms = self._terms()
        self.scope = Scope(
            kinds=rulebook.vocabulary.kinds, readings=rulebook.readings, venues=tuple(rulebook.venues),
            terms=tuple(self.terms), place=rulebook.place(path), problems=problems,
        )
        self.limbs: dict[str, Limb] = {}

    def form(self, digest: str) -> FormFile:
        law = self.top.one_of("law", self.rulebook.laws, required=True)
        form_id = self.top.text("form", required=True)
        acceleration, waiver = self._remedy(), self._waiver()
        clauses: list[str] = []
        nodes = self.top.items("clauses", required=True)
        if "clauses" in self.top and not nodes:
            self.problems.add(self.top.at("clauses"), "the form has no clauses", "Write at least one clause")
        for node in nodes:
            self._clause(node, clauses)
        form = Form(
            id=form_id, title=self.top.text("title", required=True), law=law,
            zone=self.rulebook.laws[law].zone if law else "UTC", limbs=tuple(self.limbs.values()), waiver=waiver,
            digest=digest, checks=self.rulebook.vocabulary.checks,
        )
        return FormFile(form, self.terms, acceleration, self.quotes.text or "", self.quotes.name)

    def _terms(self) -> dict[str, Decimal]:
        terms: dict[str, Decimal] = {}
        for name, _, node in self.top.entries("terms"):
            section = Section(node, self.problems, f"term `{name}`", ("value", "quote"))
            value = section.amount("value", required=True)
            quote = self.quotes.check(section, required=True)
            terms[name] = value if value is not None else Decimal(0)
            if value is not None and quote and value not in numbers_in(quote):
                what = f"the number {value} of term `{name}` is not in its quote"
                self.problems.add(section.at("value"), what, "Correct the value or the quote")
        return terms

    def _remedy(self) -> str:
        section = self.top.section("remedy", ("quote", "acceleration"))
        if section is None:
            return ""
        self.quotes.check(section, required=True)
        reading = self.rulebook.readings.get("acceleration")
        return section.one_of("acceleration", reading.values if reading else ("automatic", "elective"))

    def _waiver(self) -> Pattern:
        section = self.top.section("waiver", ("quote", "by"), required=True)
        if section is None:
            return Pattern("")
        self.quotes.check(section, required=True)
        node = section.needed("by", "{kind: default_waived, where: {signed: true}}")
        return read_pattern(node, self.scope, "`by`") if node else Pattern("")

    def _clause(self, node: Node, clauses: list[str]) -> None:
        section = Section(
            node, self.problems, "a clause", ("clause", "title", "quote", "venues", "venues_quote", "limbs")
        )
        name = section.text("clause", required=True)
        if name in clauses:
            self.problems.add(section.at("clause"), f"there is already a clause {told(name)}", "Name it otherwise")
        elif name:
            clauses.append(name)
        section.text("title")
        quote, venues_quote = self.quotes.check(section), self.quotes.check(section, "venues_quote")
        venues = section.choices("venues", self.rulebook.venues) or (("",) if "venues" in section else ())
        if "venues" in section and not section.items("venues"):
            self.problems.add(section.at("venues"), "`venues` is empty", "List the markets that the clause names")
        nodes = section.items("limbs", required=True)
        if "limbs" in section and not nodes:
            self.problems.add(section.at("limbs"), f"clause {told(name)} has no limbs", "Write at least one limb")
        read = [self._limb(item, name, venues, (quote, venues_quote)) for item in nodes]
        ends: list[Pattern] = []
        for limb, _ in read:
            if isinstance(limb.ripens, Unlisted):
                seen = [replace(p, line="") for p in ends]
                ends += [p for p in limb.when if replace(p, line="") not in seen]
        for limb, limb_section in read:
            if isinstance(limb.ripens, Unlisted):
                limb = replace(limb, ripens=replace(limb.ripens, ends=tuple(ends)))
            self._readings(limb, limb_section)
            if limb.id in self.limbs:
                what = f"there is already a limb {told(limb.id)}"
                self.problems.add(limb_section.at("limb"), what, "Give each limb its own id")
            elif limb.id:
                self.limbs[limb.id] = limb

    def _limb(
        self, node: Node, clause: str, venues: tuple[str, ...], words: tuple[str, ...]
    ) -> tuple[Limb, Section]:
        section = Section(
            node, self.problems, "a limb", ("limb", "title", "quote", "when", "except", "ripens", "readings", "read")
        )
        quote = self.quotes.check(section, required=True)
        when = read_patterns(section.node("when"), self.scope, "`when`", derived=True)
        ripens_node = section.needed("ripens", "{at_once: true}")
        limb = Limb(
            id=section.text("limb", required=True), clause=clause, title=section.text("title", required=True),
            quote=quote, when=when,
            ripens=Unpaid("") if ripens_node is None else self._ripens(ripens_node, venues, (quote, *words)),
            readings=section.choices("readings", self.rulebook.readings),
            line=self.scope.line(node), window_quote=_quote_of(ripens_node),
        )
        if not when and not isinstance(limb.ripens, Unpaid):
            self.problems.add(section.spot, "the limb has no `when`", "Add `when: [...]`, the fact kinds that open it")
        if when and isinstance(limb.ripens, Unpaid) and ripens_node is not None:
            what = "a limb that is unpaid at maturity opens by itself"
            self.problems.add(section.at("when"), what, "Leave `when` out")
        areas = section.section("read", ("trigger", "cure"))
        if areas is not None:
            known = self.rulebook.vocabulary.areas
            limb = replace(
                limb, trigger_area=areas.one_of("trigger", known), cure_area=areas.one_of("cure", known)
            )
        return self._except(section, limb), section

    def _ripens(self, node: Node, venues: tuple[str, ...], words: tuple[str, ...]) -> Ripening:
        ripens = read_ripening(node, self.scope, venues, words)
        if isinstance(node, Table):
            section = Section(node, Problems(), "`ripens`", node.entries)
            for key in ("quote", "definition"):
                for item in section.items(key):
                    text = as_text(item, Problems(), key)
                    if text:
                        self.quotes.look_up(text, item)
        return ripens

    def _except(self, section: Section, limb: Limb) -> Limb:
        node = section.node("except")
        if node is None:
            return limb
        if not isinstance(node, Table):
            listed_alone = node.items if isinstance(node, Items) else (node,)
            return replace(limb, except_=read_exceptions(listed_alone, limb.when, self.scope))
        part = Section(node, self.problems, "`except`", ("quote", "given", "existing_at", "by", "late_given"))
        self.quotes.check(part)
        nodes: list[Node] = []
        trigger: dict[str, frozenset[str]] = {}
        for item in part.items("by", required=True):
            if isinstance(item, Table) and "trigger" in item.entries:
                own = Section(item, self.problems, "an exception by the trigger", ("trigger",))
                for pattern in limb.when[:1] or (Pattern(""),):
                    kind = self.rulebook.vocabulary.kinds.get(pattern.kind)
                    trigger |= read_where(own.node("trigger"), kind, self.scope)
            else:
                nodes.append(item)
        return replace(
            limb, except_=read_exceptions(nodes, limb.when, self.scope), except_trigger=trigger,
            except_given=self.scope.given(part.node("given")),
            late_except_given=self.scope.given(part.node("late_given"), "`late_given`"),
            existing_at=part.one_of("existing_at", DATE_TERMS),
        )

    def _readings(self, limb: Limb, section: Section) -> None:
        missing = sorted(readings_in_use(limb, self.rulebook.readings) & {*self.rulebook.readings} - {*limb.readings})
        if missing:
            what = f"limb {told(limb.id)} uses {listed(missing)}, not listed under its `readings`"
            self.problems.add(section.at("readings"), what, f"Add {', '.join(missing)} to `readings`")


def form_ids(folder: Path) -> dict[str, Path]:
    """form id -> file, for every form in a folder."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.yaml")):
        words = top_words(path)
        if "instrument" not in words:
            found[words.get("form") or path.stem] = path
    return found


def top_words(path: Path) -> dict[str, str]:
    """The keys at the top of a file with the words beside them, found without parsing: a broken file has an id too."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    return dict(_TOP_WORD.findall(text))


def _quote_of(ripens: Node | None) -> str:
    """The words a period is quoted from, on one line; "" when the limb's own words hold it."""
    entry = ripens.entries.get("quote") if isinstance(ripens, Table) else None
    return " ".join(entry.node.text.split()) if entry and isinstance(entry.node, Word) else ""
