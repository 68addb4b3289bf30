"""Windows of a state that must continue for days (After): dismissals, stays, reinstatements.

Within one day, events stand in their order (trigger, cure, reversal): a stay and its lifting on one day are a stay
that was lifted. The index of an event is its ordinal day times ORDERS plus its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from monitor.core.clause import After
from monitor.engine.board import NEVER, Board, Pairs, Sheet, Window
from monitor.engine.items import at_once, is_at_once, offer_exceptions, period, standing, triggers
from monitor.engine.prepare import Combo, Group, Match

ORDERS = 8
RANKS = 2**20


@dataclass(frozen=True, slots=True)
class Turn:
    """An event in the order of its matter: ``day``, ``step`` (day and order), ``place`` (a total order)."""

    match: Match
    day: int
    step: int
    place: int


def turns(sheet: Sheet, combo: Combo, role: str) -> list[Turn]:
    """Events of a role in their order."""
    found = []
    for match, day in {(m.event, d): (m, d) for m, d in sheet.role(combo, role)}.values():
        step = day * ORDERS + sheet.event(match).order
        found.append(Turn(match, day, step, step * RANKS + match.event))
    return sorted(found, key=lambda t: t.place)


def ask_lineage(sheet: Sheet, group: Group, combo: Combo, board: Board) -> None:
    """Which dismissals a reinstatement undoes, and what had happened in the case before each turn of it."""
    ripens, key = group.limb.ripens, combo.key
    assert isinstance(ripens, After)
    if is_at_once(group, combo):
        return
    stops, reopens = turns(sheet, combo, "cure"), turns(sheet, combo, "reopen")
    if combo.readings.get(ripens.reopening) == "relate_back":
        for stop in stops:
            board.put("done", (key, "back"), stop.day, (key, stop.match.event, stop.match.slot.number))
        for again in reopens:
            board.put("undoing", (key, "back"), again.day, (key, again.match.event))
    for turn in (*turns(sheet, combo, "resume"), *reopens):
        for about in ("stay", "case"):
            board.put("turn", (key, about), turn.place, (key, turn.match.event, about))
    for about, roles in (("stay", ("pause", "resume")), ("case", ("cure", "reopen"))):
        for role in roles:
            for turn in turns(sheet, combo, role):
                label = (turn.place, role, turn.match.event, turn.match.slot.number)
                board.put("status", (key, about), turn.place, label)


def open_windows(sheet: Sheet, group: Group, combo: Combo, lineage: Pairs) -> None:
    """Windows of an After limb under one combination: of its triggers, of lifted stays, of reinstatements."""
    ripens, key = group.limb.ripens, combo.key
    assert isinstance(ripens, After)
    offer_exceptions(sheet, combo, lineage)
    roots = {m.event for m, _ in triggers(sheet, combo, lineage)}
    if is_at_once(group, combo):
        sheet.windows += [
            at_once(group, combo, sheet.event(m), d) for m, d in triggers(sheet, combo, lineage) if d >= sheet.issue
        ]
        return
    pause = combo.readings.get(ripens.pause, "none")
    kept = {m.event for m, _ in standing(combo, sheet.role(combo, "cure"), lineage)}
    stops = [s for s in turns(sheet, combo, "cure") if s.match.event in kept]
    pauses, resumes = turns(sheet, combo, "pause"), turns(sheet, combo, "resume")
    begun_by = [t for t in turns(sheet, combo, "when") if t.match.event in roots and t.day >= sheet.issue]
    openers = [(turn, False) for turn in begun_by]
    begun = min((turn.place for turn in begun_by), default=NEVER)
    if pause == "reset":
        stayed = [t for t in resumes if _last(t, "stay", begun, key, lineage) == "pause"]
        openers += [(t, True) for t in stayed if _last(t, "case", begun, key, lineage) != "cure"]
    if combo.readings.get(ripens.reopening) == "new_window":
        reopens = turns(sheet, combo, "reopen")
        openers += [(t, True) for t in reopens if _last(t, "case", begun, key, lineage) == "cure"]
    for turn in stops:
        sheet.offer("cure", (key, "stops"), turn.match.event, turn.step)
    if pause == "reset":
        for turn in pauses:
            sheet.offer("cure", (key, "stops"), turn.match.event, turn.step)
    for turn, chained in openers:
        sheet.windows.append(_window(
            sheet, group, combo, turn, chained,
            stops=stops, pauses=pauses if pause == "resume" else [], resumes=resumes,
        ))


def _last(turn: Turn, about: str, begun: int, key: int, lineage: Pairs) -> str:
    """Role of the last event about a stay, or about a dismissal, before ``turn``; empty if there was none that counts.

    What is dated before the case was begun (``begun``, its first petition since the instrument's date) neither stayed
    nor dismissed it.
    """
    found = cast("Sequence[tuple[int, str, int, int]]", lineage["before"].get((key, turn.match.event, about), []))
    earlier = [e for e in found if e[0] > begun and (key, e[2], e[3]) not in lineage["undone"]]
    return max(earlier)[1] if earlier else ""


def _window(
    sheet: Sheet, group: Group, combo: Combo, turn: Turn, chained: bool, *,
    stops: list[Turn], pauses: list[Turn], resumes: list[Turn],
) -> Window:
    ripens = group.limb.ripens
    assert isinstance(ripens, After)
    first_stop = next((s.place for s in stops if s.step >= turn.step), NEVER)
    deadline = _deadline(sheet, ripens, combo, turn, first_stop, pauses, resumes)
    made = period(
        sheet, group, combo, sheet.event(turn.match), opened=turn.day, deadline=deadline or turn.day, low=turn.step,
        high=NEVER if deadline is None else deadline * ORDERS + ORDERS - 1, cures=(combo.key, "stops"),
    )
    made = replace(made, chained=chained)
    if deadline is None:
        made = replace(made, deadline=None, default=None, deadline_at=None, due=NEVER, limit=NEVER)
    return made


def _deadline(
    sheet: Sheet, ripens: After, combo: Combo, turn: Turn, first_stop: int, pauses: list[Turn], resumes: list[Turn],
) -> int | None:
    """Last day of the window; None while the case is stayed. What comes after the first dismissal moves nothing."""
    left, deadline = ripens.days, sheet.roll(turn.day + ripens.days, ripens.roll, combo)
    since, place = turn.day, turn.place
    for stay in pauses:
        if stay.place <= place or stay.step < turn.step or stay.place > first_stop:
            continue
        if stay.day > deadline:
            break
        left = max(left - (stay.day - since), 0)  # a last day that rolled may have passed already
        lifted = next((t for t in resumes if stay.place < t.place < first_stop), None)
        if lifted is None:
            return None
        since, place = lifted.day, lifted.place
        deadline = sheet.roll(since + left, ripens.roll, combo)
    return deadline
