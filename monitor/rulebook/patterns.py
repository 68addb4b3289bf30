"""Patterns of the rule language: which facts count, under which readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.core.clause import ATTESTED_OLD, Exceeds, Given, Pattern, Reading, WaitsFor
from monitor.rulebook.problems import Problems, did_you_mean, listed, told
from monitor.rulebook.section import Section, accepted_values, as_table, as_text, entries_of, read_given
from monitor.rulebook.venues import VENUE_TYPES
from monitor.rulebook.vocabulary import Kind
from monitor.rulebook.yaml_marks import Items, Node, Table

DERIVED_KINDS = ("venue_ended", "unlisted_at_issue")
"""Triggers that no fact file states. They are made from terms: ``venue_ended`` when a market closes for good
(rules/venues.yaml), ``unlisted_at_issue`` when the instrument says that its stock was listed nowhere on its date."""

ONLY_UNDER = {"fresh": "`when`", "ahead": "`except`"}
"""Keys of a pattern that mean something in one place only; anywhere else they would be read and forgotten."""

VENUE_TYPE = "venue_type"
"""A field of every exchange-clock fact that is derived from its venue: exchange or quotation."""


@dataclass(frozen=True)
class Scope:
    """What a form's patterns may name. ``place`` is the file as the clause tree remembers it."""

    kinds: Mapping[str, Kind]
    readings: Mapping[str, Reading]
    venues: Iterable[str]
    terms: Iterable[str]
    place: str
    problems: Problems

    def line(self, node: Node) -> str:
        return f"{self.place}:{node.spot.line}"

    def given(self, node: Node | None, what: str = "`given`") -> Given:
        values = {name: tuple(reading.values) for name, reading in self.readings.items()}
        return read_given(node, values, self.problems, what)


def read_kind(node: Node, scope: Scope, what: str, *, derived: bool = False) -> str:
    """The name of a fact kind; ``derived`` ones only where a window opens."""
    word = as_text(node, scope.problems, what)
    names = (*scope.kinds, *(DERIVED_KINDS if derived else ()))
    if word and word not in names:
        instead = did_you_mean(word, names, "Run `covenantd vocabulary` for the kinds there are")
        scope.problems.add(node.spot, f"unknown kind {told(word)}", instead)
        return ""
    kind = scope.kinds.get(word)
    if kind is not None and kind.proves != "evidence":
        what = f"`{word}` is {'a hint' if kind.proves == 'hint' else kind.proves}, which decides nothing"
        scope.problems.add(node.spot, what, "Name a kind that proves evidence")
    return word


def read_patterns(node: Node | None, scope: Scope, what: str, *, derived: bool = False) -> tuple[Pattern, ...]:
    """A list of patterns, or one alone."""
    if node is None:
        return ()
    nodes = node.items if isinstance(node, Items) else (node,)
    return tuple(read_pattern(item, scope, what, derived=derived) for item in nodes)


def read_pattern(node: Node, scope: Scope, what: str, *, derived: bool = False) -> Pattern:
    """A bare kind, or ``{kind: ..., where: ..., given: ...}``."""
    if not isinstance(node, Table):
        return Pattern(read_kind(node, scope, what, derived=derived), line=scope.line(node))
    section = Section(
        node, scope.problems, f"a pattern of {what}",
        ("kind", "where", "given", "undone_by", "follows", "not_after", "exceeds", "waits_for", "fresh", "ahead"),
    )
    for key, place in ONLY_UNDER.items():
        if key in section and what != place:
            at = section.table.entries[key].key
            scope.problems.add(at, f"`{key}` goes with {place}, not with {what}", "Leave it out")
    named = section.needed("kind")
    kind = read_kind(named, scope, "`kind`", derived=derived) if named else ""
    return Pattern(
        kind=kind,
        where=read_where(section.node("where"), scope.kinds.get(kind), scope),
        given=scope.given(section.node("given")),
        undone_by=read_patterns(section.node("undone_by"), scope, "`undone_by`"),
        follows=frozenset(read_kind(item, scope, "`follows`") for item in section.items("follows")),
        not_after=frozenset(read_kind(item, scope, "`not_after`") for item in section.items("not_after")),
        exceeds=_exceeds(section.node("exceeds"), scope),
        waits_for=_waits_for(section.node("waits_for"), scope.kinds.get(kind), scope),
        fresh=section.flag("fresh"), ahead=section.flag("ahead"),
        line=scope.line(node),
    )


def read_exceptions(nodes: Iterable[Node], when: Iterable[Pattern], scope: Scope) -> tuple[Pattern, ...]:
    """The facts that except; one that reaches ahead must have a trigger that it can reach."""
    found, fresh = [], any(pattern.fresh for pattern in when)
    for node in nodes:
        pattern = read_pattern(node, scope, "`except`")
        found.append(pattern)
        if not pattern.ahead or not isinstance(node, Table):
            continue
        at = node.entries["ahead"].key
        if pattern.kind == ATTESTED_OLD:
            what = f"`{pattern.kind}` says that an item is old, which never excepts a fresh one"
            scope.problems.add(at, what, "Leave `ahead` out")
        elif not fresh:
            what = "`ahead` reaches fresh items, and no pattern of `when` is `fresh`"
            scope.problems.add(at, what, "Leave `ahead` out, or write `fresh: true` with the trigger that it reaches")
    return tuple(found)


def read_where(node: Node | None, kind: Kind | None, scope: Scope) -> dict[str, frozenset[str]]:
    """``{field: value or values}`` checked against the fields of the kind."""
    where: dict[str, frozenset[str]] = {}
    if node is None:
        return where
    for name, spot, value in entries_of(as_table(node, scope.problems, "`where`")):
        accepted = accepted_values(value, scope.problems, f"`{name}`")
        where[name] = frozenset(word for word, _ in accepted)
        if kind is None:
            continue
        derived = (VENUE_TYPE,) if kind.clock == "exchange" else ()
        known: tuple[str, ...] | None = None
        if name in derived:
            known = VENUE_TYPES
        elif name not in kind.fields:
            instead = did_you_mean(name, (*kind.fields, *derived), f"`{kind.name}` carries no fields")
            scope.problems.add(spot, f"`{kind.name}` has no field {told(name)}", instead)
            continue
        else:
            field = kind.fields[name]
            known = {"words": field.words, "yesno": ("true", "false")}.get(field.type)
            if name == "venue":
                known = tuple(scope.venues)
            if field.type in ("amount", "date", "moment"):
                scope.problems.add(spot, f"`where` compares words, `{name}` is {_a(field.type)}", "Leave it out")
        for word, at in accepted:
            if known is not None and word not in known:
                scope.problems.add(at, f"`{name}` is never {told(word)}", did_you_mean(word, known))
    return where


def _a(type_: str) -> str:
    return f"an {type_}" if type_[0] in "aeiou" else f"a {type_}"


def _exceeds(node: Node | None, scope: Scope) -> Exceeds | None:
    if node is None:
        return None
    section = Section(node, scope.problems, "`exceeds`", ("term", "given"))
    term, terms = section.text("term", required=True), tuple(scope.terms)
    if term and term not in terms:
        instead = did_you_mean(term, terms, "Add it under `terms:` of the form, with its value and quote")
        scope.problems.add(section.at("term"), f"the form has no term {told(term)}", instead)
    return Exceeds(term, scope.given(section.node("given")))


def _waits_for(node: Node | None, kind: Kind | None, scope: Scope) -> WaitsFor | None:
    if node is None:
        return None
    section = Section(node, scope.problems, "`waits_for`", ("field", "unless", "given"))
    name = section.text("field", required=True)
    dates = tuple(f.name for f in kind.fields.values() if f.type == "date") if kind else ()
    if name and kind and name not in dates:
        instead = f"Write {listed(dates)}" if dates else "Leave `waits_for` out"
        scope.problems.add(section.at("field"), f"{told(name)} is no date field of `{kind.name}`", instead)
    unless = read_patterns(section.node("unless"), scope, "`unless`")
    return WaitsFor(name, unless, scope.given(section.node("given")))


def readings_of(patterns: Iterable[Pattern]) -> frozenset[str]:
    """The readings that patterns name, those inside them included."""
    names: set[str] = set()
    for pattern in patterns:
        names |= {*pattern.given, *readings_of(pattern.undone_by)}
        if pattern.exceeds:
            names |= {*pattern.exceeds.given}
        if pattern.waits_for:
            names |= {*pattern.waits_for.given, *readings_of(pattern.waits_for.unless)}
    return frozenset(names)


