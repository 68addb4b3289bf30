"""The strata in order: match, lineage, weighing, pairing, ripening. durable_rules decides what holds in each.

Every stratum is positive. What does not hold is a set difference here, between strata; so are deadlines, which are
sums of indices. All combinations of readings are decided in the same sessions; the house's is the first of its group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import cast

from monitor.core.clause import After, Unlisted, Unpaid
from monitor.core.findings import State, Verdict
from monitor.core.select import Case, event_order
from monitor.engine import debts, items, listing, maturity, persistence
from monitor.engine.board import NEVER, Board, Hit, Run, Sheet, Window
from monitor.engine.compile import STRATA, Compiled, compile_form
from monitor.engine.fence import RuleSet
from monitor.engine.prepare import Group, Match, groups_of, match_rows

__all__ = ["Hit", "Run", "decide"]

Outcome = tuple[State, int | None, str | None]
"""State, default date (ordinal) and what decided, of one window under one combination."""


def decide(case: Case, run: Run, strata: Mapping[str, RuleSet] = STRATA) -> tuple[Verdict, ...]:
    """One verdict per window of the case, in the order of limbs, matters and openings.

    Raises OutsideFence if the form or the case is outside the fence, OutsideCalendar if a date is outside its tables,
    EngineFault if durable_rules lost anything.
    """
    compiled = compile_form(case.form)
    case = replace(case, events=tuple(sorted(case.events, key=event_order)))  # ties never depend on arrival
    groups = groups_of(case, compiled)
    sheet = Sheet(case, groups, _match(case, compiled, groups, run))
    _open(sheet, run, strata)
    outcomes = _outcomes(sheet, run, strata)
    return _verdicts(sheet, outcomes)


def _match(
    case: Case, compiled: Compiled, groups: Sequence[Group], run: Run,
) -> dict[int, dict[str, list[Match]]]:
    """Combination -> role -> events that fit a pattern in that role, as the engine says."""
    rows, labels = match_rows(case, compiled, groups)
    found: dict[int, dict[str, set[Match]]] = defaultdict(lambda: defaultdict(set))
    hits = {hit for ruleset in compiled.sets for hit in run(ruleset, rows)} if rows else set()
    for rule, numbers in hits:
        number, index, venue = labels[numbers[0]]
        slot, group = compiled.slots[compiled.owner[rule]], groups[number]
        if slot.role != "owed" and index not in group.events:
            continue
        keys = [int(rows[numbers[1]]["combo"])] if len(numbers) > 1 else [c.key for c in group.combos]
        for key in keys:
            found[key][slot.role].add(Match(index, slot, venue))
    order = {
        key: {role: sorted(listed, key=lambda m: (m.event, m.slot.number, m.venue)) for role, listed in roles.items()}
        for key, roles in found.items()
    }
    return order


def _open(sheet: Sheet, run: Run, strata: Mapping[str, RuleSet]) -> None:
    """Lineage and weighing: every window under every combination, with its deadline."""
    board, ledgers = Board(strata["lineage"]), {}
    ways = [(group, combo) for group in sheet.groups for combo in group.combos]
    for group, combo in ways:
        if isinstance(group.limb.ripens, Unlisted):
            ledgers[combo.key] = listing.ask_lineage(sheet, group, combo, board)
            continue
        items.ask_lineage(sheet, group, combo, board)
        debts.ask_settled(sheet, group, combo, board)
        if isinstance(group.limb.ripens, After):
            persistence.ask_lineage(sheet, group, combo, board)
    lineage = board.ask(run)
    board = Board(strata["weighing"])
    for group, combo in ways:
        if isinstance(group.limb.ripens, Unpaid):
            maturity.ask_short(sheet, group, combo, board)
        elif not isinstance(group.limb.ripens, Unlisted):
            debts.ask_over(sheet, group, combo, lineage, board)
    weighed = board.ask(run)
    for group, combo in ways:
        if isinstance(group.limb.ripens, Unlisted):
            listing.open_windows(sheet, group, combo, lineage, ledgers[combo.key])
        elif isinstance(group.limb.ripens, After):
            persistence.open_windows(sheet, group, combo, lineage)
        elif isinstance(group.limb.ripens, Unpaid):
            maturity.open_windows(sheet, group, combo, weighed)
        else:
            items.open_windows(sheet, group, combo, lineage, weighed)


def _discharges(sheet: Sheet) -> dict[int, int]:
    """Combination -> ordinal of the note's discharge, if it was discharged."""
    known: dict[tuple[str | None, ...], int | None] = {}
    found: dict[int, int] = {}
    names = ("roll_interest", maturity.roll_of(sheet.case))
    for group in sheet.groups:
        for combo in group.combos:
            way = (*(combo.readings.get(name) for name in names), str(combo.others_last))
            if way not in known:
                known[way] = maturity.discharged(sheet, combo)
            day = known[way]
            if day is not None:
                found[combo.key] = day
    return found


def _outcomes(sheet: Sheet, run: Run, strata: Mapping[str, RuleSet]) -> dict[tuple[int, str], Outcome]:
    """Pairing and ripening: the state of every window under every combination."""
    discharges = _discharges(sheet)
    sheet.windows = [
        w for w in sheet.windows
        if w.opened <= discharges.get(w.combo.key, NEVER)
    ]
    board = Board(strata["pairing"])
    combos = {w.combo.key: w.combo for w in sheet.windows}
    for key, combo in combos.items():
        for match, day in sheet.role(combo, "waiver"):
            sheet.offer("waiver", (key, sheet.event(match).matter), match.event, day)
        if key in discharges:
            sheet.offer("discharge", key, -1, discharges[key])
    for window in sheet.windows:
        default = NEVER if window.default is None else window.default
        for kind, join, bounds in (
            ("window", window.cures, {"low": window.low, "high": window.high}),
            ("excepting", window.exceptions, {"low": window.since, "high": window.limit}),
            ("excepting", window.ahead, {"low": 0, "high": window.limit}),
            ("waiving", (window.combo.key, window.matter), {"low": window.opened}),
            ("flowing", window.flows, {"low": default}),
            ("ending", window.combo.key, {"low": default}),
        ):
            offered = {"window": "cure", "excepting": "exception", "waiving": "waiver", "flowing": "flow"}
            if sheet.offers.get((offered.get(kind, "discharge"), join)):
                board.put(kind, (kind, join), 0, window.label, **bounds)
                for event, at in sheet.offers[offered.get(kind, "discharge"), join].items():
                    board.put(offered.get(kind, "discharge"), (kind, join), at, (at, event))
    paired = board.ask(run)
    board = Board(strata["ripening"])
    case = sheet.case
    board.put("clock", "day", case.today.toordinal(), "day")
    board.put("clock", "instant", listing.micros(case.as_of), "instant")
    ended = {label for rule in ("cured", "excepted") for label in paired[rule]}
    for window in sheet.windows:
        if window.label not in ended and window.aged is None and not window.paid:
            board.put("live", window.clock, window.due, window.label)
    ripe = {label for labels in board.ask(run)["ripe"].values() for label in labels}
    found: dict[tuple[int, str], Outcome] = {}
    for window in sheet.windows:
        ends = {
            rule: min(cast("Sequence[tuple[int, int]]", paired[rule].get(window.label, ())), default=None)
            for rule in ("cured", "excepted", "waived", "flowed", "freed")
        }
        found[window.combo.key, window.trigger] = _state(case, window, ends, window.label in ripe)
    return found


def _state(case: Case, window: Window, ends: Mapping[str, tuple[int, int] | None], ripe: bool) -> Outcome:
    """The state of a window from what the strata found: an exception before a cure, either before a waiver.

    A waiver waives a default, or a window that would become one; an item that was excepted or cured is neither.
    """
    cured, excepted, flowed, freed = (ends[name] for name in ("cured", "excepted", "flowed", "freed"))

    def name(end: tuple[int, int] | None) -> str | None:
        return None if end is None or end[1] < 0 else case.events[end[1]].id

    after = None if freed is None else freed[0]
    state, default, by = State.RUNNING, window.default, None
    if window.paid:
        state, default = State.CLEAR, None
    elif window.aged is not None or (excepted is not None and (after is None or excepted[0] <= after)):
        state, default, by = State.EXCEPTED, None, window.aged or name(excepted)
    elif cured is not None and (after is None or _day(case, window, cured) <= after):
        state, default, by = State.CURED, None, name(cured)
    elif freed is not None:
        state, default, by = State.CLEAR, None, name(freed)
    elif flowed is not None:
        state, default, by = State.CURED, None, name(flowed)
    elif ripe:
        state = State.EVENT_OF_DEFAULT
    waived = ends["waived"]
    if waived is not None and state in (State.RUNNING, State.EVENT_OF_DEFAULT):
        state, by = State.WAIVED, name(waived)
        default = default if default is not None and default <= waived[0] else None
    return state, default, by


def _day(case: Case, window: Window, cure: tuple[int, int]) -> int:
    """The ordinal day of a cure, whatever the window's unit."""
    at, event = cure
    if isinstance(window.group.limb.ripens, Unlisted):
        return (case.events[event].last if window.combo.others_last else case.events[event].first).toordinal()
    return at // persistence.ORDERS if isinstance(window.group.limb.ripens, After) else at


def _verdicts(sheet: Sheet, outcomes: Mapping[tuple[int, str], Outcome]) -> tuple[Verdict, ...]:
    by_group: dict[int, dict[str, list[Window]]] = defaultdict(lambda: defaultdict(list))
    for window in sheet.windows:
        by_group[window.group.number][window.trigger].append(window)
    found: list[Verdict] = []
    for group in sheet.groups:
        made = []
        for trigger, windows in by_group[group.number].items():
            first = min(windows, key=lambda w: (w.combo.key != group.combos[0].key, -w.opened))
            verdict = _verdict(group, first, outcomes[first.combo.key, trigger])
            dates = [outcomes[w.combo.key, trigger][1] for w in windows]
            dates += _chain(by_group[group.number], windows, outcomes)
            known = [d for d in dates if d is not None]
            if known or first.combo.key == group.combos[0].key:  # another reading's window matters only by its date
                made.append(replace(verdict, earliest_arguable=date.fromordinal(min(known)) if known else None))
        found += sorted(made, key=lambda v: (v.opened, v.trigger))
    return tuple(found)


def _chain(
    of_group: Mapping[str, list[Window]], windows: list[Window], outcomes: Mapping[tuple[int, str], Outcome],
) -> list[int | None]:
    """Default dates of the earlier windows of a chain: the petition's alternatives bear on the windows after a stay."""
    if not any(w.chained for w in windows):
        return []
    opened = max(w.opened for w in windows)
    return [
        outcomes[w.combo.key, trigger][1] for trigger, listed in of_group.items() for w in listed if w.opened <= opened
    ]


def _verdict(group: Group, window: Window, outcome: Outcome) -> Verdict:
    """The house's verdict; ``clear`` for a window that only another reading opens."""
    opened = date.fromordinal(window.opened)
    shown = {"limb": group.limb.id, "matter": window.matter, "trigger": window.trigger, "opened": opened}
    if window.combo.key != group.combos[0].key:
        return Verdict(**shown, state=State.CLEAR, deadline=None, default_date=None, earliest_arguable=None)  # type: ignore[arg-type]
    state, default, by = outcome
    return Verdict(
        **shown, state=state, deadline=None if window.deadline is None else date.fromordinal(window.deadline),  # type: ignore[arg-type]
        default_date=None if default is None else date.fromordinal(default), earliest_arguable=None,
        deadline_at=window.deadline_at, decided_by=by,
    )
