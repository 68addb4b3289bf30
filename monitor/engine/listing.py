"""Windows of the listing limbs (Unlisted): whole consecutive sessions on which no named venue lists the stock.

Every taking away of a venue and what puts it back is a pair that the engine finds; a venue is off between the two.
A window runs from where the last venue goes off to where the first comes back, in session numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import cast

from monitor.core.clause import Unlisted
from monitor.core.days import Calendars, Sessions, holds
from monitor.core.select import Case, Event
from monitor.engine.board import NEVER, Board, Pairs, Sheet, Window
from monitor.engine.compile import RESTORES
from monitor.engine.items import at_once, is_at_once
from monitor.engine.prepare import ENDED, Combo, Group

BEFORE_OPEN, INTRADAY, AFTER_CLOSE = 0, 1, 2
SLOTS = {"before_open": BEFORE_OPEN, "intraday": INTRADAY, "after_close": AFTER_CLOSE}
AT_ISSUE = "unlisted_at_issue"
NEVER_LISTED = "listing_removed"
START = -1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """A venue taken away or put back, at its place in the order of all changes."""

    event: int
    day: int
    venue: str
    away: bool
    place: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """The changes of one combination in order, the venues listed on the instrument's date, and all that count."""

    changes: tuple[Change, ...]
    listed: frozenset[str]
    markets: Mapping[str, str]


def _instant(event: Event, combo: Combo, away: bool) -> datetime | None:
    last = combo.openers_last if away else combo.others_last
    return event.at_last if last else event.at_first


def slot_of(sessions: Sessions, event: Event, day: date, instant: datetime | None) -> int | None:
    """Part of the trading day in which a change takes effect; None when only the date is known."""
    if instant is None:
        return SLOTS.get(event.text("effective"))
    if not sessions.is_session(day):
        return INTRADAY
    if instant <= sessions.open_at(day):
        return BEFORE_OPEN
    return AFTER_CLOSE if instant >= sessions.close_at(day) else INTRADAY


def line_of(calendars: Calendars, venue: str, readings: Mapping[str, str]) -> tuple[str, ...]:
    """A market and those that it continues under another name: a listing on one of them carried over."""
    line = [venue]
    while (market := calendars.venues.get(line[-1])) is not None:
        goes_on = market.renamed and market.succeeds and holds(market.given, readings)
        if not goes_on or market.succeeds is None or market.succeeds in line:
            break
        line.append(market.succeeds)
    return tuple(line)


def universe(sheet: Sheet, group: Group, combo: Combo) -> dict[str, str]:
    """Every market that can list the stock for this clause under one combination -> the named venue it counts as."""
    case, ripens = sheet.case, group.limb.ripens
    assert isinstance(ripens, Unlisted)
    said = (sheet.event(m).text("venue") for m, _ in sheet.role(combo, "end", "relist"))
    found: dict[str, str] = {}
    for venue in (*ripens.venues, *case.instrument.listed_at_issue, *said):
        counts = case.calendars.counts_as(venue, ripens.venues, combo.readings) if venue else None
        if counts:
            found[venue] = counts
    return found


def changes_of(sheet: Sheet, group: Group, combo: Combo) -> Ledger:
    """What took venues away and put them back under one combination, from the instrument's date on."""
    case, readings = sheet.case, combo.readings
    markets = universe(sheet, group, combo)
    listed = frozenset(case.instrument.listed_at_issue) & set(markets)
    found: dict[tuple[int, str, bool], Change] = {}
    for role in ("end", "relist"):
        for match, day in sheet.role(combo, role):
            event, away = sheet.event(match), role == "end"
            if day < sheet.issue or not _counts(case, event, combo, listed):
                continue
            if event.kind == AT_ISSUE:
                venues = [AT_ISSUE]
            elif not event.text("venue"):
                venues = [v for v, counts in markets.items() if counts == match.venue]
            else:
                venues = [v for v in line_of(case.calendars, match.venue, readings) if v in markets]
            for venue in venues:
                found[match.event, venue, away] = Change(match.event, day, venue, away)
    ordered = sorted(found.values(), key=lambda c: _order(case, combo, c))
    ranks = {event: rank for rank, event in enumerate(dict.fromkeys(c.event for c in ordered), start=1)}
    return Ledger(tuple(replace(c, place=ranks[c.event]) for c in ordered), listed, markets)


def _counts(case: Case, event: Event, combo: Combo, listed: frozenset[str]) -> bool:
    """A market's end counts only where no renamed market carries its listings on; so too a missing listing at issue."""
    if event.kind == AT_ISSUE:
        return not listed
    if event.kind != ENDED:
        return True
    venue = event.text("venue")
    if venue not in case.calendars.venues:
        return True
    return case.calendars.ended_on(venue, combo.readings) == event.last


def _order(case: Case, combo: Combo, change: Change) -> tuple[int, int, int, int, int, str, str]:
    """Date and part of the day; in it a removal of unknown time, then those of known time, then other relistings."""
    event, instant = case.events[change.event], _instant(case.events[change.event], combo, change.away)
    slot = slot_of(case.calendars.sessions, event, date.fromordinal(change.day), instant)
    if slot is None:
        slot = BEFORE_OPEN if change.away and combo.early else INTRADAY
    unknown = 0 if change.away else 2
    place, within = (unknown, 0) if instant is None else (1, micros(instant))
    return (change.day, slot, place, within, event.order, event.id, change.venue)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exactly: the index of the instant clock."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def ask_lineage(sheet: Sheet, group: Group, combo: Combo, board: Board) -> Ledger:
    """Put every taking away and putting back of a combination on the board; the engine pairs them."""
    ledger = changes_of(sheet, group, combo)
    causes: dict[str, set[str]] = {venue: set() for venue in ledger.markets}
    for venue in ledger.markets:
        if venue not in ledger.listed:
            causes[venue].add(NEVER_LISTED)
            board.put("taken", (combo.key, venue, NEVER_LISTED), START, (combo.key, venue, START))
    for change in ledger.changes:
        kind = sheet.case.events[change.event].kind
        if change.away and change.venue in causes:
            causes[change.venue].add(kind)
            board.put("taken", (combo.key, change.venue, kind), change.place, (combo.key, change.venue, change.place))
    for change in ledger.changes:
        if not change.away:
            fits = RESTORES[sheet.case.events[change.event].kind]
            for kind in causes[change.venue] if fits is None else causes[change.venue] & fits:
                board.put("put", (combo.key, change.venue, kind), change.place, change.place)
    return ledger


def _off(combo: Combo, ledger: Ledger, lineage: Pairs) -> dict[str, list[tuple[int, int]]]:
    """Venue -> spans of places in which it lists nothing."""
    spans: dict[str, list[tuple[int, int]]] = {venue: [] for venue in ledger.markets}
    starts = [(v, START) for v in ledger.markets if v not in ledger.listed]
    starts += [(c.venue, c.place) for c in ledger.changes if c.away and c.venue in spans]
    for venue, start in starts:
        backs = cast("Sequence[int]", lineage["back"].get((combo.key, venue, start), ()))
        spans[venue].append((start, min(backs, default=NEVER)))
    return spans


def _empty(spans: Mapping[str, list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Longest spans of places in which every venue is off."""
    edges = sorted({edge for listed in spans.values() for span in listed for edge in span})
    found: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        if all(any(a <= start and end <= b for a, b in listed) for listed in spans.values()):
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
    return found


def open_windows(sheet: Sheet, group: Group, combo: Combo, lineage: Pairs, ledger: Ledger) -> None:
    """Windows of one listing limb under one combination: each time the last venue goes by an act of the limb's own."""
    at = {change.place: change for change in ledger.changes}
    own = {(m.event, m.venue) for m, _ in sheet.role(combo, "when")}
    issue = next((c for c in ledger.changes if c.venue == AT_ISSUE), None)
    for start, end in _empty(_off(combo, ledger, lineage)):
        opener = issue if start == START else at[start]
        if opener is None or not _opens(sheet, opener, ledger, own):
            continue
        event = sheet.case.events[opener.event]
        if is_at_once(group, combo):
            sheet.windows.append(at_once(group, combo, event, opener.day))
            continue
        relisting = at.get(end) if end != NEVER else None
        sheet.windows.append(_window(sheet, group, combo, opener, relisting))


def _opens(sheet: Sheet, opener: Change, ledger: Ledger, own: set[tuple[int, str]]) -> bool:
    """Whether the limb's own pattern fits the opener, on a venue that it took away just then."""
    if opener.venue == AT_ISSUE or sheet.case.events[opener.event].text("venue"):
        return any(event == opener.event for event, _ in own)
    taken = {ledger.markets[c.venue] for c in ledger.changes if c.place == opener.place and c.away}
    return any(event == opener.event and venue in taken for event, venue in own)


def _window(sheet: Sheet, group: Group, combo: Combo, opener: Change, relisting: Change | None) -> Window:
    ripens, case = group.limb.ripens, sheet.case
    assert isinstance(ripens, Unlisted)
    sessions, event = case.calendars.sessions, case.events[opener.event]
    first = first_unlisted(case, event, combo, opener.day)
    last = first + ripens.sessions - 1
    ripe_on = sessions.at(last)
    close = sessions.close_at(ripe_on)
    key = (combo.key, "relisted", opener.place)
    if relisting is not None:
        sheet.offer("cure", key, relisting.event, last_unlisted(case, combo, relisting))
    return Window(
        group=group, combo=combo, trigger=event.id, matter=event.matter, opened=opener.day, low=-NEVER, high=last - 1,
        deadline=ripe_on.toordinal(), default=ripe_on.toordinal(), deadline_at=close, clock="instant",
        due=micros(close), limit=ripe_on.toordinal(), cures=key, exceptions=None,
    )


def first_unlisted(case: Case, event: Event, combo: Combo, day: int) -> int:
    """Number of the first session wholly unlisted: the removal day if it took effect before the open and counts."""
    sessions = case.calendars.sessions
    instant = _instant(event, combo, away=True)
    on = date.fromordinal(day)
    number = sessions.index_at(on)
    if not sessions.is_session(on):
        return number
    slot = slot_of(sessions, event, on, instant)
    before_open = slot == BEFORE_OPEN or (slot is None and combo.early)
    return number if before_open and combo.readings.get("count_trigger_day") == "on" else number + 1


def last_unlisted(case: Case, combo: Combo, change: Change) -> int:
    """Number of the last session that a relisting leaves wholly unlisted: its own day only after the close."""
    sessions, event = case.calendars.sessions, case.events[change.event]
    instant = _instant(event, combo, away=False)
    on = date.fromordinal(change.day)
    number = sessions.index_at(on)
    if not sessions.is_session(on):
        return number - 1
    return number if slot_of(sessions, event, on, instant) == AFTER_CLOSE else number - 1
