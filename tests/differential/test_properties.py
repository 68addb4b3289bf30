"""What must hold of the reference evaluator by itself, whatever the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.facts import Fact, end_of_day
from monitor.core.findings import State, Verdict
from monitor.core.reference import verdicts
from tests.differential.histories import MAKER, NEW_YORK, History
from tests.differential.world import World, compared, seeded

PIECES = 3
PIECE = 60
RECORDS = frozenset({"market_closed", "public_holiday_proclaimed", "same_matter", "retraction"})
"""Facts about calendars and about other facts: they hold from when they are known, not from their date."""


def _judged(world: World, history: History) -> list[Verdict]:
    return compared(verdicts(world.case(history)))


def _beside(piece: int) -> list[tuple[History, tuple[Fact, ...]]]:
    """Histories of the maker, each with the facts of another history under other ids."""
    pairs = zip(seeded(-20 - piece, PIECE), seeded(-40 - piece, PIECE), strict=True)
    return [(h, tuple(replace(f, id=f"x{f.id}", record=f"x{f.record}") for f in other.facts)) for h, other in pairs]


@pytest.mark.parametrize("piece", range(PIECES))
def test_a_fact_known_after_known_at_never_matters(piece: int, world: World) -> None:
    mattered = 0
    for history, others in _beside(piece):
        early = history.known_at - timedelta(days=1)
        late = tuple(replace(f, known_at=history.known_at + timedelta(microseconds=1)) for f in others)
        before = _judged(world, history)
        assert _judged(world, replace(history, facts=history.facts + late)) == before, history.told()
        known = tuple(replace(f, known_at=early) for f in others)
        mattered += _judged(world, replace(history, facts=history.facts + known)) != before
    assert mattered > PIECE // 4, "these facts would change little even if they were known"


@pytest.mark.parametrize("piece", range(PIECES))
def test_a_fact_about_somebody_else_changes_nothing(piece: int, world: World) -> None:
    for history, others in _beside(piece):
        elsewhere = tuple(
            replace(f, subject="another-maker", supersedes=None) for f in others
            if f.kind not in ("market_closed", "public_holiday_proclaimed", "retraction")
        )
        told = replace(history, facts=history.facts + elsewhere)
        assert _judged(world, told) == _judged(world, history), told.told()


@pytest.mark.parametrize("piece", range(PIECES))
def test_the_verdict_of_a_day_is_that_of_a_replay_that_stops_there(piece: int, world: World) -> None:
    """Day after day with only the facts of that day and before gives what evaluation as of each day gives."""
    for history in seeded(-60 - piece, PIECE // 4):
        for as_of in _days(history):
            whole = replace(history, as_of=as_of)
            so_far = replace(whole, facts=tuple(f for f in history.facts if _has_come(f, history, as_of)))
            assert _judged(world, so_far) == _judged(world, whole), whole.told()


@pytest.mark.parametrize("piece", range(PIECES))
def test_an_event_of_default_stays_one_unless_it_is_waived(piece: int, world: World) -> None:
    stayed = 0
    for history in seeded(-80 - piece, PIECE // 4):
        house = replace(history, readings={}, facts=tuple(f for f in history.facts if f.kind not in RECORDS))
        seen: dict[tuple[str, str], State] = {}
        for as_of in _days(house):
            for verdict in _judged(world, replace(house, as_of=as_of)):
                key = (verdict.limb, verdict.trigger)
                if seen.get(key) in (State.EVENT_OF_DEFAULT, State.WAIVED):
                    assert verdict.state in (State.EVENT_OF_DEFAULT, State.WAIVED), f"{as_of} {verdict}\n{house.told()}"
                    stayed += 1
                seen[key] = verdict.state
    assert stayed > PIECE


def _has_come(fact: Fact, history: History, as_of: datetime) -> bool:
    """Whether a replay has the fact by then. A correction, or a report that narrows a range, is no later event."""
    others = [f for f in history.facts if f is not fact]
    if fact.supersedes or any(f.id == fact.id or (f.kind == fact.kind and f.happened_on.is_range) for f in others):
        return True
    first = fact.happened_on.first
    day = first.date() if isinstance(first, datetime) else first
    return fact.kind in RECORDS or day <= as_of.astimezone(ZoneInfo(NEW_YORK)).date() + timedelta(days=1)


def _days(history: History) -> list[datetime]:
    """The ends of the days from before the first fact on: each of the first weeks, then every few."""
    firsts = [f.happened_on.first for f in history.facts if f.subject in (MAKER, "maker", "")]
    start = min((f.date() if isinstance(f, datetime) else f for f in firsts), default=date(2005, 6, 1))
    offsets = [*range(-1, 26), *range(28, 132, 3)]
    return [end_of_day(start + timedelta(days=n), NEW_YORK) for n in offsets]
