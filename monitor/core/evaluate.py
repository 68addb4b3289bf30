"""Findings of a case: the verdicts of both evaluators, compared, with evidence, reason and what would change next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from monitor.core.canonical import plain
from monitor.core.clause import Limb, Unpaid
from monitor.core.facts import Fact, start_of_day
from monitor.core.findings import Evidence, Finding, State, Verdict
from monitor.core.reference import kinds_of, limb_verdicts, verdicts
from monitor.core.select import Case
from monitor.core.verify import missing_sources
from monitor.core.wording import reason

__all__ = ["findings", "verdicts"]

ON_EVERY_LIMB = frozenset({"payment_received", "payment_tendered", "note_discharged", "maturity_extended"})
"""Facts that move windows of every limb: payment in full ends them all, an extension moves its date."""

Answers = tuple[Verdict | None, Verdict | None]
"""(reference, engine) on one window; None: this evaluator sees no such window."""


def findings(
    case: Case, engine: Sequence[Verdict] | str | None = None, digests: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """One finding per window and one ``clear`` finding for each limb without any.

    ``engine``: the engine's verdicts; or, as text, why it has none (it crashed), which makes every window
    undetermined; or None when only the reference evaluator was asked (what-if, next_change_on, bulk runs).
    """
    found: list[Finding] = []
    crashed = engine if isinstance(engine, str) else None
    for limb in case.form.limbs:
        later = _Later(limb, case)
        own = {v.trigger: v for v in limb_verdicts(limb, case)}
        theirs = own if engine is None or isinstance(engine, str) else {
            v.trigger: v for v in engine if v.limb == limb.id
        }
        windows = [(own.get(t), theirs.get(t)) for t in dict.fromkeys([*own, *theirs])]
        for answers in windows:
            found.append(_finding(limb, answers, case, later, crashed, digests or {}))
        if not windows:
            found.append(_clear(limb, case, later, crashed, digests or {}))
    return tuple(found)


def same(a: Verdict | None, b: Verdict | None) -> bool:
    """Whether two evaluators agree on a window: state and every date. Which fact decided is informative only."""
    return a is not None and b is not None and replace(a, decided_by=None) == replace(b, decided_by=None)


def _finding(
    limb: Limb, answers: Answers, case: Case, later: _Later, crashed: str | None, digests: Mapping[str, str]
) -> Finding:
    ours, theirs = answers
    verdict = ours or theirs
    assert verdict is not None
    both: tuple[Mapping[str, Any], ...] = ()
    if crashed or not same(ours, theirs):
        verdict = _undetermined(ours, theirs)
        both = (
            {"evaluator": "reference", "verdict": plain(ours)},
            {"evaluator": "engine", "verdict": crashed or plain(theirs)},
        )
    missing = missing_sources(limb, verdict.state, verdict.deadline, verdict.deadline_at, case)
    return Finding(
        instrument=case.instrument.id, clause=limb.clause, limb=limb.id, matter=verdict.matter,
        trigger=verdict.trigger, state=verdict.state, opened=verdict.opened, deadline=verdict.deadline,
        default_date=verdict.default_date, earliest_arguable=verdict.earliest_arguable,
        next_change_on=later.change(verdict, missing),
        verified=verdict.state is not State.UNDETERMINED and not missing,
        evidence=_evidence(case, verdict.trigger, verdict.decided_by),
        reading={name: case.chosen[name] for name in limb.readings},
        reason=reason(limb, verdict, case, missing), quote=limb.quote, deadline_at=verdict.deadline_at,
        acceleration_date=_acceleration(verdict, case), missing=missing, both_answers=both, digests=digests,
    )


def _clear(
    limb: Limb, case: Case, later: _Later, crashed: str | None, digests: Mapping[str, str]
) -> Finding:
    missing = missing_sources(limb, State.CLEAR, None, None, case)
    return Finding(
        instrument=case.instrument.id, clause=limb.clause, limb=limb.id, matter=None, trigger=None,
        state=State.UNDETERMINED if crashed else State.CLEAR, opened=None, deadline=None, default_date=None,
        earliest_arguable=None, next_change_on=later.change(None, missing),
        verified=not missing and not crashed, evidence=(), reading={name: case.chosen[name] for name in limb.readings},
        reason=crashed or reason(limb, None, case, missing), quote=limb.quote, missing=missing, digests=digests,
    )


def _undetermined(ours: Verdict | None, theirs: Verdict | None) -> Verdict:
    """The two differ: no state is preferred, and the earlier of each date is the one to act on."""
    given = [v for v in (ours, theirs) if v]
    first = given[0]

    def earliest(dates: Iterable[date | None]) -> date | None:
        return min((d for d in dates if d), default=None)

    instants = [v.deadline_at for v in given if v.deadline_at]
    return Verdict(
        first.limb, first.matter, first.trigger, State.UNDETERMINED, min(v.opened for v in given),
        earliest(v.deadline for v in given), earliest(v.default_date for v in given),
        earliest(v.earliest_arguable for v in given), min(instants, default=None),
    )


def _acceleration(verdict: Verdict, case: Case) -> date | None:
    """When the note became due by the default: at once if automatic, on the holder's word if elective (section 9)."""
    if verdict.state not in (State.EVENT_OF_DEFAULT, State.WAIVED) or verdict.default_date is None:
        return None
    if case.chosen.get("acceleration") == "automatic":
        return verdict.default_date
    declared = [
        e.last for e in case.events
        if e.kind == "acceleration_declared" and e.last >= verdict.default_date and case.happened(e)
    ]
    return min(declared, default=None)


# --- what would change next -------------------------------------------------------------------------------------


class _Later:
    """One limb seen at later instants, known facts fixed. Each instant is decided once for all of its windows."""

    def __init__(self, limb: Limb, case: Case) -> None:
        self.limb, self.case = limb, case
        self.seen: dict[datetime, tuple[Case, dict[str, Verdict]]] = {}

    def at(self, instant: datetime) -> tuple[Case, dict[str, Verdict]]:
        if instant not in self.seen:
            case = replace(self.case, as_of=instant)
            self.seen[instant] = case, {v.trigger: v for v in limb_verdicts(self.limb, case)}
        return self.seen[instant]

    def change(self, verdict: Verdict | None, missing: tuple[str, ...]) -> datetime | None:
        """The first instant after ``as_of`` at which state, dates or ``verified`` differ."""
        now = (_shown(verdict), bool(missing))
        tomorrow = start_of_day(self.case.today + timedelta(days=1), self.case.zone)
        if verdict and verdict.state is State.UNDETERMINED:
            return tomorrow
        moves = _moves(self.limb, self.case, verdict)
        # Sources are needed through the day itself: what is read today is not read tomorrow, if nothing else changes.
        if not missing and tomorrow not in moves and (not moves or tomorrow < moves[0]):
            state = verdict.state if verdict else State.CLEAR
            case = replace(self.case, as_of=tomorrow)
            deadlines = (verdict.deadline, verdict.deadline_at) if verdict else (None, None)
            if missing_sources(self.limb, state, *deadlines, case):
                return tomorrow
        for instant in moves:
            case, found = self.at(instant)
            then = found.get(verdict.trigger) if verdict else None
            if verdict is None and found:
                return instant
            unread = missing_sources(
                self.limb, then.state if then else State.CLEAR, then.deadline if then else None,
                then.deadline_at if then else None, case,
            )
            if (_shown(then), bool(unread)) != now:
                return instant
        return None


def _shown(verdict: Verdict | None) -> Verdict | None:
    return replace(verdict, decided_by=None) if verdict else None


def _moves(limb: Limb, case: Case, verdict: Verdict | None) -> list[datetime]:
    """Instants after ``as_of`` at which a window could move: its deadline, known future facts, maturity."""
    found: set[datetime] = set()
    if verdict and verdict.deadline_at:
        found.add(verdict.deadline_at)
    if isinstance(limb.ripens, Unpaid):
        found.add(start_of_day(case.instrument.loan.maturity, case.zone))
    kinds = kinds_of(limb) | ON_EVERY_LIMB | {case.form.waiver.kind}
    listed = {e.text("venue") for e in case.events if e.kind != "venue_ended"} | set(case.instrument.listed_at_issue)
    for event in case.events:
        if event.kind not in kinds or (event.kind == "venue_ended" and event.text("venue") not in listed):
            continue
        found |= {at for at in (event.at_first, event.at_last) if at}
        # Dates a fact carries beside its own (a recording, the end of a grace period, an extended maturity) count too.
        dates = {event.first, event.last, *(event.other_dates or ())}
        dates |= {v for v in event.fields.values() if isinstance(v, date) and not isinstance(v, datetime)}
        for day in dates:
            if day >= case.today:
                found |= {start_of_day(day, case.zone), start_of_day(day + timedelta(days=1), case.zone)}
    return sorted(i for i in found if i > case.as_of)


# --- evidence ---------------------------------------------------------------------------------------------------


def _evidence(case: Case, trigger: str, decided_by: str | None) -> tuple[Evidence, ...]:
    """Every report of the trigger, then of the fact that ended the window."""
    by_id = {e.id: e for e in case.events}
    facts = [f for name in (trigger, decided_by) if name in by_id for f in by_id[name].facts if f in case.facts]
    return tuple(evidence_of(case.facts[f]) for f in facts)


def evidence_of(fact: Fact) -> Evidence:
    """A fact as evidence. Texts and addresses that a feed kept with it travel in its fields ``url`` and ``text``."""
    when = fact.happened_on
    happened = plain(when.first) if not when.is_range else f"{plain(when.first)}..{plain(when.last)}"
    return Evidence(
        fact=fact.id, kind=fact.kind, happened_on=happened, known_at=fact.known_at, source=fact.source,
        record=fact.record, url=str(fact.fields.get("url") or ""),
    )
