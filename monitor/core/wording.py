"""Plain words for a verdict: why this state, in the terms a lawyer uses."""

from __future__ import annotations

from datetime import date

from monitor.core.clause import After, Limb, Unlisted, Unpaid, Within
from monitor.core.findings import State, Verdict
from monitor.core.look import Look
from monitor.core.select import Case, Event
from monitor.core.windows import maturity_dates


def day_words(day: date) -> str:
    """``Wed 6 July 2005``"""
    return f"{day:%a} {day.day} {day:%B %Y}"


def reason(limb: Limb, verdict: Verdict | None, case: Case, missing: tuple[str, ...]) -> str:
    """One or two sentences: what opened the window, what ended it or will, and what is not known."""
    said = _what(limb, verdict, case)
    if missing:
        run = verdict is not None and verdict.state is State.EVENT_OF_DEFAULT
        said += " Window has run, cure not ruled out: " if run else " Unverified: "
        said += "; ".join(missing) + "."
    return said


def _what(limb: Limb, verdict: Verdict | None, case: Case) -> str:
    if verdict is None:
        if isinstance(limb.ripens, Unpaid):
            return f"Not due before {day_words(maturity_dates(Look(case, case.chosen), limb.ripens)[0])}."
        return "Nothing on record opens a window."
    events = {e.id: e for e in case.events}
    trigger = _event_words(events.get(verdict.trigger), verdict)
    end = events.get(verdict.decided_by or "")
    match verdict.state:
        case State.RUNNING:
            return f"{trigger}. {_running(limb, verdict, case)}"
        case State.EVENT_OF_DEFAULT:
            said = _ran(limb, verdict) if verdict.deadline else "Event of default at once"
            return f"{trigger}. {said}{_on(verdict.default_date)}.{_unsigned(verdict, case)}"
        case State.CURED:
            by = f"; the last day was {day_words(verdict.deadline)}" if verdict.deadline else ""
            return f"{trigger}. Ended in time by: {_event_words(end, None)}{by}."
        case State.EXCEPTED:
            why = _event_words(end, None) if end and end.id != verdict.trigger else "the note's own exception"
            return f"{trigger}. Excepted by: {why}."
        case State.WAIVED:
            return f"{trigger}. Waived by: {_event_words(end, None)}."
        case State.UNDETERMINED:
            return (
                f"{trigger}. The two evaluators do not agree; both answers are kept. Act on the earlier date"
                f"{_on(verdict.default_date or verdict.earliest_arguable)}."
            )
        case _:
            if verdict.decided_by == "paid":
                return f"{trigger}. The note was paid in full."
            if isinstance(limb.ripens, Unpaid):
                return f"{trigger}. Paid or tendered{_by(verdict.deadline)}, as the readings chosen count it."
            return f"{trigger}. No window under the house reading; arguable{_on(verdict.earliest_arguable)}."


def _event_words(event: Event | None, verdict: Verdict | None) -> str:
    if event is None:
        return f"Maturity on {day_words(verdict.opened)}" if verdict else "the record"
    when = day_words(event.last) if event.first == event.last else f"between {event.first} and {event.last}"
    return f"{event.kind.replace('_', ' ').capitalize()} ({event.matter}), {when}"


def _running(limb: Limb, verdict: Verdict, case: Case) -> str:
    if verdict.deadline is None:
        return "The clock is stopped by a stay."
    match limb.ripens:
        case Within(days=days) | After(days=days):
            passed = min(max((case.today - verdict.opened).days, 0), days)
            last = day_words(verdict.deadline)
            return f"Day {passed} of {days}; last day {last}, default{_on(verdict.default_date)}."
        case Unlisted(sessions=sessions):
            return f"Session {sessions} of {sessions} closes on {day_words(verdict.deadline)}."
        case _:
            return f"Last day {day_words(verdict.deadline)}, default{_on(verdict.default_date)}."


def _ran(limb: Limb, verdict: Verdict) -> str:
    if isinstance(limb.ripens, Unlisted):
        return f"{limb.ripens.sessions} consecutive sessions closed without a listing: event of default"
    return f"Nothing on record ended the window{_by(verdict.deadline)}: event of default"


def _unsigned(verdict: Verdict, case: Case) -> str:
    unsigned = any(
        e.kind == "default_waived" and e.matter == verdict.matter and e.text("signed") != "true" for e in case.events
    )
    return " An unsigned waiver is on file; it has no effect." if unsigned else " No signed waiver on record."


def _on(day: date | None) -> str:
    return f" on {day_words(day)}" if day else ""


def _by(day: date | None) -> str:
    return f" by {day_words(day)}" if day else ""
