"""One full cycle on the real clock: poll what is due, evaluate, tell. ``covenantd once`` and the daemon's tick."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.core.alerting import in_order
from monitor.core.alerts import Alert
from monitor.daemon.delivering import deliver
from monitor.daemon.evaluating import evaluate_or_tell
from monitor.daemon.health import feed_alerts
from monitor.daemon.polling import Polled, poll
from monitor.daemon.world import Source, World


def once(world: World, now: datetime) -> tuple[list[Polled], list[Alert], list[str]]:
    """Every feed, then every instrument, then every delivery. Returns polls, alerts and delivery complaints.

    The alerts are the new ones and those that waited in the outbox (of ``attest``, of a server that was down) and left.
    """
    polls = [poll(world, source, now) for source in world.sources]
    alerts = evaluate_all(world, now) + tell_of_feeds(world, now, min(world.ledger.enrolled().values(), default=now))
    told = {alert.id: alert for alert in alerts}
    complaints = deliver(world, now, on_sent=lambda alert: told.setdefault(alert.id, alert))[1]
    return polls, in_order(told.values()), complaints


def tell_of_feeds(world: World, now: datetime, since: datetime) -> list[Alert]:
    """Feeds that fell silent, and those that are read again (see health.feed_alerts), put into the outbox."""
    with world.ledger.write() as tx:
        channels = list(world.channels.values())
        return [a for a in feed_alerts(world, now, since) if tx.add_alert(a, channels, now)]


def evaluate_all(world: World, now: datetime, names: Sequence[str] | None = None) -> list[Alert]:
    wanted = sorted(world.watched) if names is None else names
    return [a for name in wanted for a in evaluate_or_tell(world, world.watched[name], now, now)]


def due_sources(world: World, now: datetime) -> list[Source]:
    """Feeds whose next poll has come, by the ledger's own record of the last attempt."""
    last = world.ledger.last_polls()
    return [
        s for s in world.sources
        if s.name not in last or now - last[s.name].started_at >= timedelta(minutes=s.every_minutes)
    ]


def affected(world: World, polls: Sequence[Polled]) -> set[str]:
    """Instruments that new facts concern, and those that are due."""
    subjects = {f.subject.casefold() for p in polls for f in p.new}
    everyone = bool(subjects & {"*", "maker", ""})
    return {
        name for name, w in world.watched.items()
        if everyone or subjects & {s.casefold() for s in w.subjects}
    }
