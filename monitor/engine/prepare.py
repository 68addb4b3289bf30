"""A case as flat facts for the engine: groups of events that can bear on each other, and the combinations to decide.

A group is one limb on one matter (for a listing limb, the whole listing). Every combination of the readings that
bear on the group gets a number, and all combinations are decided in one session: the number is part of every key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product

from monitor.core.clause import After, Limb, Unlisted, Unpaid, Within
from monitor.core.facts import local_date
from monitor.core.select import Case, Event
from monitor.engine.compile import Compiled, Slot, word

OPENERS = frozenset({"when", "self", "resume", "reopen", "end", "prior", "bar"})
"""Roles of triggers: of a date range the house takes the last day; of every other role's, the first."""

PAYMENTS = frozenset({"payment_received", "payment_tendered"})
SETTLING = frozenset({"debt_default_cured", "debt_default_waived"})
"""After one of these on its matter, another debt no longer adds up."""
DISCHARGE = "note_discharged"
EXTENSION = "maturity_extended"
ENDED = "venue_ended"


@dataclass(frozen=True, slots=True)
class Combo:
    """One way to read a group. Number 0 of its group is the house's.

    ``openers_last``/``others_last``: which end of a date range holds. ``early``: a removal known by its date only
    took effect before the open.
    """

    key: int
    readings: Mapping[str, str]
    openers_last: bool = True
    others_last: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """One limb on one matter: its events, its patterns, the ways to read it. ``others``: debts of other matters that
    may add up with its own."""

    number: int
    limb: Limb
    limb_number: int
    matter: str
    events: tuple[int, ...]
    slots: tuple[Slot, ...]
    combos: tuple[Combo, ...]
    others: tuple[int, ...] = ()

    def given(self) -> frozenset[str]:
        return frozenset(name for slot in self.slots for name in slot.pattern.given)


@dataclass(frozen=True, slots=True)
class Match:
    """An event that fits a slot under a combination. ``venue``: the market concerned, for listing slots."""

    event: int
    slot: Slot
    venue: str = ""


def happened(case: Case, event: Event, last: bool, *, elsewhere: bool = False) -> int | None:
    """Ordinal of one end of an event's date, or None if that end is later than ``as_of``.

    ``elsewhere``: by the clock of the other value of reading ``court_date``.
    """
    first_day, last_day = event.other_dates if elsewhere and event.other_dates else (event.first, event.last)
    day, instant = (last_day, event.at_last) if last else (first_day, event.at_first)
    past = instant <= case.as_of if instant is not None else day <= case.today
    return day.toordinal() if past else None


def dated(case: Case, event: Event, role: str, combo: Combo) -> int | None:
    """Ordinal of an event in a role under a combination; None if it does not count yet.

    Reading ``release_effective: recorded`` dates a release by its recording.
    """
    elsewhere = combo.readings.get("court_date") != case.chosen.get("court_date")
    day = happened(case, event, combo.openers_last if role in OPENERS else combo.others_last, elsewhere=elsewhere)
    if day is None or role != "cure" or event.kind != "released":
        return day
    if combo.readings.get("release_effective") != "recorded":
        return day
    recorded = as_day(event.fields.get("recorded_on"), case.zone)
    if recorded is None:
        return day
    return recorded.toordinal() if recorded <= case.today else None


def as_day(value: object, zone: str) -> date | None:
    """A date field as a legal date; text is read as ISO 8601."""
    if isinstance(value, datetime | date):
        return local_date(value, zone)
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def is_range(event: Event) -> bool:
    return event.first != event.last or event.at_first != event.at_last


def groups_of(case: Case, compiled: Compiled) -> list[Group]:
    """Every group that can have a window. A limb whose triggers are absent has none."""
    found: list[Group] = []
    next_key = 1
    by_matter: dict[str, list[int]] = {}
    for index, event in enumerate(case.events):
        by_matter.setdefault(event.matter, []).append(index)
    money = [e for e in case.events if e.kind in PAYMENTS or e.kind in (DISCHARGE, EXTENSION)]
    for number, limb in enumerate(case.form.limbs):
        slots = compiled.of(number)
        for matter, indices in _matters(case, limb, slots, by_matter):
            kinds = {slot.pattern.kind for slot in slots if slot.role != "owed"}
            mine = tuple(i for i in indices if case.events[i].kind in kinds)
            present = frozenset(case.events[i].kind for i in mine)
            here = tuple(s for s in slots if s.pattern.kind in present)
            adding = {s.pattern.kind for s in here if s.role == "owed"}
            others = tuple(i for i, e in enumerate(case.events) if e.matter != matter and e.kind in adding)
            settling = [e for e in case.events if others and e.kind in SETTLING]
            combos = _combos(
                case, limb, slots, [case.events[i] for i in mine], next_key, money=money,
                openers=[case.events[i] for i in others], cures=settling,
            )
            next_key += len(combos)
            found.append(Group(len(found), limb, number, matter, mine, here, combos, others))
    return found


def _matters(
    case: Case, limb: Limb, slots: Iterable[Slot], by_matter: Mapping[str, list[int]],
) -> list[tuple[str, list[int]]]:
    if isinstance(limb.ripens, Unpaid):
        return [("maturity", [i for i, e in enumerate(case.events) if e.kind == case.form.waiver.kind])]
    opening = {s.pattern.kind for s in slots if s.role == "when"}
    if isinstance(limb.ripens, Unlisted):
        everything = list(range(len(case.events)))
        return [("", everything)] if any(e.kind in opening for e in case.events) else []
    return [(matter, indices) for matter, indices in sorted(by_matter.items())
            if any(case.events[i].kind in opening for i in indices)]


def _touched(case: Case, limb: Limb, slots: Iterable[Slot], events: list[Event], money: list[Event]) -> set[str]:
    """Readings that some event of the group meets; the others cannot change anything."""
    present = {e.kind for e in events}
    names: set[str] = set(limb.except_given)
    ripens = limb.ripens
    for slot in slots:
        pattern = slot.pattern
        if pattern.kind not in present:
            continue
        names |= set(pattern.given)
        if slot.role == "except":
            names |= set(limb.late_except_given)
        if slot.role in ("pause", "resume") and isinstance(ripens, After):
            names.add(ripens.pause)
        if slot.role == "reopen" and isinstance(ripens, After):
            names.add(ripens.reopening)
        if pattern.exceeds:
            names |= {*pattern.exceeds.given, "principal_measure", "aggregate_debts"}
        if pattern.waits_for:
            names |= set(pattern.waits_for.given)
    if isinstance(ripens, Within | After | Unlisted):
        names |= set(ripens.at_once_given)
    if isinstance(ripens, Within | After | Unpaid):
        names.add(ripens.roll)
    if isinstance(ripens, Unlisted):
        names |= {"count_trigger_day"} | _succession(case, events)
    if isinstance(ripens, Unpaid):
        names |= {"roll_interest", "conjunctive_shortfall"}
        if any(e.kind == "payment_tendered" for e in money):
            names.add("tender_is_payment")
    if any(e.other_dates for e in events):
        names.add("court_date")
    if any(e.kind == "released" and e.fields.get("recorded_on") for e in events):
        names.add("release_effective")
    return names


def _succession(case: Case, events: Iterable[Event]) -> set[str]:
    """Readings on which markets succeed which, as far as a market concerned is an heir or has ended with one."""
    markets = case.calendars.venues
    line = {e.text("venue") for e in events if e.kind != ENDED} | set(case.instrument.listed_at_issue)
    names: set[str] = set()
    reached: set[str] = set()
    while line - reached:
        reached |= line
        here = [markets[v] for v in line if v in markets]
        names |= {name for market in here for name in market.given}
        ended = {m.id for m in here if m.closed and m.closed <= case.today}
        line = {m.succeeds for m in here if m.succeeds}
        line |= {m.id for m in markets.values() if m.renamed and m.succeeds in ended}
    return names


def _combos(
    case: Case, limb: Limb, slots: Iterable[Slot], events: list[Event], first_key: int, *,
    money: list[Event], openers: list[Event], cures: list[Event],
) -> tuple[Combo, ...]:
    """Every arguable combination, the house's first. ``openers``, ``cures``: events of other matters that bear here."""
    listed = list(slots)
    touched = _touched(case, limb, listed, events, money)
    names = [n for n in dict.fromkeys(limb.readings) if n in touched and n in case.catalogue]
    values = [case.catalogue[n].alternatives(case.chosen[n]) for n in names]
    roles: dict[str, set[str]] = {}
    for slot in listed:
        roles.setdefault(slot.pattern.kind, set()).add(slot.role)
    ranged = [e for e in events if is_range(e)]
    opening = any(roles.get(e.kind, set()) & OPENERS for e in ranged) or any(is_range(e) for e in openers)
    other = any(roles.get(e.kind, set()) - OPENERS for e in ranged) or any(is_range(e) for e in (*money, *cures))
    early = isinstance(limb.ripens, Unlisted) and any(
        None in (e.at_first, e.at_last) and e.text("effective") in ("", "unknown")
        for e in events if "end" in roles.get(e.kind, set())
    )
    openers_last = (True, False) if opening else (True,)
    others_last = (False, True) if other else (False,)
    ways = product(product(*values), openers_last, others_last, (False, True) if early else (False,))
    return tuple(
        Combo(key, {**case.chosen, **dict(zip(names, said, strict=True))}, *ends)
        for key, (said, *ends) in enumerate(ways, start=first_key)
    )


def match_rows(
    case: Case, compiled: Compiled, groups: Iterable[Group],
) -> tuple[list[dict[str, int | str]], list[tuple[int, int, str]]]:
    """Facts of the matching stratum, and what each stands for: (group, event, venue) of an event fact."""
    rows: list[dict[str, int | str]] = []
    labels: list[tuple[int, int, str]] = []
    blank: dict[str, int | str] = {
        "n": 0, "limb": -1, "grp": -1, "combo": 0, "kind": "", "name": "", "val": "",
        **{f"f_{name}": "" for name in compiled.where},
    }

    def add(label: tuple[int, int, str], **said: int | str) -> None:
        rows.append({**blank, **said, "n": len(rows)})
        labels.append(label)

    for group in groups:
        for index in (*group.events, *group.others):
            event = case.events[index]
            fields = {f"f_{name}": word(event.text(name)) for name in compiled.where}
            for venue, kind_of_venue in _venues(case, group, event):
                if "f_venue_type" in fields:
                    fields["f_venue_type"] = word(kind_of_venue)
                label = (group.number, index, venue)
                add(label, limb=group.limb_number, grp=group.number, kind=word(event.kind), **fields)
        for name in sorted(group.given()):
            for combo in group.combos:
                add((group.number, -1, ""), grp=group.number, combo=combo.key, name=word(name),
                    val=word(combo.readings.get(name, "")))
    return rows, labels


def _venues(case: Case, group: Group, event: Event) -> list[tuple[str, str]]:
    """(venue, its type) for each market an event concerns: the one it names, else every market the clause names."""
    ripens = group.limb.ripens
    if not isinstance(ripens, Unlisted):
        return [("", "")]
    markets = case.calendars.venues
    named = event.text("venue")
    if named:
        return [(named, markets[named].type if named in markets else "")]
    return [(v, markets[v].type if v in markets else "") for v in ripens.venues]
