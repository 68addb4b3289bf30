"""From two sets of findings to the alerts between them: pure, ordered, with identities that survive a crash.

The first evaluation of an instrument gives one baseline alert, never one per past transition (model.md, "Alerts").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
from monitor.core.canonical import digest, utc_text
from monitor.core.day_words import day_words
from monitor.core.evaluate import evidence_of
from monitor.core.facts import Fact
from monitor.core.findings import Evidence, Finding, State
from monitor.core.message import baseline_body, body, headline, petition, quoted, review_body
from monitor.core.payoff import MissedInterest, missed_interest
from monitor.core.reminders import Reminder
from monitor.core.select import Case

READS = ("source_read", "source_gap")
"""How far a source was read moves ``verified`` and nothing else."""
NOT_BEFORE = (State.RUNNING, State.EVENT_OF_DEFAULT, State.WAIVED, State.UNDETERMINED)
"""States that were announced as standing: when their window is gone, that is told too."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one window between two evaluations."""

    kind: AlertKind
    finding: Finding
    before: Finding | None
    step: str = ""


def changes(before: Mapping[str, Finding], after: Sequence[Finding]) -> list[Change]:
    """Transitions by window. A window that is gone (its trigger was retracted) was withdrawn.

    An engine that failed on an instrument without any window is told once too (step ``engine``), and its return.
    """
    found: list[Change] = []
    present = {f.key: f for f in after if f.trigger}
    for key, finding in present.items():
        change = _change(before.get(key), finding)
        if change:
            found.append(change)
    for key, old in before.items():
        if old.trigger and key not in present and old.state in NOT_BEFORE:
            found.append(Change(AlertKind.WITHDRAWN, old, old, "trigger gone"))
    return found + _of_the_engine(before, after, found)


def _of_the_engine(before: Mapping[str, Finding], after: Sequence[Finding], told: Sequence[Change]) -> list[Change]:
    """The engine's failure where no window tells of it: the first limb stands for all of them."""
    was = any(f.state is State.UNDETERMINED for f in before.values() if f.trigger is None)
    limbs = [f for f in after if f.trigger is None]
    failed = [f for f in limbs if f.state is State.UNDETERMINED]
    if failed and not was and not any(c.kind is AlertKind.UNDETERMINED for c in told):
        return [Change(AlertKind.UNDETERMINED, failed[0], None, "engine")]
    if was and limbs and not failed and not told:
        return [Change(AlertKind.INFORMATION, limbs[0], None, "engine")]
    return []


def _change(old: Finding | None, new: Finding) -> Change | None:
    was = old.state if old else None
    now = new.state
    if was is now:
        assert old is not None
        return _same_state(old, new)
    if was is State.EVENT_OF_DEFAULT and now in (State.RUNNING, State.CURED, State.EXCEPTED, State.CLEAR):
        return Change(AlertKind.WITHDRAWN, new, old, now.value)
    match now:
        case State.RUNNING if was is State.UNDETERMINED:
            return Change(AlertKind.INFORMATION, new, old, "determined")
        case State.RUNNING:
            return Change(AlertKind.OPENED, new, old)
        case State.EVENT_OF_DEFAULT:
            return Change(AlertKind.RIPENED, new, old)
        case State.CURED:
            return Change(AlertKind.CURED, new, old)
        case State.EXCEPTED:
            return Change(AlertKind.EXCEPTED, new, old)
        case State.WAIVED:
            return Change(AlertKind.WAIVED, new, old)
        case State.UNDETERMINED:
            return Change(AlertKind.UNDETERMINED, new, old)
        case _:
            return Change(AlertKind.CLEARED if old else AlertKind.INFORMATION, new, old, "arguable" if not old else "")


def _same_state(old: Finding, new: Finding) -> Change | None:
    dates = (old.deadline, old.default_date, old.earliest_arguable) != (
        new.deadline, new.default_date, new.earliest_arguable)
    if dates and new.state in (State.RUNNING, State.EVENT_OF_DEFAULT, State.UNDETERMINED):
        return Change(AlertKind.REDATED, new, old)
    if new.state is State.EVENT_OF_DEFAULT and new.verified and not old.verified:
        return Change(AlertKind.INFORMATION, new, old, "verified")
    return None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact came from: the source's own words, its address, the sha256 of the raw payload."""

    text: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Context:
    """What composing an alert needs beside the finding.

    ``news``: by fact id, the versions first known at this evaluation, each with since when (content that comes back
    after other content is another cause).
    ``origins``: fact id -> where it came from. ``rules_changed``: a change of rules or program, told apart.
    """

    case: Case
    at: datetime
    news: Mapping[str, str]
    origins: Mapping[str, Origin]
    simulated: bool = False
    rules_changed: bool = False


def change_alert(change: Change, context: Context) -> Alert:
    return _alert(
        change.kind, change.step, change.finding, context, _cause(change, context),
        why=_why(change, context), before=change.before,
    )


def _cause(change: Change, context: Context) -> str:
    """The causing fact's version, or the due instant when only time passed."""
    named = [context.news[e.fact] for e in change.finding.evidence if e.fact in context.news]
    if named:
        return named[-1]
    due = change.finding.deadline_at
    if due and by_time(change):
        return utc_text(due)
    if context.rules_changed:
        return digest(["rules", dict(change.finding.digests)])
    facts = context.case.facts
    causes = sorted(
        version for fact, version in context.news.items()
        if change.step == "verified" or fact not in facts or facts[fact].kind not in READS
    )
    if causes:
        return digest(causes)
    foreseen = change.before.next_change_on if change.before else None
    return utc_text(foreseen if foreseen and foreseen <= context.case.as_of else context.case.as_of)


def by_time(change: Change) -> bool:
    """A window that ripened as foreseen. A deadline that moved ripens it by a fact: withdrawn, and default again."""
    before, now = change.before, change.finding
    if change.kind is not AlertKind.RIPENED or before is None:
        return False
    return before.state in (State.RUNNING, State.UNDETERMINED) and before.deadline_at == now.deadline_at


def _why(change: Change, context: Context) -> str:
    if by_time(change):
        return "Sent because the window has run; sent now because its deadline has passed."
    learned = [e for e in change.finding.evidence if e.fact in context.news]
    if context.rules_changed and not learned:
        return "Sent because the rules, the instrument's terms or the program changed; no new fact is the cause."
    if change.step == "engine":
        return "Sent once when the engine fails, and once when it answers again."
    if learned:
        last = learned[-1]
        return (
            f"Sent because of {last.kind.replace('_', ' ')} {last.record or change.finding.matter}; "
            "sent now because it has just been learned."
        )
    return "Sent because what is known of this matter changed."


def reminder_alert(finding: Finding, reminder: Reminder, context: Context) -> Alert:
    step = reminder.step.removesuffix("s") if reminder.step.startswith("1 ") else reminder.step
    return _alert(
        AlertKind.REMINDER, reminder.step, finding, context, utc_text(reminder.due),
        why=f"Sent because the window is running; sent now as its reminder ({step}).",
    )


def baseline_alert(findings: Sequence[Finding], hints: Sequence[Fact], context: Context) -> Alert:
    """The one message of an enrolment: where every window stands, what is not read, what awaits review."""
    instrument = context.case.instrument
    return Alert(
        id=alert_id(instrument.id, AlertKind.BASELINE, "", instrument.digest), kind=AlertKind.BASELINE, step="",
        instrument=instrument.id, instrument_title=instrument.title, matter=None,
        thread=thread_id(instrument.id, None), at=context.at,
        headline=f"{instrument.title}: now watched",
        body=baseline_body(findings, hints, context.case), quote="", next_step=(), evidence=(),
        why="Sent once, because the instrument was enrolled.", petition=petition(context.case),
        simulated=context.simulated,
    )


def review_alert(hint: Fact, context: Context) -> Alert:
    """A hint awaits a person. Its identity is its matter: a second report of the same matter repeats nothing."""
    instrument = context.case.instrument
    title = str(hint.fields.get("title") or hint.kind.replace("_", " "))
    return Alert(
        id=alert_id(instrument.id, AlertKind.REVIEW, review_item(instrument.id, hint), ""), kind=AlertKind.REVIEW,
        step=review_item(instrument.id, hint), instrument=instrument.id, instrument_title=instrument.title,
        matter=hint.matter, thread=thread_id(instrument.id, hint.matter), at=context.at,
        headline=f"{instrument.title}: please review: {title}",
        body=review_body(hint, review_item(instrument.id, hint), context.case.zone), quote="",
        next_step=next_steps(context.case, "review"),
        evidence=(_with_origin(evidence_of(hint), context),),
        why="Sent because a source reports what may be a trigger; it is a hint and no default by itself.",
        petition=petition(context.case), simulated=context.simulated,
    )


def review_item(instrument: str, hint: Fact) -> str:
    return digest([instrument, hint.kind, hint.matter])[:12]


def interest_alerts(context: Context) -> list[Alert]:
    """Missed monthly interest: information, never an event of default under this note (section 5)."""
    return [_interest_alert(m, context) for m in missed_interest(context.case) if m.known]


def _interest_alert(missed: MissedInterest, context: Context) -> Alert:
    instrument = context.case.instrument
    return Alert(
        id=alert_id(instrument.id, AlertKind.INFORMATION, "interest", missed.due.nominal.isoformat()),
        kind=AlertKind.INFORMATION, step="interest", instrument=instrument.id, instrument_title=instrument.title,
        matter="interest", thread=thread_id(instrument.id, "interest"), at=context.at,
        headline=f"{instrument.title}: interest due {day_words(missed.due.nominal)} was not received in full",
        body=(
            f"Short by {missed.short:,.2f} {instrument.loan.currency} on {day_words(missed.due.payable)}.",
            "A missed monthly interest payment is a breach, not an event of default under this note; it carries into "
            "maturity and may be a default under other debts of the maker.",
        ),
        quote="",
        next_step=next_steps(context.case, "interest"), evidence=(),
        why="Sent because the bank statement covers the date and shows less than was due.",
        petition=petition(context.case), simulated=context.simulated,
    )


def _alert(
    kind: AlertKind, step: str, finding: Finding, context: Context, cause: str, *,
    why: str, before: Finding | None = None,
) -> Alert:
    case = context.case
    return Alert(
        id=alert_id(finding.key, kind, step, cause), kind=kind, step=step, instrument=case.instrument.id,
        instrument_title=case.instrument.title, matter=finding.matter,
        thread=thread_id(case.instrument.id, finding.matter), at=context.at,
        headline=headline(kind, step, finding, case), body=body(kind, finding, before, case),
        quote=quoted(finding, case),
        next_step=(*next_steps(case, kind.value), *checks(case, finding)),
        evidence=tuple(_with_origin(e, context) for e in finding.evidence), why=why, petition=petition(case),
        simulated=context.simulated, finding=finding,
    )


def _with_origin(evidence: Evidence, context: Context) -> Evidence:
    origin = context.origins.get(evidence.fact)
    if origin is None:
        return evidence
    return replace(evidence, text=origin.text, url=evidence.url or origin.url, sha256=origin.sha256)


def next_steps(case: Case, kind: str) -> tuple[str, ...]:
    """Counsel's own lines for this kind of alert, else the instrument's default lines."""
    steps = case.instrument.next_step
    return steps.get(kind) or steps.get("default") or ()


def checks(case: Case, finding: Finding) -> tuple[str, ...]:
    """Where to look for a cure, in the words of the limb's own area, while one may come or is not ruled out."""
    ran_unread = finding.state is State.EVENT_OF_DEFAULT and finding.deadline is not None and not finding.verified
    if finding.state is not State.RUNNING and not ran_unread:
        return ()
    limb = next(x for x in case.form.limbs if x.id == finding.limb)
    line = case.form.checks.get(limb.cure_area)
    return (line,) if line else ()


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """Streams sort by (instant, instrument, finding, kind): one machine and a cluster give the same stream."""
    return sorted(alerts, key=lambda a: (a.at, a.instrument, a.finding.key if a.finding else "", a.kind.value, a.id))
