"""How the reference evaluator looks at a case: one combination of readings, and which end of an uncertain date holds.

Under the house reading a trigger with a range of dates counts from its last day and a cure from its first:
uncertainty never makes the house date earlier. The earliest arguable date tries the opposite ends too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from monitor.core.clause import Exceeds, Limb, Pattern
from monitor.core.days import holds
from monitor.core.facts import Scalar
from monitor.core.schedule import Payment
from monitor.core.select import Case, Event


@dataclass(frozen=True)
class Look:
    """``trigger_first``: triggers count from the first day of their range. ``cure_last``: cures only from the last.
    ``removal_at_open``: a removal known by date only took effect before that day's open."""

    case: Case
    readings: Mapping[str, str]
    trigger_first: bool = False
    cure_last: bool = False
    removal_at_open: bool = False

    def on(self, name: str) -> bool:
        return self.readings.get(name) == "on"

    def _dates(self, event: Event) -> tuple[date, date]:
        if event.other_dates and self.readings.get("court_date") != self.case.chosen.get("court_date"):
            return event.other_dates
        return event.first, event.last

    def opens(self, event: Event) -> date:
        """The legal date of an event as a trigger."""
        return self._dates(event)[0 if self.trigger_first else 1]

    def acts(self, event: Event) -> date:
        """The legal date of an event that cures, excepts, waives or pays."""
        recorded = event.fields.get("recorded_on")
        late = event.kind == "released" and self.readings.get("release_effective") == "recorded"
        if late and isinstance(recorded, date):
            return recorded
        return self._dates(event)[1 if self.cure_last else 0]

    def opens_at(self, event: Event) -> datetime | None:
        """The exact instant of an event as a trigger, when it is known."""
        return event.at_first if self.trigger_first else event.at_last

    def acts_at(self, event: Event) -> datetime | None:
        """The exact instant of an event that cures, when it is known."""
        return event.at_last if self.cure_last else event.at_first

    def triggered(self, event: Event) -> bool:
        at = self.opens_at(event)
        return at <= self.case.as_of if at else self.opens(event) <= self.case.today

    def acted(self, event: Event) -> bool:
        at, day = self.acts_at(event), self.acts(event)
        return at <= self.case.as_of if at and day in self._dates(event) else day <= self.case.today

    def matches(self, pattern: Pattern, event: Event) -> bool:
        """Kind, field values and readings; ``venue_type`` is judged per venue by the listing walk."""
        return (
            event.kind == pattern.kind
            and holds(pattern.given, self.readings)
            and fields_match(pattern.where, event)
        )

    def first_match(self, patterns: tuple[Pattern, ...], event: Event) -> Pattern | None:
        return next((p for p in patterns if self.matches(p, event)), None)

    def cures(self, patterns: tuple[Pattern, ...], matter: str) -> list[Event]:
        """Events on the matter that end a window, in order, without those undone by a later one."""
        found = []
        for event in self.case.events:
            fitting = [p for p in patterns if self.matches(p, event)] if event.matter == matter else []
            # Any one pattern is enough: what undoes the fact under one of them leaves it standing under another.
            if fitting and self.acted(event) and not all(self._undone(p, event) for p in fitting):
                found.append(event)
        return sorted(found, key=lambda e: (self.acts(e), e.order, e.id))

    def openers(self, patterns: tuple[Pattern, ...], matter: str) -> list[Event]:
        """Events on the matter that open a window anew (a lifted stay, a reinstatement): dated as triggers."""
        found = [e for e in self.case.events if e.matter == matter and self.triggered(e)]
        return [e for e in found if self.first_match(patterns, e)]

    def _undone(self, pattern: Pattern, event: Event) -> bool:
        return any(
            other.matter == event.matter and self.acted(other) and self.acts(other) >= self.acts(event)
            and self.first_match(pattern.undone_by, other)
            for other in self.case.events
        )

    def triggers(self, limb: Limb) -> Iterator[tuple[Event, Pattern]]:
        """Events that match the limb's ``when``, with the pattern they match, dated by their own ``opens``."""
        for event in self.case.events:
            pattern = self.first_match(limb.when, event)
            if pattern is None or not self.triggered(event):
                continue
            if pattern.follows and not self._preceded(event, pattern.follows):
                continue
            if self._preceded(event, pattern.not_after):
                continue
            if pattern.exceeds and holds(pattern.exceeds.given, self.readings) and not self._exceeds(
                pattern.exceeds, pattern, event
            ):
                continue
            yield event, pattern

    def _preceded(self, event: Event, kinds: frozenset[str]) -> bool:
        """Whether the matter has an event of these kinds on or before this one's date."""
        return bool(kinds) and any(
            other.matter == event.matter and other.kind in kinds
            and self.triggered(other) and self.opens(other) <= self.opens(event)
            for other in self.case.events
        )

    def _exceeds(self, rule: Exceeds, pattern: Pattern, event: Event) -> bool:
        """Principal strictly over the term; several debts in default add up under ``aggregate_debts``."""
        when, total = self.opens(event), self._principal(event)
        if self.on("aggregate_debts"):
            latest: dict[str, Event] = {}
            for other in sorted(self.case.events, key=lambda e: (self.opens(e), e.id)):
                same = self.matches(pattern, other) and self.triggered(other) and self.opens(other) <= when
                if same and other.matter != event.matter and not self._settled(other, when):
                    latest[other.matter] = other
            total += sum((self._principal(other) for other in latest.values()), Decimal(0))
        return total > self.case.instrument.terms[rule.term]

    def _settled(self, default: Event, by: date) -> bool:
        """Whether a default under another debt was cured or waived after it happened, and by ``by``."""
        return any(
            e.matter == default.matter and e.kind in ("debt_default_cured", "debt_default_waived")
            and self.acted(e) and self.opens(default) <= self.acts(e) <= by
            for e in self.case.events
        )

    def _principal(self, event: Event) -> Decimal:
        first, second = "principal_outstanding", "principal_original"
        if self.readings.get("principal_measure") == "original":
            first, second = second, first
        value = event.fields.get(first)
        value = event.fields.get(second) if value is None else value
        return value if isinstance(value, Decimal) else Decimal(0)

    def payments(self, *, tenders: bool) -> list[Payment]:
        kinds = ("payment_received", "payment_tendered") if tenders else ("payment_received",)
        return [
            Payment(self.acts(e), amount, _decimal(e.fields.get("principal")), _decimal(e.fields.get("interest")))
            for e in self.case.events
            if e.kind in kinds and self.acted(e) and (amount := _decimal(e.fields.get("amount"))) is not None
        ]


def _decimal(value: Scalar) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def fields_match(where: Mapping[str, frozenset[str]], event: Event) -> bool:
    return all(name == "venue_type" or event.text(name) in accepted for name, accepted in where.items())
