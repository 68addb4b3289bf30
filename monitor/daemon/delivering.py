"""The outbox: prepare, send, then mark. Twice with the same id beats never (architecture.md, habit 6)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alerts import Alert
from monitor.daemon.world import World
from monitor.ledger.errors import LedgerError
from monitor.ledger.outbox import Delivery
from monitor.notify.base import Attachment, ChannelClosed, Prepared, TransportError
from monitor.notify.settings import SecretMissing

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_WISH = 86_400.0
"""Seconds: a server that asks for more (Retry-After) is asked again after a day."""

log = logging.getLogger("covenantd")


def deliver(
    world: World, now: datetime, go_on: Callable[[], bool] = lambda: True,
    on_sent: Callable[[Alert], object] = lambda _: None,
) -> tuple[int, list[str]]:
    """Tries every delivery that is due; returns how many left and one line for each that did not.

    ``go_on``: asked before each; False stops early, and what remains is due next time. ``on_sent``: told of each that
    left. A channel that has closed is told of once in the log, and what is for it stays as it is.
    """
    sent = 0
    complaints: list[str] = []
    tried: set[tuple[str, str]] = set()
    while batch := [d for d in _due(world, now) if (d.alert.id, d.channel) not in tried]:
        for delivery in batch:
            if not go_on():
                return sent, complaints
            tried.add((delivery.alert.id, delivery.channel))
            if delivery.channel in world.closed:
                continue
            try:
                complaint = _one(world, delivery, now)
            except ChannelClosed as closed:
                world.closed.add(delivery.channel)
                log.warning("%s", closed)
                continue
            if complaint:
                complaints.append(complaint)
            else:
                sent += 1
                on_sent(delivery.alert)
    return sent, complaints


def _due(world: World, now: datetime) -> list[Delivery]:
    return world.ledger.due_deliveries(now, without=world.closed)


def _one(world: World, delivery: Delivery, now: datetime) -> str:
    channel = world.channels.get(delivery.channel)
    prepared: Prepared | None = None
    try:
        if channel is None:
            raise TransportError(f"channel {delivery.channel} is no longer configured", permanent=True)
        prepared = channel.prepare(delivery.alert, attachments(world, delivery.alert))
        if delivery.recipients:
            prepared = replace(prepared, recipients=delivery.recipients)
        reply = channel.send(prepared)
    except TransportError as error:
        line, permanent, wait = error.line, error.permanent, error.retry_after
    except SecretMissing as error:
        line, permanent, wait = str(error), False, None
    except (LedgerError, ChannelClosed):
        raise
    except Exception as error:  # one message that cannot be made or sent must not hold up all the others
        log.exception("channel %s: alert %s", delivery.channel, delivery.alert.id)
        line, permanent, wait = f"a bug: {type(error).__name__}: {error}", False, None
    else:
        with world.ledger.write() as tx:
            tx.record_attempt(
                delivery.alert.id, delivery.channel, at=now, outcome="partly" if reply.retry else "sent",
                sent=prepared.body, reply=reply.text, recipients=reply.retry,
                next_attempt_at=now + backoff(delivery.attempts) if reply.retry else None,
            )
        refused = [f"{r.recipient}: {r.reply}" for r in reply.refused]
        return f"{delivery.channel}: not taken for {'; '.join(refused)}" if refused else ""
    after = timedelta(seconds=min(wait, LONGEST_WISH)) if wait else backoff(delivery.attempts)
    with world.ledger.write() as tx:
        tx.record_attempt(
            delivery.alert.id, delivery.channel, at=now, outcome="dead" if permanent else "failed",
            sent=prepared.body if prepared else b"", reply=line, next_attempt_at=None if permanent else now + after,
        )
    return f"{delivery.channel}: {line}"


def backoff(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, at most an hour, without end: an alert is never given up for a server that is down."""
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)


def attachments(world: World, alert: Alert) -> list[Attachment]:
    """The raw payloads behind the alert's evidence, and the files that show what a person stated; the channel says of
    those too large what they are instead."""
    found: dict[str, Attachment] = {}
    facts = [e.fact for e in alert.evidence]
    wanted = [source.payload for source in world.ledger.fact_sources(facts).values() if source.payload]
    for digest in dict.fromkeys([*wanted, *(shown.digest for shown in world.ledger.exhibits(facts))]):
        body, capture = world.ledger.payload(digest), world.ledger.capture(digest)
        if body is not None and capture is not None:
            kind = capture.headers.get("Content-Type", "application/octet-stream").partition(";")[0]
            found[digest] = Attachment(capture.name, kind, body)
    return list(found.values())
