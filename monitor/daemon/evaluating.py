"""Evaluate one instrument at one instant: facts, both evaluators, findings, alerts, and when to look again.

Findings, the alerts they cause and the outbox rows are one transaction: either all of them are on disk or none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.core.alerting import (
    Change,
    Context,
    Origin,
    baseline_alert,
    change_alert,
    changes,
    in_order,
    interest_alerts,
    reminder_alert,
    review_alert,
    review_item,
)
from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
from monitor.core.arrivals import Arrival, arrival_alert, brought, reads_payments
from monitor.core.canonical import canonical_text, digest, utc_text
from monitor.core.evaluate import findings as evaluate
from monitor.core.facts import Fact
from monitor.core.findings import Finding, Verdict
from monitor.core.reminders import reminders
from monitor.core.select import Case
from monitor.daemon.world import Watched, World
from monitor.engine.pool import EngineFailure
from monitor.ledger.errors import LedgerError
from monitor.ledger.store import Transaction
from monitor.rulebook.instruments import instrument_path

log = logging.getLogger("covenantd")


def evaluate_or_tell(world: World, watched: Watched, as_of: datetime, known_at: datetime) -> list[Alert]:
    """As ``evaluate_instrument``; but an instrument that cannot be evaluated (a bug, a date outside the calendars) is
    told of, once until it succeeds again, and keeps no other from being watched. Raises LedgerError."""
    try:
        return evaluate_instrument(world, watched, as_of, known_at)
    except LedgerError:
        raise
    except Exception as error:
        alert = _failed(world, watched, as_of, error)
        with world.ledger.write() as tx:
            new = tx.add_alert(alert, list(world.channels.values()), as_of)
        if new:
            log.exception("%s cannot be evaluated", watched.instrument.id)
        return [alert] if new else []


def _failed(world: World, watched: Watched, as_of: datetime, error: Exception) -> Alert:
    instrument, last = watched.instrument, world.ledger.latest_evaluation(watched.instrument.id)
    stand = f"What was said as of {utc_text(last.as_of)[:16]} UTC is the last word" if last else "Nothing was said yet"
    return Alert(
        id=alert_id(instrument.id, AlertKind.UNDETERMINED, "failed", last.sha256 if last else ""),
        kind=AlertKind.UNDETERMINED, step="failed", instrument=instrument.id, instrument_title=instrument.title,
        matter=None, thread=thread_id(instrument.id, None), at=as_of,
        headline=f"{instrument.title}: it cannot be evaluated. Every clause is undetermined",
        body=(f"{stand}; windows that open, are cured or ripen after it are not told.",
              f"What went wrong: {type(error).__name__}: {error}"),
        quote="", next_step=instrument.next_step.get("undetermined", ()), evidence=(),
        why="Sent once when an evaluation fails; it is tried again and again.", simulated=world.simulated,
    )


def evaluate_instrument(world: World, watched: Watched, as_of: datetime, known_at: datetime) -> list[Alert]:
    """Writes what changed and returns the new alerts, in the order of the stream."""
    name = watched.instrument.id
    facts = world.ledger.all_facts(watched.subjects, known_at, history=False)
    case = world.case(watched, facts, as_of, known_at)
    answer: Sequence[Verdict] | str
    try:
        answer = world.engine.evaluate(case)
    except EngineFailure as error:
        answer = str(error)
    found = evaluate(case, answer, watched.digests)
    with world.ledger.write() as tx:
        before = {f.key: f for f in tx.latest_findings(name)}
        last = tx.latest_evaluation(name)
        since = last.known_at if last else None
        news = {
            f.id: f"{f.version}@{utc_text(f.known_at)}" for f in facts if since is None or f.known_at > since
        }
        context = Context(
            case=case, at=as_of, news=news, origins=_origins(tx, found, case, known_at), simulated=world.simulated,
            rules_changed=_rules_changed(before, watched.digests),
        )
        if last is None:
            alerts = _first(tx, found, context)
        else:
            alerts = _later(tx, before, found, context, _arrival(tx, world, watched, facts, news))
        alerts += _reminders(tx, world, watched, found, context, last is None)
        if last is None:
            tx.enrol(name, digest=watched.instrument.digest, at=as_of)
        _note(tx, world, watched, case, found, answer)
        new = [a for a in in_order(alerts) if tx.add_alert(a, list(world.channels.values()), as_of)]
    return new


def _note(
    tx: Transaction, world: World, watched: Watched, case: Case, found: Sequence[Finding],
    answer: Sequence[Verdict] | str,
) -> None:
    name = watched.instrument.id
    agreed = not any(f.both_answers for f in found) and not isinstance(answer, str)
    inputs = digest([sorted((f.id, f.version) for f in case.facts.values()), dict(case.chosen), dict(watched.digests)])
    row = tx.add_evaluation(
        name, as_of=case.as_of, known_at=case.known_at, inputs=inputs, agreed=agreed,
        detail={"engine": answer} if isinstance(answer, str) else {},
    )
    tx.add_findings(name, found, evaluation=row, as_of=case.as_of, known_at=case.known_at)
    changes_at = [f.next_change_on for f in found if f.next_change_on]
    tx.clear_due(name, "evaluate")
    if changes_at:
        tx.set_due(name, "evaluate", min(changes_at))


def _rules_changed(before: Mapping[str, Finding], digests: Mapping[str, str]) -> bool:
    held = next((f.digests for f in before.values()), None)
    return bool(held) and canonical_text(held) != canonical_text(digests)


def _origins(tx: Transaction, found: Sequence[Finding], case: Case, known_at: datetime) -> dict[str, Origin]:
    wanted = [e.fact for f in found for e in f.evidence] + [h.id for h in case.hints]
    return {
        fact: Origin(source.text, source.url, source.payload)
        for fact, source in tx.fact_sources(wanted, known_at).items()
    }


def _hints(case: Case) -> list[Fact]:
    """Hints that could concern this instrument: nothing that was over before it was made."""
    issue = case.instrument.loan.dated.isoformat()
    return [h for h in case.hints if h.happened_on.last.isoformat()[:10] >= issue]


def _first(tx: Transaction, found: Sequence[Finding], context: Context) -> list[Alert]:
    """Enrolment: one message for all that is already known."""
    hints = _hints(context.case)
    for hint in hints:
        _open(tx, hint, context)
    for alert in interest_alerts(context):  # the baseline tells them; on record, so that none is sent afterwards
        tx.add_alert(alert, (), context.at)
    return [baseline_alert(found, hints, context)]


def _later(
    tx: Transaction, before: Mapping[str, Finding], found: Sequence[Finding], context: Context, arrival: Arrival
) -> list[Alert]:
    """Each change by itself, but one message for all that a source brought with its first answer."""
    alerts: list[Alert] = []
    arrived: list[Change] = []
    for change in changes(before, found):
        if brought(change, context, arrival):
            arrived.append(change)
        else:
            alerts.append(change_alert(change, context))
    hints: list[Fact] = []
    for hint in _hints(context.case):
        name = review_item(context.case.instrument.id, hint)
        known = tx.review_item(name) is not None
        _open(tx, hint, context)
        if not known and hint.id in arrival.facts:
            hints.append(hint)
        elif not known:
            alerts.append(review_alert(hint, context))
    _settle_reviews(tx, context)
    interest = interest_alerts(context)
    if reads_payments(context.case, arrival):  # on record, so that none is sent afterwards
        interest = [a for a in interest if tx.add_alert(a, (), context.at)]
    else:
        alerts, interest = alerts + interest, []
    one = arrival_alert(arrival, arrived, hints, interest, context)
    return [*alerts, *([one] if one else [])]


def _arrival(
    tx: Transaction, world: World, watched: Watched, facts: Sequence[Fact], news: Mapping[str, str]
) -> Arrival:
    """The sources that were read for the first time since this instrument was watched, and what came with it."""
    if world.simulated:  # recordings lie ready from the start: what they hold by then is in the enrolment's message
        return Arrival()
    came = [f for f in facts if f.id in news]
    feeds: dict[str, list[str]] = {}
    for source in world.sources:
        feeds.setdefault(source.feed.name, []).append(source.name)
    # Watched since it stood in a configuration that was opened: the polls before its first evaluation count as well.
    held = tx.files(instrument_path(watched.instrument.id, world.rulebook, world.config.instrument_dirs).name)
    since = min([tx.enrolled()[watched.instrument.id], *(f.effective_at for f in held)])
    first = {
        name: tx.first_reading(feeds[name], name, watched.subjects, since)
        for name in sorted({f.source for f in came} & set(feeds))
    }
    new = {f.id: f.source for f in came if first.get(f.source) == f.known_at}
    return Arrival(tuple(sorted(set(new.values()))), frozenset(new))


def _settle_reviews(tx: Transaction, context: Context) -> None:
    """A form 25 text about another class than common stock, or evidence of the same matter, decides a review item."""
    case = context.case
    for item in tx.review_items(case.instrument.id, state="open"):
        for fact, _version in item.hints:
            text = case.settled.get(case.facts[fact].matter) if fact in case.facts else None
            if text and text.kind == "delisting_settled":
                why = f"the text of the form names {text.get('description') or text.get('security_class')}"
                tx.decide(item.id, "dismiss", who="covenantd", reason=why, at=context.at)
                break
            if text:
                why = f"{text.source} has evidence of the same matter: {text.kind.replace('_', ' ')}"
                tx.decide(item.id, "confirm", who="covenantd", reason=why, at=context.at, fact=text.id)
                break


def _open(tx: Transaction, hint: Fact, context: Context) -> None:
    instrument = context.case.instrument.id
    title = str(hint.fields.get("title") or hint.kind.replace("_", " "))
    tx.open_review(review_item(instrument, hint), instrument=instrument, title=title, hint=hint, at=context.at)


def _reminders(
    tx: Transaction, world: World, watched: Watched, found: Sequence[Finding], context: Context, first: bool
) -> list[Alert]:
    """Reminders that have come due since the last look: only the latest of each window; and the next ones to set."""
    name, now = watched.instrument.id, context.at
    pending = {d.key: d for d in tx.due(now) if d.instrument == name and d.kind == "remind"}
    tx.clear_due(name, "remind")
    settings = world.config.reminders
    limbs = {limb.id: limb for limb in watched.form.limbs}
    alerts: list[Alert] = []
    for finding in found:
        coming = reminders(
            finding, limbs[finding.limb], context.case.calendars, settings.zone, settings.days_before, settings.at
        )
        past = [r for r in coming if r.due <= now and f"{finding.key} {r.step}" in pending]
        if past and not first:
            alerts.append(reminder_alert(finding, past[-1], context))
        for reminder in coming:
            if reminder.due > now:
                tx.set_due(name, "remind", reminder.due, key=f"{finding.key} {reminder.step}")
    return alerts
