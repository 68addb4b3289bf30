"""The threshold of a cross-default limb: what principal counts, and the engine's comparison with the term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from monitor.core.days import holds
from monitor.core.select import Event
from monitor.engine.board import Board, Pairs, Sheet
from monitor.engine.items import triggers
from monitor.engine.prepare import SETTLING, Combo, Group, Match, happened

SCALE = 6
"""Decimal places kept when money becomes an integer for the engine."""


def scaled(amount: Decimal) -> int:
    """Money as an integer of millionths; more places than that are refused, never rounded."""
    moved = amount.scaleb(SCALE)
    if moved != moved.to_integral_value():
        raise ValueError(f"{amount} has more than {SCALE} decimal places. Give it in whole cents")
    return int(moved)


def principal(event: Event, combo: Combo) -> Decimal:
    """Principal of a debt by reading ``principal_measure``; the other measure where one is missing, else zero."""
    names = ("principal_outstanding", "principal_original")
    for name in names if combo.readings.get("principal_measure") != "original" else names[::-1]:
        value = event.fields.get(name)
        if value is not None and value != "":
            return value if isinstance(value, Decimal) else Decimal(str(value))
    return Decimal(0)


def ask_settled(sheet: Sheet, group: Group, combo: Combo, board: Board) -> None:
    """Which other debts had been cured or waived, after their own default, by the date of each trigger."""
    if combo.readings.get("aggregate_debts") != "on":
        return
    for match, until, other, since in _others(sheet, group, combo):
        key = (combo.key, match.event, other.matter)
        board.put("debt", key, since, (combo.key, match.event, other.id))
        for event in sheet.case.events:
            if event.kind in SETTLING and event.matter == other.matter:
                day = happened(sheet.case, event, last=combo.others_last)
                if day is not None and day <= until:
                    board.put("settling", key, day, event.id)


def _others(sheet: Sheet, group: Group, combo: Combo) -> list[tuple[Match, int, Event, int]]:
    """(trigger, its day, a debt of another matter that fits its pattern and is not later, the day of that one)."""
    found = []
    owed: dict[int, list[tuple[Event, int]]] = defaultdict(list)
    for match in sheet.matches.get(combo.key, {}).get("owed", ()):
        event = sheet.event(match)
        day = happened(sheet.case, event, last=combo.openers_last)
        if event.matter != group.matter and day is not None:
            owed[match.slot.parent].append((event, day))
    for match, until in sheet.role(combo, "when"):
        found += [(match, until, other, day) for other, day in owed[match.slot.number] if day <= until]
    return found


def ask_over(sheet: Sheet, group: Group, combo: Combo, lineage: Pairs, board: Board) -> None:
    """Whether each trigger's principal, alone or with the other debts in default, is more than its term."""
    standing: Mapping[int, dict[str, tuple[int, str, Event]]] = defaultdict(dict)
    if combo.readings.get("aggregate_debts") == "on":
        for match, _, other, day in _others(sheet, group, combo):
            if (combo.key, match.event, other.id) in lineage["settled"]:
                continue
            latest = (day, other.id, other)
            held = standing[match.event].get(other.matter)
            if held is None or held[:2] < latest[:2]:
                standing[match.event][other.matter] = latest
    for match, _ in triggers(sheet, combo, lineage):
        wanted = match.slot.pattern.exceeds
        if wanted is None or not holds(wanted.given, combo.readings):
            continue
        total = principal(sheet.event(match), combo)
        total += sum((principal(other, combo) for _, _, other in standing[match.event].values()), Decimal(0))
        label = (combo.key, match.event, match.slot.number)
        board.put("term", label, scaled(sheet.case.instrument.terms[wanted.term]), label)
        board.put("principal", label, scaled(total), label)
