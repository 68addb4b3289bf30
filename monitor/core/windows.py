"""The reference evaluator's windows over days: counted one day at a time, as a lawyer would on a calendar.

It shares no counting, rolling, pairing, exception or state logic with monitor/engine (model.md, "Two evaluators").
A Window is projected: ``default_date`` is when it ripens if nothing more happens than what the look sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from monitor.core.clause import ATTESTED_OLD, After, AtOnce, Limb, Pattern, Unpaid, WaitsFor, Within
from monitor.core.days import holds
from monitor.core.facts import start_of_day
from monitor.core.findings import State
from monitor.core.look import Look, fields_match
from monitor.core.schedule import paid_in_full_on, shortfall
from monitor.core.select import Event

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """``default_date``: when it ripens if nothing ends it; None while that day moves on (a stay). ``ended``: how a cure
    or an exception did end it (CURED, EXCEPTED, CLEAR), else None. ``restart``: a lifted stay or a
    reinstatement opened it, after earlier windows of the matter. ``cured_by``: what would have cured an excepted one.
    """

    trigger: str
    matter: str
    opened: date
    deadline: date | None
    deadline_at: datetime | None
    default_date: date | None
    ended: State | None = None
    decided_by: str | None = None
    restart: bool = False
    cured_by: str | None = None


def ends_at_midnight(look: Look, last_day: date) -> datetime:
    """The instant at which a window of days ripens: local midnight after its last day (GCL 19)."""
    return start_of_day(last_day + DAY, look.case.zone)


def last_day(look: Look, start: date, days: int, roll: str) -> date:
    """Day ``days`` after ``start``, the day of the event excluded (GCL 20), moved on under ``roll`` (GCL 25)."""
    day = start
    for _ in range(days):
        day += DAY
    if look.on(roll):
        while look.case.calendars.holidays.why_not_business(day):
            day += DAY
    return day


def within_windows(limb: Limb, look: Look) -> Iterator[Window]:
    rule = limb.ripens
    assert isinstance(rule, Within)
    at_once = bool(rule.at_once_given) and holds(rule.at_once_given, look.readings)
    for event, pattern in look.triggers(limb):
        opened = look.opens(event)
        excepting = holds(limb.except_given, look.readings)
        existing = excepting and _existed(limb, look, event, pattern)
        if opened < look.case.instrument.loan.dated and not existing:
            continue
        deadline = opened if at_once else last_day(look, opened, rule.days, rule.roll)
        window = Window(
            event.id, event.matter, opened, None if at_once else deadline,
            None if at_once else ends_at_midnight(look, deadline), opened if at_once else deadline + DAY,
        )
        exception = _exception(limb, look, event, pattern, deadline) if excepting else None
        cures = () if at_once else look.cures(rule.unless, event.matter)
        cure = next((c for c in cures if opened <= look.acts(c) <= deadline), None)
        if existing or exception:
            by = None if existing else exception
            yield replace(window, ended=State.EXCEPTED, decided_by=by, cured_by=cure.id if cure else None)
            continue
        if cure:
            window = replace(window, ended=State.CURED, decided_by=cure.id)
        yield window


def _existed(limb: Limb, look: Look, event: Event, pattern: Pattern) -> bool:
    """Whether the item existed on the instrument's date; age is by matter, except for a fresh item (an increase)."""
    if not limb.existing_at:
        return False
    issue = look.case.instrument.loan.dated
    if pattern.fresh:
        return look.opens(event) <= issue
    return any(
        other.matter == event.matter and not found.fresh and look.opens(other) <= issue
        for other, found in look.triggers(limb)
    )


def _exception(limb: Limb, look: Look, event: Event, pattern: Pattern, deadline: date) -> str | None:
    """Id of the fact that excepts the trigger: consent by the deadline, or the trigger's own fields.

    A fresh item is a lien of its own: what was given before it was given for another, unless it reached ahead.
    """
    if limb.except_trigger and fields_match(limb.except_trigger, event):
        return event.id
    late = bool(limb.late_except_given) and holds(limb.late_except_given, look.readings)
    ahead = {fact.id for fact in look.cures(tuple(p for p in limb.except_ if p.ahead), event.matter)}
    for fact in look.cures(limb.except_, event.matter):
        day = look.acts(fact)
        if pattern.fresh and (fact.kind == ATTESTED_OLD or (day < look.opens(event) and fact.id not in ahead)):
            continue
        if late or day <= deadline:
            return fact.id
    return None


def at_once_windows(limb: Limb, look: Look) -> Iterator[Window]:
    rule = limb.ripens
    assert isinstance(rule, AtOnce)
    for event, pattern in look.triggers(limb):
        opened = look.opens(event)
        if opened < look.case.instrument.loan.dated:
            continue
        window = Window(event.id, event.matter, opened, None, None, opened)
        wait = pattern.waits_for
        until = event.fields.get(wait.date_field) if wait and holds(wait.given, look.readings) else None
        if wait and isinstance(until, date) and until >= opened:
            window = _waiting(window, wait, until, look)
        if window.ended is None and window.default_date:
            undone = [c for c in look.cures(rule.unless, event.matter) if look.acts(c) >= window.default_date]
            if undone:
                window = replace(window, ended=State.CURED, decided_by=undone[0].id)
        yield window


def _waiting(window: Window, wait: WaitsFor, until: date, look: Look) -> Window:
    """Another instrument's cure period must lapse first; it is not ours to roll."""
    window = replace(window, deadline=until, deadline_at=ends_at_midnight(look, until), default_date=until + DAY)
    for cure in look.cures(wait.unless, window.matter):
        if window.opened <= look.acts(cure) <= until:
            return replace(window, ended=State.CURED, decided_by=cure.id)
    return window


# --- a state that must continue ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Status:
    """What happened to a case on a date: ``stop``, ``pause``, ``resume`` or ``reopen``."""

    on: date
    what: str
    event: Event


def after_windows(limb: Limb, look: Look) -> Iterator[Window]:
    rule = limb.ripens
    assert isinstance(rule, After)
    roots: dict[str, list[Event]] = {}
    for event, _ in look.triggers(limb):
        if look.opens(event) >= look.case.instrument.loan.dated:
            roots.setdefault(event.matter, []).append(event)
    at_once = bool(rule.at_once_given) and holds(rule.at_once_given, look.readings)
    for matter, events in roots.items():
        events.sort(key=lambda e: (look.opens(e), e.id))
        if at_once:
            yield from (Window(e.id, matter, look.opens(e), None, None, look.opens(e)) for e in events)
            continue
        log = _status_log(rule, look, matter)
        for event in events:
            yield _walk(rule, look, event, look.opens(event), log)
        for event in _restarts(rule, look, log, look.opens(events[0])):
            yield replace(_walk(rule, look, event, look.opens(event), log), restart=True)


def _status_log(rule: After, look: Look, matter: str) -> list[_Status]:
    mode = look.readings.get(rule.pause, "none")
    log = [_Status(look.acts(e), "stop", e) for e in look.cures(rule.stops, matter)]
    log += [_Status(look.opens(e), "reopen", e) for e in look.openers(rule.reopens, matter)]
    if mode != "none":
        log += [_Status(look.acts(e), "pause", e) for e in look.cures(rule.pauses, matter)]
        log += [_Status(look.opens(e), "resume", e) for e in look.openers(rule.resumes, matter)]
    log.sort(key=lambda s: (s.on, s.event.order, s.event.id))
    if look.readings.get(rule.reopening) == "relate_back":
        reopened = [s.on for s in log if s.what == "reopen"]
        log = [s for s in log if s.what != "reopen" and not (s.what == "stop" and any(r >= s.on for r in reopened))]
    return log


def _restarts(rule: After, look: Look, log: list[_Status], root: date) -> Iterator[Event]:
    """Lifted stays (under ``reset``) and reinstatements that open a window of their own."""
    stayed = dismissed = False
    for status in log:
        if status.on < root:
            continue
        if status.what == "resume":
            if stayed and not dismissed and look.readings.get(rule.pause) == "reset":
                yield status.event
            stayed = False
        elif status.what == "reopen":
            if dismissed:
                yield status.event
            dismissed = False
        stayed = stayed or status.what == "pause"
        dismissed = dismissed or status.what == "stop"


def _walk(rule: After, look: Look, event: Event, start: date, log: list[_Status]) -> Window:
    """Day by day from ``start``: what ends, pauses or ripens the window."""
    mode = look.readings.get(rule.pause, "none")
    day, counted, paused, last_known = start, 0, False, max((s.on for s in log), default=start)
    window = Window(event.id, event.matter, start, None, None, None)
    stopped: _Status | None = None
    while True:
        for status in log:
            if stopped or status.on != day or (status.on == start and status.event.order <= event.order):
                continue
            if status.what == "stop" or (status.what == "pause" and mode == "reset"):
                stopped = status
            elif mode == "resume":
                paused = {"pause": True, "resume": False}.get(status.what, paused)
        if paused and stopped is not None:
            return replace(window, ended=State.CURED, decided_by=stopped.event.id)
        if paused and day > last_known:
            return window
        rolls = look.on(rule.roll) and look.case.calendars.holidays.why_not_business(day)
        if counted >= rule.days and not paused and not rolls:
            break
        day += DAY
        counted += not paused
    window = replace(window, deadline=day, deadline_at=ends_at_midnight(look, day), default_date=day + DAY)
    if stopped:
        window = replace(window, ended=State.CURED, decided_by=stopped.event.id)
    return window


# --- maturity ---------------------------------------------------------------------------------------------------


def maturity_dates(look: Look, rule: Unpaid) -> tuple[date, date]:
    """(maturity as extended in writing, its last day for payment). An unsigned extension does nothing."""
    maturity = look.case.instrument.loan.maturity
    final = last_day(look, maturity, 0, rule.roll)
    for event in sorted(look.case.events, key=lambda e: (look.acts(e), e.id)):
        to = event.fields.get("to")
        signed = event.kind == "maturity_extended" and event.text("signed") == "true" and look.acted(event)
        if signed and isinstance(to, date) and look.acts(event) <= final:
            maturity = to
            final = last_day(look, maturity, 0, rule.roll)
    return maturity, final


def unpaid_windows(limb: Limb, look: Look) -> Iterator[Window]:
    rule = limb.ripens
    assert isinstance(rule, Unpaid)
    maturity, final = maturity_dates(look, rule)
    if look.case.today < maturity:
        return
    loan = look.case.instrument.loan
    payments = look.payments(tenders=look.on("tender_is_payment"))
    window = Window(
        f"maturity:{loan.maturity}", "maturity", maturity, final, ends_at_midnight(look, final), final + DAY
    )
    received = [p for p in payments if p.on <= final]
    short = shortfall(loan, received, maturity=maturity, by=final, roll_interest=look.on("roll_interest"))
    owing = (short.principal > 0, short.interest > 0)
    if not (all(owing) if look.on("conjunctive_shortfall") else any(owing)):
        window = replace(window, ended=State.CLEAR)
    yield window


def discharged_on(look: Look, rule: Unpaid | None) -> date | None:
    """When the note was paid in full, or the holder acknowledged it; None while something is owed."""
    known = [look.acts(e) for e in look.case.events if e.kind == "note_discharged" and look.acted(e)]
    paid = paid_on(look, rule)
    return min([*known, paid] if paid else known, default=None)


def paid_on(look: Look, rule: Unpaid | None) -> date | None:
    """When the payments on record came to the whole of what was owed; None while they do not."""
    payments = look.payments(tenders=False)
    if rule is None or not payments:
        return None
    maturity, final = maturity_dates(look, rule)
    return paid_in_full_on(
        look.case.instrument.loan, payments, maturity=maturity,
        free_through=None if look.on("roll_interest") else final,
    )
