"""The reference evaluator: verdicts on every window of a case, written from semantics.md in plain Python.

The engine (monitor/engine) decides the same cases again by other means; a difference makes a finding undetermined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import product

from monitor.core.clause import After, AtOnce, Limb, Pattern, Unlisted, Unpaid, Within
from monitor.core.findings import State, Verdict
from monitor.core.listing import unlisted_windows
from monitor.core.look import Look
from monitor.core.select import Case, Event
from monitor.core.windows import (
    Window,
    after_windows,
    at_once_windows,
    discharged_on,
    unpaid_windows,
    within_windows,
)


def verdicts(case: Case) -> tuple[Verdict, ...]:
    """One verdict per window, in the order of limbs, then dates. Limbs without a window have none."""
    return tuple(v for limb in case.form.limbs for v in limb_verdicts(limb, case))


def limb_verdicts(limb: Limb, case: Case) -> list[Verdict]:
    if not _anything_happened(limb, case):
        return []
    house, *others = _looks(limb, case)
    decided = {w.trigger: w for w in windows(limb, house)}
    earliest: dict[str, date] = {}
    shown: dict[str, Window] = dict(decided)
    for look in (house, *others):
        for window in windows(limb, look):
            shown.setdefault(window.trigger, window)
            waiver = _waiver(limb, window, look)
            if window.default_date and (waiver is None or window.default_date <= look.acts(waiver)):
                held = earliest.get(window.trigger, window.default_date)
                earliest[window.trigger] = min(held, window.default_date)
    _share_chain(shown, earliest)
    found = [_verdict(limb, w, house, earliest.get(w.trigger)) for w in decided.values()]
    for trigger, window in shown.items():
        if trigger not in decided and trigger in earliest:
            found.append(
                Verdict(limb.id, window.matter, trigger, State.CLEAR, window.opened, None, None, earliest[trigger])
            )
    return sorted(found, key=lambda v: (v.opened, v.matter, v.trigger))


def _share_chain(shown: dict[str, Window], earliest: dict[str, date]) -> None:
    """A later window of a chain inherits the earlier ones' dates from every combination, not only from those in which
    it exists itself: with stays ignored a lifted stay opens nothing, yet day 61 from the filing is arguable."""
    for window in shown.values():
        for other in shown.values():
            before = window.chain and other.chain == window.chain and other.opened < window.opened
            if before and other.trigger in earliest:
                own = earliest.get(window.trigger)
                inherited = earliest[other.trigger]
                earliest[window.trigger] = min(own, inherited) if own else inherited


def windows(limb: Limb, look: Look) -> list[Window]:
    """The limb's windows under one combination of readings, cut off by payment in full."""
    match limb.ripens:
        case Within():
            found = within_windows(limb, look)
        case AtOnce():
            found = at_once_windows(limb, look)
        case After():
            found = after_windows(limb, look)
        case Unlisted():
            found = unlisted_windows(limb, look)
        case Unpaid():
            found = unpaid_windows(limb, look)
    return list(_until_discharge(found, look))


def _until_discharge(found: Iterable[Window], look: Look) -> Iterator[Window]:
    """Payment in full ends every running window and lets nothing later be a default (semantics.md section 5)."""
    unpaid = next((x.ripens for x in look.case.form.limbs if isinstance(x.ripens, Unpaid)), None)
    paid = discharged_on(look, unpaid)
    for window in found:
        if paid is None:
            yield window
        elif window.opened <= paid:
            late = window.ended is None and (window.default_date is None or window.default_date > paid)
            yield replace(window, default_date=None, ended=State.CLEAR, decided_by="paid") if late else window


def _verdict(limb: Limb, window: Window, look: Look, earliest: date | None) -> Verdict:
    state, decided_by, default = window.ended, window.decided_by, window.default_date
    if state is None:
        state = State.EVENT_OF_DEFAULT if _ripe(window, look) else State.RUNNING
    waiver = _waiver(limb, window, look)
    if waiver and state in (State.RUNNING, State.EVENT_OF_DEFAULT):
        state, decided_by = State.WAIVED, waiver.id
        default = default if default and default <= look.acts(waiver) else None
    return Verdict(
        limb.id, window.matter, window.trigger, state, window.opened, window.deadline, default, earliest,
        window.deadline_at, decided_by,
    )


def _ripe(window: Window, look: Look) -> bool:
    if window.default_date is None:
        return False
    return window.deadline_at is None or look.case.as_of >= window.deadline_at


def _waiver(limb: Limb, window: Window, look: Look) -> Event | None:
    """A signed waiver on the matter, dated on or after the trigger; for this limb if it names one."""
    for event in look.cures((look.case.form.waiver,), window.matter):
        if look.acts(event) >= window.opened and event.text("limb") in ("", limb.id):
            return event
    return None


# --- combinations of readings -----------------------------------------------------------------------------------


def _looks(limb: Limb, case: Case) -> list[Look]:
    """The house look first, then one for every other combination of arguable readings and uncertain dates."""
    names = [n for n in limb.readings if _bears(n, limb, case)]
    values = [case.catalogue[n].alternatives(case.chosen[n]) for n in names]
    ranges = any(e.first != e.last or (e.at_first != e.at_last) for e in case.events)
    ends = [(False, False), (True, False), (False, True), (True, True)] if ranges else [(False, False)]
    removals = [False, True] if isinstance(limb.ripens, Unlisted) else [False]
    return [
        Look(case, {**case.chosen, **dict(zip(names, combination, strict=True))}, *end, removal)
        for removal, end, combination in product(removals, ends, product(*values))
    ]


def _bears(name: str, limb: Limb, case: Case) -> bool:
    """Whether a reading can matter here: what it governs is mechanical, or a fact of a kind it governs is on file."""
    if name == "release_effective":
        return any(e.kind == "released" and "recorded_on" in e.fields for e in case.events)
    if name == "court_date":
        return any(e.other_dates for e in case.events)
    if isinstance(limb.ripens, Unlisted) and any(name in v.given for v in case.calendars.venues.values()):
        return _succession_bears(name, case)
    kinds = {e.kind for e in case.events}
    if isinstance(limb.ripens, After) and name in (limb.ripens.pause, limb.ripens.reopening):
        status = limb.ripens.pauses if name == limb.ripens.pause else limb.ripens.reopens
        return bool({p.kind for p in status} & kinds)
    governed = {p.kind for p in _patterns(limb) if name in p.given}
    return not governed or bool(governed & kinds)


def _succession_bears(name: str, case: Case) -> bool:
    """Whether a market concerned is the heir of another under this reading, or has ended and has such an heir."""
    venues = case.calendars.venues
    concerned = {e.text("venue") for e in case.events if e.kind != "venue_ended" or case.happened(e)}
    concerned = (concerned | set(case.instrument.listed_at_issue)) & set(venues)
    heirs = {v.succeeds for v in venues.values() if name in v.given}
    ended = {v for v in concerned if (closed := venues[v].closed) and closed <= case.today}
    return any(name in venues[v].given for v in concerned) or bool(ended & heirs)


def kinds_of(limb: Limb) -> frozenset[str]:
    """Every fact kind that can move a window of this limb."""
    patterns = list(_patterns(limb))
    nested = [q for p in patterns for q in (*p.undone_by, *(p.waits_for.unless if p.waits_for else ()))]
    before = (k for p in patterns for k in p.follows | p.not_after)
    return frozenset(p.kind for p in (*patterns, *nested)) | frozenset(before)


def _patterns(limb: Limb) -> Iterator[Pattern]:
    ripens = limb.ripens
    groups: list[tuple[Pattern, ...]] = [limb.when, limb.except_]
    match ripens:
        case Within() | AtOnce():
            groups.append(ripens.unless)
        case After():
            groups += [ripens.stops, ripens.pauses, ripens.resumes, ripens.reopens]
        case Unlisted():
            groups += [ripens.ends, ripens.relists]
        case Unpaid():
            pass
    return (p for group in groups for p in group)


def _anything_happened(limb: Limb, case: Case) -> bool:
    if isinstance(limb.ripens, Unpaid):
        return True
    kinds = {p.kind for p in limb.when}
    return any(e.kind in kinds and case.happened(e) for e in case.events)
