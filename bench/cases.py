"""The note that the bench evaluates: its histories as cases, and its facts and patterns for durable_rules alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from bench.histories import AS_OF, SIZES, histories
from monitor.core.clause import Pattern
from monitor.core.days import holds
from monitor.core.facts import Fact, end_of_day
from monitor.core.select import Case
from monitor.daemon.world import make_case
from monitor.rulebook import load_instrument, load_rulebook

NOTE = "roo-petty-2005"


class Subject:
    """The seed note with the shipped rules."""

    def __init__(self) -> None:
        self.rulebook = load_rulebook()
        self.instrument, self.form = load_instrument(NOTE, self.rulebook)

    def facts(self, size: str, how_many: int) -> list[tuple[Fact, ...]]:
        return histories(SIZES[size], how_many, self.rulebook, self.instrument, self.form)

    def case(self, facts: Sequence[Fact]) -> Case:
        """What the daemon does first: choose the facts, date them, name their matters."""
        at = end_of_day(AS_OF, self.form.zone)
        return make_case(self.rulebook, self.instrument, self.form, facts, at, at)

    def single_patterns(self) -> list[dict[str, str]]:
        """Every single-fact pattern of every limb that holds under the house readings, one for each accepted value."""
        house = {name: reading.default for name, reading in self.rulebook.readings.items()}
        found = []
        for limb in self.form.limbs:
            for pattern in patterns_in(limb):
                if holds(pattern.given, house):
                    where = {name: sorted(v)[0] for name, v in pattern.where.items() if name != "venue_type"}
                    found.append({"kind": pattern.kind, **where})
        return found


def patterns_in(thing: object) -> Iterator[Pattern]:
    """Patterns anywhere in a limb: triggers, exceptions, cures, what undoes them."""
    if isinstance(thing, Pattern):
        yield thing
    if isinstance(thing, tuple):
        for item in thing:
            yield from patterns_in(item)
    elif is_dataclass(thing):
        for part in fields(thing):
            yield from patterns_in(getattr(thing, part.name))


def plain_fact(fact: Fact, defaults: dict[str, Any]) -> dict[str, Any]:
    """A fact as durable_rules safely takes one: short words and integers, the vocabulary's defaults filled in."""
    day = fact.happened_on.first
    said = {**defaults, **fact.fields}
    words = {
        name: ("true" if value else "false") if isinstance(value, bool) else str(value)
        for name, value in said.items() if value is not None
    }
    assert isinstance(day, date)
    return {"kind": fact.kind, "matter": fact.matter, "day": day.toordinal(), **words}
