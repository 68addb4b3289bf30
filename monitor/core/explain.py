"""Why a finding stands as it does: the days counted one by one, what other readings would give, what was read.

Pure, and apart from both evaluators: it shows their dates, it decides none. The numbers beside the days are counted
again here, so a person can check the deadline by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.core.clause import After, AtOnce, Limb, Pattern, SourceNeed, Unlisted, Unpaid, Weight, Within
from monitor.core.day_words import day_words
from monitor.core.days import Sessions
from monitor.core.facts import Fact
from monitor.core.findings import Finding, State
from monitor.core.look import Look
from monitor.core.reference import limb_verdicts
from monitor.core.select import Case
from monitor.core.verify import read_to

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of a window. ``number`` is None for a day that is not counted; ``note`` says what happened on it."""

    day: date
    number: int | None
    what: str
    note: str = ""


def counted_days(limb: Limb, finding: Finding, case: Case) -> tuple[CountedDay, ...]:
    """Every day from the opening to the last day (for a stopped clock: to today), and the default date after it.

    Empty where nothing is counted: a limb without a window, a default at once.
    """
    if finding.opened is None or finding.trigger is None:
        return ()
    match limb.ripens:
        case Unlisted(sessions=sessions) if finding.deadline:
            return tuple(_sessions(finding, sessions, case))
        case Within() | After() | Unpaid():
            return tuple(_days(limb, finding, case))
        case AtOnce() if finding.deadline:
            return tuple(_grace(finding, case))
        case _:
            return ()


def what_day(day: date, case: Case) -> str:
    """``Saturday``, the name of a public holiday of the governing law, or ``business day``."""
    return case.calendars.holidays.why_not_business(day) or "business day"


def what_session(day: date, sessions: Sessions, holidays: Mapping[date, str]) -> str:
    """``session``, ``half-day session``, or why the exchanges did not open."""
    if sessions.is_session(day):
        return "half-day session" if day in sessions.half_days else "session"
    if day.weekday() >= 5:
        return ("Saturday", "Sunday")[day.weekday() - 5]
    if day in sessions.closures:
        return "no session: unscheduled closure"
    name = "Good Friday" if day == easter(day.year) - 2 * DAY else holidays.get(day)
    return f"no session: {name}" if name else "no session: exchanges closed"


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus); Good Friday closes the exchanges and is no GCL 24 holiday."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def _sessions(finding: Finding, wanted: int, case: Case) -> Iterator[CountedDay]:
    """Sessions numbered backward from the last: which of them were whole, the finding's own deadline says."""
    sessions, names = case.calendars.sessions, case.calendars.holidays.names
    opened, deadline = finding.opened, finding.deadline
    assert opened
    assert deadline
    every = [opened + n * DAY for n in range((deadline - opened).days + 1)]
    open_days = [d for d in every if sessions.is_session(d)]
    numbers = {day: wanted - i for i, day in enumerate(reversed(open_days)) if i < wanted}
    for day in every:
        notes = _happened(finding, day, case)
        if day in open_days and day not in numbers:
            notes.append("not wholly unlisted: not counted")
        if day == deadline:
            notes.append("ripens at its close")
        yield CountedDay(day, numbers.get(day), what_session(day, sessions, names), "; ".join(notes))


def _days(limb: Limb, finding: Finding, case: Case) -> Iterator[CountedDay]:
    opened = finding.opened
    assert opened
    wanted = 0 if isinstance(limb.ripens, Unpaid) else limb.ripens.days  # type: ignore[union-attr]
    end = finding.deadline or max(case.today, opened)
    paused, counted, day = False, 0, opened
    while day <= end:
        notes = _happened(finding, day, case)
        number: int | None = None
        if day == opened:
            notes.insert(0, "maturity date" if wanted == 0 else "the day of the event is not counted")
        elif paused:
            notes.append("clock stopped by a stay")
        elif counted < wanted:
            counted += 1
            number = counted
        else:
            notes.append("the period moves on to a business day (GCL 25)")
        if finding.deadline == day:
            notes.append("last day")
        yield CountedDay(day, number, what_day(day, case), "; ".join(notes))
        paused = _paused(limb, finding, day, case, paused)
        day += DAY
    if finding.default_date and finding.deadline:
        yield CountedDay(finding.default_date, None, what_day(finding.default_date, case), "Event of Default from here")


def _paused(limb: Limb, finding: Finding, day: date, case: Case, before: bool) -> bool:
    """Whether a stay stops the clock after ``day``, under the reading by which days before it still count."""
    rule = limb.ripens
    if not isinstance(rule, After) or case.chosen.get(rule.pause) != "resume":
        return False
    look = Look(case, case.chosen)
    moves = [(e, True) for e in look.cures(rule.pauses, finding.matter or "")]
    moves += [(e, False) for e in look.cures(rule.resumes, finding.matter or "")]
    state = before
    for event, pause in sorted(moves, key=lambda m: (m[0].order, m[0].id)):
        if look.acts(event) == day and event.id != finding.trigger:
            state = pause
    return state


def _grace(finding: Finding, case: Case) -> Iterator[CountedDay]:
    """The other debt's own cure period: its end is a date of that agreement, nothing is counted here."""
    assert finding.opened
    assert finding.deadline
    trigger = "; ".join(_happened(finding, finding.opened, case))
    yield CountedDay(finding.opened, None, what_day(finding.opened, case), trigger)
    yield CountedDay(finding.deadline, None, what_day(finding.deadline, case), "last day of the other debt's grace")
    if finding.default_date:
        yield CountedDay(finding.default_date, None, what_day(finding.default_date, case), "Event of Default from here")


def _happened(finding: Finding, day: date, case: Case) -> list[str]:
    """What the record shows for that day on the matter, and today. Of a range both ends are shown; one counts."""
    look = Look(case, case.chosen)
    notes = []
    for event in case.events:
        if event.matter != finding.matter:
            continue
        kind = event.kind.replace("_", " ")
        if event.first != event.last:
            ends = ((event.first, "at its earliest"), (event.last, "at its latest"))
            notes += [f"{kind} {end}" for on, end in ends if on == day]
        elif day == (look.opens(event) if event.id == finding.trigger else look.acts(event)):
            notes.append(kind)
    return [*notes, "today"] if day == case.today else notes


# --- readings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alternative:
    """What one other value of a reading would make of the same window. ``state`` None: there would be no window."""

    value: str
    weight: Weight
    state: State | None
    default_date: date | None
    changes: bool


@dataclass(frozen=True, slots=True)
class ReadingEffect:
    """One reading that bears on a limb: the value in force, what it means, what the others would give."""

    name: str
    chosen: str
    meaning: str
    authority: str
    alternatives: tuple[Alternative, ...]


def reading_effects(
    limb: Limb, finding: Finding, case: Case, under: Callable[[Mapping[str, str]], Case]
) -> tuple[ReadingEffect, ...]:
    """``under`` builds the same case with some readings changed (a reading may change which events there are)."""
    found = []
    for name in limb.readings:
        reading = case.catalogue[name]
        others = []
        for value, weight in reading.values.items():
            if value == case.chosen[name]:
                continue
            verdicts = {v.trigger: v for v in limb_verdicts(limb, under({name: value}))}
            then = verdicts.get(finding.trigger) if finding.trigger else next(iter(verdicts.values()), None)
            state, default = (then.state, then.default_date) if then else (None, None)
            before = (finding.state if finding.trigger else None, finding.default_date)
            others.append(Alternative(value, weight, state, default, (state, default) != before))
        found.append(ReadingEffect(name, case.chosen[name], reading.meaning, reading.authority, tuple(others)))
    return tuple(found)


# --- sources ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far a source that a limb rests on was read; ``through`` None: never."""

    area: str
    source: str
    jurisdiction: str | None
    through: datetime | None


def source_states(limb: Limb, case: Case) -> tuple[SourceState, ...]:
    found = []
    for area in dict.fromkeys(a for a in (limb.trigger_area, limb.cure_area) if a):
        own = SourceNeed(area)
        whole = read_to(own, case)
        needs = case.instrument.sources.get(area) or (own,)
        if whole and own not in needs:
            found.append(SourceState(area, area, None, whole))
        found += [SourceState(area, n.source, n.jurisdiction, read_to(n, case)) for n in needs]
    return tuple(found)


def naming_nothing(facts: Iterable[Fact], known_at: datetime) -> tuple[Fact, ...]:
    """Retractions, reversals and corrections known by then that name no fact known by then: they take nothing back."""
    known = {fact.id: fact for fact in facts if fact.known_at <= known_at}
    return tuple(fact for fact in known.values() if fact.supersedes and fact.supersedes not in known)


# --- words ------------------------------------------------------------------------------------------------------


def rule_words(limb: Limb) -> str:
    """How the limb ripens, with what ends its window."""
    match limb.ripens:
        case Within(days=days, unless=unless):
            return (
                f"A cure period of {days} calendar days, the day of the event excluded: default the day after the "
                f"last, unless {_kinds(unless)} comes first."
            )
        case After(days=days, stops=stops):
            return (
                f"A state that must continue for {days} calendar days from the event: default the day after day "
                f"{days}, unless {_kinds(stops)} comes first. It is no act to perform, so the period does not roll."
            )
        case Unlisted(sessions=sessions, venues=venues, relists=relists):
            return (
                f"{sessions} consecutive sessions, each wholly unlisted on all of {', '.join(venues)}: default at the "
                f"close of session {sessions}, unless {_kinds(relists)} comes first."
            )
        case Unpaid():
            return "Principal and interest unpaid at the end of the maturity date, rolled to a business day (GCL 25)."
        case _:
            return "Default at once, on the date of the act; no period to cure."


def _kinds(patterns: tuple[Pattern, ...]) -> str:
    """Kinds as words; those that count only under some reading are marked."""
    words: dict[str, str] = {}
    for p in patterns:
        only = " or ".join(f"{name} {'/'.join(sorted(values))}" for name, values in p.given.items())
        words[p.kind] = p.kind.replace("_", " ") + (f" (under reading {only})" if only else "")
    listed = list(words.values())
    return listed[0] if len(listed) == 1 else ", ".join(listed[:-1]) + " or " + listed[-1] if listed else "nothing"


def waiver_words(finding: Finding, case: Case) -> str:
    """Only a writing signed by the party to be charged waives; what is on record on this matter."""
    kind = case.form.waiver.kind
    on_file = [e for e in case.events if e.kind == kind and e.matter == finding.matter and case.happened(e)]
    signed = next((e for e in on_file if e.text("signed") == "true"), None)
    if signed:
        limb = signed.text("limb")
        return f"A signed waiver of {day_words(signed.first)} is on record" + (f" (limb {limb})." if limb else ".")
    if on_file:
        when = day_words(on_file[0].first)
        return f"An unsigned waiver of {when} is on file; it has no effect. No signed waiver on record."
    return "No signed waiver on record."
