"""Clause (a) in the reference evaluator: on which venues the common stock is listed, and five whole sessions on none.

The window measures a state, not days from an act (semantics.md section 3): a session counts only when the stock was
unlisted from its open to its close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from monitor.core.clause import Limb, Pattern, Unlisted
from monitor.core.days import holds
from monitor.core.findings import State
from monitor.core.look import Look
from monitor.core.select import Event
from monitor.core.windows import Window

AT_OPEN, DURING, AFTER_CLOSE = 0, 1, 2
LIFTS = {
    "listing_resumed": frozenset({"listing_suspended", "sec_trading_suspended"}),
    "trading_resumed": frozenset({"trading_halted"}),
    "sec_suspension_ended": frozenset({"sec_trading_suspended"}),
}
"""What each kind puts back; a listing (listing_added) puts back everything on its venue."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of one event: on which venues, in which direction, on which day and in which part of its session."""

    event: Event
    away: bool
    venues: tuple[str, ...]
    day: date
    phase: int
    at: datetime | None

    @property
    def order(self) -> tuple[date, int, int, float, int, str]:
        """Of changes in one part of a day, a removal of unknown time comes first and a relisting of unknown time last:
        uncertainty never makes the house date earlier."""
        place = 1 if self.at else 0 if self.away else 2
        return (self.day, self.phase, place, self.at.timestamp() if self.at else 0.0, self.event.order, self.event.id)


def _changes(rule: Unlisted, look: Look) -> Iterator[_Change]:
    markets = _markets(rule, look)
    for event in look.case.events:
        for away, patterns in ((True, rule.ends), (False, rule.relists)):
            matching = [p for p in patterns if look.matches(p, event)]
            if not matching or not (look.triggered(event) if away else look.acted(event)):
                continue
            day = look.opens(event) if away else look.acts(event)
            if day >= look.case.instrument.loan.dated:
                said = event.text("venue")
                about = _same_listing(look, said) if said else frozenset(look.case.calendars.venues)
                venues = tuple(v for v in markets if v in about and _concerned(matching, event, v, look))
                if venues or event.kind == "unlisted_at_issue":
                    at = look.opens_at(event) if away else look.acts_at(event)
                    yield _Change(event, away, venues, day, _phase(look, event, day, away, at), at)


def _markets(rule: Unlisted, look: Look) -> list[str]:
    """Every market that is on the agreement's list, or counts as one that is."""
    calendars = look.case.calendars
    return [v for v in calendars.venues if calendars.counts_as(v, rule.venues, look.readings)]


def _same_listing(look: Look, venue: str) -> frozenset[str]:
    """``venue`` and the markets it is only the new name of: a listing there carried over, so it ends there too."""
    found, market = {venue}, look.case.calendars.venues.get(venue)
    while market and market.renamed and market.succeeds and holds(market.given, look.readings):
        found.add(market.succeeds)
        market = look.case.calendars.venues.get(market.succeeds)
    return frozenset(found)


def _concerned(patterns: list[Pattern], event: Event, venue: str, look: Look) -> bool:
    calendars = look.case.calendars
    if event.kind == "unlisted_at_issue":
        return False  # it took nothing away: there was nothing, and whether there was depends on the readings
    if event.kind == "venue_ended" and calendars.ended_on(event.text("venue"), look.readings) != event.first:
        return False  # the market was only renamed: the listing goes on under the new name
    kinds = [p.where.get("venue_type") for p in patterns]
    return any(accepted is None or calendars.venues[venue].type in accepted for accepted in kinds)


def _phase(look: Look, event: Event, day: date, away: bool, at: datetime | None) -> int:
    """In which part of its day a change took effect. A bare date without more is taken as during the session."""
    sessions = look.case.calendars.sessions
    if at is not None:
        if not sessions.is_session(day):
            return DURING
        return AT_OPEN if at <= sessions.open_at(day) else AFTER_CLOSE if at >= sessions.close_at(day) else DURING
    said = {"before_open": AT_OPEN, "after_close": AFTER_CLOSE}.get(event.text("effective"))
    if said is not None:
        return said
    return AT_OPEN if away and look.removal_at_open and event.text("effective") != "intraday" else DURING


class _Board:
    """Which markets list the stock, and what has taken each away. Two markets that succeed one are still two."""

    def __init__(self, rule: Unlisted, look: Look) -> None:
        listed = look.case.instrument.listed_at_issue
        self.away: dict[str, set[str]] = {
            v: set() if v in listed else {"never listed"} for v in _markets(rule, look)
        }

    def apply(self, change: _Change) -> None:
        for venue in change.venues:
            if change.away:
                self.away[venue].add(change.event.kind)
            elif change.event.kind in LIFTS:
                self.away[venue] -= LIFTS[change.event.kind]
            else:
                self.away[venue].clear()

    @property
    def listed(self) -> bool:
        return any(not causes for causes in self.away.values())


def _runs(rule: Unlisted, look: Look) -> Iterator[tuple[_Change, _Change | None]]:
    """Each unlisted run: the change that left no venue, and the one that ended the run (None: still unlisted)."""
    changes = sorted(_changes(rule, look), key=lambda c: c.order)
    board = _Board(rule, look)
    start: _Change | None = None
    if not board.listed:
        start = next((c for c in changes if c.event.kind == "unlisted_at_issue"), None)
    for change in changes:
        before = board.listed
        board.apply(change)
        if before and not board.listed:
            start = change
        elif board.listed and start:
            yield start, change
            start = None
    if start:
        yield start, None


def unlisted_windows(limb: Limb, look: Look) -> Iterator[Window]:
    rule = limb.ripens
    assert isinstance(rule, Unlisted)
    at_once = bool(rule.at_once_given) and holds(rule.at_once_given, look.readings)
    for start, relisted in _runs(rule, look):
        if look.first_match(limb.when, start.event):
            window = Window(start.event.id, start.event.matter, start.day, None, None, start.day)
            yield window if at_once else _walk(rule, look, window, start, relisted)


def _walk(
    rule: Unlisted, look: Look, window: Window, start: _Change, relisted: _Change | None
) -> Window:
    """Count sessions wholly unlisted, day by day, as if never relisted; then see whether relisting came first."""
    sessions = look.case.calendars.sessions
    day, counted = start.day, 0
    while True:
        first = day > start.day or (start.phase == AT_OPEN and look.on("count_trigger_day"))
        counted += sessions.is_session(day) and first
        if counted == rule.sessions:
            break
        day += timedelta(days=1)
    window = replace(window, deadline=day, deadline_at=sessions.close_at(day), default_date=day)
    if relisted and (relisted.day < day or (relisted.day == day and relisted.phase != AFTER_CLOSE)):
        return replace(window, ended=State.CURED, decided_by=relisted.event.id)
    return window
