"""Calendars: exchange sessions and public holidays. Shared by both evaluators; counting is not.

Three calendars differ and are never mixed (semantics.md section 2): public holidays for payments and cures,
exchange sessions for listing, an agreement's own business days.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo


class OutsideCalendar(ValueError):
    """A date the calendar does not know. Never guessed: the message names the range."""


@dataclass(frozen=True)
class Sessions:
    """Sessions of the New York exchanges (OTCBB, Nasdaq, AMEX and NYSE share them) between two dates."""

    name: str
    dates: tuple[date, ...]
    half_days: frozenset[date]
    first: date
    last: date
    zone: str = "America/New_York"
    opens: time = time(9, 30)
    closes: time = time(16, 0)
    half_closes: time = time(13, 0)
    closures: frozenset[date] = frozenset()

    def _within(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise OutsideCalendar(f"{day} is outside the {self.name} calendar ({self.first} to {self.last})")

    @cached_property
    def _known(self) -> frozenset[date]:
        return frozenset(self.dates)

    def is_session(self, day: date) -> bool:
        self._within(day)
        return day in self._known

    def index_at(self, day: date) -> int:
        """Index of the first session on or after ``day``."""
        self._within(day)
        return bisect_left(self.dates, day)

    def at(self, index: int) -> date:
        """The session of that index. Raises OutsideCalendar past the end."""
        if not 0 <= index < len(self.dates):
            raise OutsideCalendar(f"past the {self.name} calendar ({self.first} to {self.last})")
        return self.dates[index]

    def open_at(self, day: date) -> datetime:
        return datetime.combine(day, self.opens, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def close_at(self, day: date) -> datetime:
        close = self.half_closes if day in self.half_days else self.closes
        return datetime.combine(day, close, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def without(self, closures: frozenset[date]) -> Sessions:
        """The same calendar with unscheduled closures (``market_closed`` facts) taken out."""
        if not closures & self._known:
            return self
        kept = tuple(d for d in self.dates if d not in closures)
        return replace(self, dates=kept, closures=self.closures | closures)


@dataclass(frozen=True)
class Holidays:
    """Public holidays of the governing law, each with its name; Saturdays and Sundays are not listed."""

    law: str
    names: Mapping[date, str]
    first: date
    last: date
    zone: str = "America/New_York"
    proclaimed: frozenset[date] = field(default_factory=frozenset)

    def why_not_business(self, day: date) -> str | None:
        """``Saturday``, ``Sunday`` or the holiday's name; None on a business day."""
        if not self.first <= day <= self.last:
            raise OutsideCalendar(f"{day} is outside the {self.law} holiday table ({self.first} to {self.last})")
        if day.weekday() >= 5:
            return ("Saturday", "Sunday")[day.weekday() - 5]
        if day in self.proclaimed:
            return "proclaimed public holiday"
        return self.names.get(day)

    def roll(self, day: date) -> date:
        """``day`` itself on a business day, else the next business day (GCL 25)."""
        while self.why_not_business(day):
            day += timedelta(days=1)
        return day

    def with_proclaimed(self, days: frozenset[date]) -> Holidays:
        return replace(self, proclaimed=self.proclaimed | days) if days - self.proclaimed else self


@dataclass(frozen=True, slots=True)
class Venue:
    """A market. ``type`` is ``exchange`` or ``quotation``; ``closed`` is the first date it no longer existed under
    that name. ``succeeds`` names the market whose successor it is under the readings in ``given``; ``renamed``:
    a listing there carried over by itself."""

    id: str
    name: str
    type: str
    opened: date | None = None
    closed: date | None = None
    succeeds: str | None = None
    renamed: bool = False
    given: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Calendars:
    """What counting needs: the sessions, the holidays of the governing law, and the venues."""

    sessions: Sessions
    holidays: Holidays
    venues: Mapping[str, Venue]

    def counts_as(self, venue: str, named: tuple[str, ...], readings: Mapping[str, str]) -> str | None:
        """The venue of an agreement's list that ``venue`` counts as under these readings; None if it is none."""
        seen: set[str] = set()
        while venue not in named:
            market = self.venues.get(venue)
            if market is None or market.succeeds is None or venue in seen or not holds(market.given, readings):
                return None
            seen.add(venue)
            venue = market.succeeds
        return venue

    def ended_on(self, venue: str, readings: Mapping[str, str]) -> date | None:
        """When a listing on ``venue`` ended because the market did; None while it, or a renamed market, goes on."""
        heirs = [v for v in self.venues.values() if v.succeeds == venue and v.renamed and holds(v.given, readings)]
        if heirs:
            ends = [self.ended_on(v.id, readings) for v in heirs]
            return None if None in ends else max(e for e in ends if e)
        return self.venues[venue].closed


def holds(given: Mapping[str, frozenset[str]], readings: Mapping[str, str]) -> bool:
    """Whether every reading that ``given`` names has one of the values it accepts."""
    return all(readings.get(name) in accepted for name, accepted in given.items())
