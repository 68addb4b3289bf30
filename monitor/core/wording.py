"""Plain words for a verdict: why this state, in the terms a lawyer uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from monitor.core.clause import After, Limb, Unlisted, Unpaid, Within
from monitor.core.day_words import between_words, clock_words, day_words, last_day_words
from monitor.core.days import holds
from monitor.core.findings import State, Verdict
from monitor.core.look import Look
from monitor.core.select import Case, Event
from monitor.core.windows import discharged_on, maturity_dates, paid_on

_UNREAD = re.compile(
    r"(?P<name>.+): (?P<how>never read|read through (?P<to>[0-9-]{10})), needed through (?P<by>[0-9-]{10})"
)
"""What verify.py says of one source, for a list. In a sentence, sources that lack the same are named together."""


def reason(limb: Limb, verdict: Verdict | None, case: Case, missing: tuple[str, ...]) -> str:
    """One or two sentences: what opened the window, what ended it or will, and what is not known."""
    state = verdict.state if verdict else State.CLEAR
    return _what(limb, verdict, case) + unread_words(state, missing)


def unread_words(state: State, missing: Iterable[str], named: Mapping[date, str] | None = None) -> str:
    """How a reason ends when not everything was read; "" when it was. ``named``: days that have a name of their own."""
    said = unread(missing, named or {})
    start = "Window has run, cure not ruled out" if state is State.EVENT_OF_DEFAULT else "Unverified"
    return f" {start}: {said}." if said else ""


def unread(missing: Iterable[str], named: Mapping[date, str]) -> str:
    """``acris (NY): read through 30 June 2005; edgar: never read; both needed through 5 July 2005``"""
    needed: dict[str, dict[str, list[str]]] = {}
    others: list[str] = []
    for text in missing:
        found = _UNREAD.fullmatch(text)
        if found:
            how = f"read through {_day(found['to'], named)}" if found["to"] else found["how"]
            needed.setdefault(_day(found["by"], named), {}).setdefault(how, []).append(found["name"])
        else:
            others.append(text)
    said = []
    for by, ways in needed.items():
        count = sum(map(len, ways.values()))
        all_of_them = ", " if count == 1 else "; both " if count == 2 else "; all "
        listed = "; ".join(f"{', '.join(names)}: {how}" for how, names in ways.items())
        said.append(f"{listed}{all_of_them}needed through {by}")
    return "; ".join([*said, *others])


def _day(iso: str, named: Mapping[date, str]) -> str:
    day = date.fromisoformat(iso)
    return named.get(day) or day_words(day)


def _what(limb: Limb, verdict: Verdict | None, case: Case) -> str:
    if verdict is None:
        return _silence(limb, case)
    events = {e.id: e for e in case.events}
    opening = events.get(verdict.trigger)
    trigger = _event_words(opening, verdict)
    end = events.get(verdict.decided_by or "")
    match verdict.state:
        case State.RUNNING:
            return f"{trigger}. {_running(limb, verdict, case)}"
        case State.EVENT_OF_DEFAULT:
            return f"{trigger}. {_ran(limb, verdict, opening)}.{_unsigned(verdict, case)}"
        case State.CURED:
            return f"{trigger}. {_ended(limb, verdict, opening, end, case)}."
        case State.EXCEPTED:
            return f"{trigger}. {_excepted(limb, verdict, end, case)}."
        case State.WAIVED:
            had = f" The default of {day_words(verdict.default_date)} had come." if verdict.default_date else ""
            return f"{trigger}. Waived by: {_event_words(end, None)}{_was(verdict)}.{had}"
        case State.UNDETERMINED:
            act_on = verdict.default_date or verdict.earliest_arguable
            return (
                f"{trigger}. The two evaluators do not agree; both answers are kept. Act on the earlier date"
                + (f", {day_words(act_on)}." if act_on else ".")
            )
        case _:
            paid = discharge_words(case)
            if paid and (verdict.decided_by == "paid" or isinstance(limb.ripens, Unpaid)):
                return f"{trigger}. {paid}."
            if isinstance(limb.ripens, Unpaid):
                by = f" by {last_day_words(verdict.deadline)}" if verdict.deadline else ""
                return f"{trigger}. Paid or tendered{by}, as the readings chosen count it."
            on = f" on {day_words(verdict.earliest_arguable)}" if verdict.earliest_arguable else ""
            return f"{trigger}. No window under the house reading; arguable{on}."


def _silence(limb: Limb, case: Case) -> str:
    """Why a limb has no window. After payment in full nothing is due and nothing opens one, whatever is on record."""
    paid = discharge_words(case)
    if isinstance(limb.ripens, Unpaid):
        if paid:
            return f"{paid}: nothing is left to fall due at maturity."
        return f"Not due before {day_words(maturity_dates(Look(case, case.chosen), limb.ripens)[0])}."
    return f"{paid}: nothing later is a default." if paid else "Nothing on record opens a window."


def discharge_words(case: Case) -> str:
    """How and when the note was discharged under the readings chosen, without a full stop; "" while it was not."""
    look = Look(case, case.chosen)
    rule = next((x.ripens for x in case.form.limbs if isinstance(x.ripens, Unpaid)), None)
    day = discharged_on(look, rule)
    if day is None:
        return ""
    if paid_on(look, rule) == day:
        return f"The note was paid in full on {day_words(day)}, by the payments on record"
    return f"The holder acknowledged on {day_words(day)} that the note is discharged"


def _event_words(event: Event | None, verdict: Verdict | None) -> str:
    """What happened, on which matter, when. A trigger (``verdict``) known between two dates counts from the later."""
    if event is None:
        return f"Maturity on {day_words(verdict.opened)}" if verdict else "the record"
    counted = ", counted from the later day" if verdict and event.first != event.last else ""
    return f"{_kind_words(event)}, {between_words(event.first, event.last)}{counted}"


def _kind_words(event: Event) -> str:
    return f"{event.kind.replace('_', ' ').capitalize()} ({event.matter})"


def _running(limb: Limb, verdict: Verdict, case: Case) -> str:
    if verdict.deadline is None:
        return "The clock is stopped by a stay."
    last = last_day_words(verdict.deadline)
    match limb.ripens:
        case Within(days=days) | After(days=days):
            passed = min(max((case.today - verdict.opened).days, 0), days)
            return f"Day {passed} of {days}; last day {last}{_default(verdict)}."
        case Unlisted(sessions=sessions):
            close = f", {clock_words(verdict.deadline_at, case.calendars.sessions.zone)}" if verdict.deadline_at else ""
            return f"Session {sessions} of {sessions} closes on {last}{close}; default at that close."
        case _:
            return f"Last day {last}{_default(verdict)}."


def _default(verdict: Verdict) -> str:
    return f", default on {day_words(verdict.default_date)}" if verdict.default_date else ""


def _ran(limb: Limb, verdict: Verdict, opening: Event | None) -> str:
    if verdict.deadline is None:
        ranged = opening is not None and opening.first != opening.last
        return "Event of default at once" + (f", on {day_words(verdict.opened)}" if ranged else "")
    last = last_day_words(verdict.deadline)
    if isinstance(limb.ripens, Unlisted):
        return (
            f"{limb.ripens.sessions} consecutive sessions closed without a listing: event of default at the close of "
            f"{last}"
        )
    on = f" on {day_words(verdict.default_date)}" if verdict.default_date else ""
    return f"Nothing on record ended the window by {last}: event of default{on}"


def _ended(limb: Limb, verdict: Verdict, opening: Event | None, end: Event | None, case: Case) -> str:
    """What ended the window, and that it came in time; or that this depends on which day of its range it was."""
    was = _was(verdict)
    if end is None:
        return f"Ended in time by: the record{was}"
    if _late_at_its_latest(limb, end, verdict):
        return f"{_either_way(end)}{was}"
    day = Look(case, case.chosen).acts(end)
    if end.first == end.last == day:
        if day == verdict.deadline:
            return f"Ended on the last day, {last_day_words(day)}, by: {_kind_words(end)}"
        if opening and day == opening.last:
            return f"Ended the same day by: {_kind_words(end)}{was}"
    recorded = f", recorded on {day_words(day)}" if not end.first <= day <= end.last else ""
    return f"Ended in time by: {_event_words(end, None)}{recorded}{was}"


def _excepted(limb: Limb, verdict: Verdict, end: Event | None, case: Case) -> str:
    if end is None or end.id == verdict.trigger:
        return "Excepted by: the note's own exception"
    accepts_late = bool(limb.late_except_given) and holds(limb.late_except_given, case.chosen)
    if not accepts_late and _late_at_its_latest(limb, end, verdict):
        return f"Excepted by: {_either_way(end)}{_was(verdict)}"
    return f"Excepted by: {_event_words(end, None)}"


def _was(verdict: Verdict) -> str:
    return f"; the last day was {last_day_words(verdict.deadline)}" if verdict.deadline else ""


def _late_at_its_latest(limb: Limb, end: Event, verdict: Verdict) -> bool:
    """Whether what ended the window may have come after it: a range counts from its first day (house decision 1)."""
    if verdict.deadline is None or (end.first, end.at_first) == (end.last, end.at_last):
        return False
    if isinstance(limb.ripens, Unlisted) and end.at_last and verdict.deadline_at:
        return end.at_last >= verdict.deadline_at
    return end.last > verdict.deadline


def _either_way(end: Event) -> str:
    return f"{_kind_words(end)} {between_words(end.first, end.last)}: in time at its earliest, late at its latest"


def _unsigned(verdict: Verdict, case: Case) -> str:
    unsigned = any(
        e.kind == "default_waived" and e.matter == verdict.matter and e.text("signed") != "true" for e in case.events
    )
    return " An unsigned waiver is on file; it has no effect." if unsigned else " No signed waiver on record."
