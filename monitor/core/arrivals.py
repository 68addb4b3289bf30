"""A source read for the first time after an instrument was enrolled: one message for all that it brought.

Its first answer holds years of filings. Told one by one they would bury what matters (model.md, "Alerts": backfill
sends one baseline message per instrument, never one alert per past transition).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.alerting import READS, Change, Context, by_time
from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
from monitor.core.canonical import digest
from monitor.core.facts import Fact
from monitor.core.message import clause_words, petition
from monitor.core.select import Case


@dataclass(frozen=True, slots=True)
class Arrival:
    """``sources`` that were read for the first time, and the ids of the ``facts`` that came with it."""

    sources: tuple[str, ...] = ()
    facts: frozenset[str] = frozenset()


def brought(change: Change, context: Context, arrival: Arrival) -> bool:
    """Whether the arrival alone caused a change. Whatever else had a part in it is told by itself, as always."""
    if not arrival.facts or change.kind is AlertKind.UNDETERMINED or change.step == "engine":
        return False
    causes = {e.fact for e in change.finding.evidence if e.fact in context.news}
    if not causes:
        if by_time(change) or context.rules_changed:
            return False
        facts = context.case.facts
        if change.step == "verified":
            causes = {f for f in context.news if f in facts and _rules_out_a_cure(facts[f], change, context.case)}
        else:
            causes = {f for f in context.news if f not in facts or facts[f].kind not in READS}
    return bool(causes) and causes <= arrival.facts


def _rules_out_a_cure(fact: Fact, change: Change, case: Case) -> bool:
    area = next(limb.cure_area for limb in case.form.limbs if limb.id == change.finding.limb)
    return fact.kind == "source_read" and fact.fields.get("source") in _sources(area, case)


def _sources(area: str, case: Case) -> set[str]:
    return {need.source for need in case.instrument.sources.get(area, ())} or {area}


def reads_payments(case: Case, arrival: Arrival) -> bool:
    """Whether payments were read for the first time: interest that was missed before is then no news."""
    names = _sources("payments", case)
    arrived = (case.facts[f] for f in arrival.facts if f in case.facts)
    return any(f.kind == "source_read" and f.fields.get("source") in names for f in arrived)


def arrival_alert(
    arrival: Arrival, changed: Sequence[Change], hints: Sequence[Fact], interest: Sequence[Alert], context: Context
) -> Alert | None:
    """The one message; None when the source brought nothing that would have been told."""
    instrument, names = context.case.instrument, _listed(arrival.sources)
    lines = [_change_line(c) for c in changed]
    lines += [f"Interest: {a.headline.removeprefix(instrument.title + ': ')}. {a.body[0]}" for a in interest]
    lines += [
        f"Awaits review: {h.fields.get('title') or h.kind.replace('_', ' ')} ({h.matter})." for h in hints
    ]
    if not lines:
        return None
    cause = digest(sorted(context.news[f] for f in arrival.facts if f in context.news))
    step = "first read of " + ", ".join(arrival.sources)
    return Alert(
        id=alert_id(instrument.id, AlertKind.BASELINE, step, cause), kind=AlertKind.BASELINE, step=step,
        instrument=instrument.id, instrument_title=instrument.title, matter=None,
        thread=thread_id(instrument.id, None), at=context.at,
        headline=f"{instrument.title}: {names} read for the first time",
        body=tuple(lines), quote="", next_step=(), evidence=(),
        why=f"Sent once for all that {names} brought, old and new; what comes later is told one by one.",
        petition=petition(context.case), simulated=context.simulated,
    )


def _change_line(change: Change) -> str:
    finding, was = change.finding, change.before.state.value.replace("_", " ") if change.before else ""
    if change.kind is AlertKind.WITHDRAWN and finding is change.before:
        return f"{clause_words(finding)}: withdrawn ({finding.matter}). It was announced as {was}."
    now = finding.state.value.replace("_", " ")
    return f"{clause_words(finding)}: {now}{f', was {was}' if was and was != now else ''}. {finding.reason}"


def _listed(names: Iterable[str]) -> str:
    *most, last = names or ("nothing",)
    return f"{', '.join(most)} and {last}" if most else last
