"""The reference evaluator: verdicts on every window of a case, written from semantics.md in plain Python.

The engine (monitor/engine) decides the same cases again by other means; a difference makes a finding undetermined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    seen = [(w, _default(limb, w, look)) for look in (house, *others) for w in windows(limb, look)]
    earliest = _earliest(seen)
    found = [_verdict(limb, w, house, earliest.get(w.trigger)) for w in decided.values()]
    only_arguable = {w.trigger: w for w, _ in sorted(seen, key=lambda s: s[0].opened) if w.trigger not in decided}
    found += [
        Verdict(limb.id, w.matter, trigger, State.CLEAR, w.opened, None, None, earliest[trigger])
        for trigger, w in only_arguable.items() if trigger in earliest
    ]
    return sorted(found, key=lambda v: (v.opened, v.matter, v.trigger))


def _default(limb: Limb, window: Window, look: Look) -> date | None:
    """When the window is a default under this combination; None if it was ended, or waived first."""
    if window.ended or window.default_date is None:
        return None
    waiver = _waiver(limb, window, look)
    return window.default_date if waiver is None or window.default_date <= look.acts(waiver) else None


def _earliest(seen: Sequence[tuple[Window, date | None]]) -> dict[str, date]:
    """Trigger -> the earliest default date under any combination.

    A restart inherits those of every earlier window of its matter, not only from combinations in which it exists
    itself: with stays ignored a lifted stay opens nothing, yet day 61 from the filing is arguable.
    """
    restarts: dict[str, tuple[str, date]] = {}
    for window, _ in seen:
        if window.restart:
            held = restarts.get(window.trigger, (window.matter, window.opened))
            restarts[window.trigger] = (window.matter, max(held[1], window.opened))
    found: dict[str, date] = {}
    for window, default in seen:
        if default is not None:
            heirs = [t for t, (of, opened) in restarts.items() if of == window.matter and window.opened <= opened]
            for trigger in {window.trigger, *heirs}:
                found[trigger] = min(default, found.get(trigger, default))
    return found


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
    paid = None
    for number, window in enumerate(found):
        if number == 0:
            paid = _paid_on(look)
        if paid is None:
            yield window
        elif window.opened <= paid:
            default_came = window.default_date is not None and window.default_date <= paid
            cured = replace(window, ended=State.CURED, decided_by=window.cured_by) if window.cured_by else window
            ended = next((w for w in (window, cured) if _ended_by(w, paid, look)), None)
            stands = window if default_came else ended
            yield stands or replace(window, ended=State.CLEAR, decided_by="paid")


def _ended_by(window: Window, day: date, look: Look) -> bool:
    """Whether a cure or an exception had ended the window by a day; what comes later finds it ended already."""
    if window.ended is None:
        return False
    by = next((e for e in look.case.events if e.id == window.decided_by), None)
    return by is None or by.id == window.trigger or look.acts(by) <= day


def _paid_on(look: Look) -> date | None:
    """When the note was discharged; the same for every look that agrees on what bears on it."""
    bears = ("paid_on", *(look.readings.get(n) for n in ("roll_interest", "maturity_roll")), look.cure_last)
    held = look.case.decided
    if bears not in held:
        unpaid = next((x.ripens for x in look.case.form.limbs if isinstance(x.ripens, Unpaid)), None)
        held[bears] = discharged_on(look, unpaid)
    paid = held[bears]
    return paid if isinstance(paid, date) else None


def _verdict(limb: Limb, window: Window, look: Look, earliest: date | None) -> Verdict:
    state, decided_by = window.ended, window.decided_by
    default = None if window.ended else window.default_date
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
