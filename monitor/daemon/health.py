"""Honest silence: a feed that has not been read for too long is told once, and told again when it recovers."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
from monitor.core.canonical import utc_text
from monitor.daemon.world import Source, World
from monitor.ledger.polls import Poll

PATIENCE = 3
LEAST = timedelta(hours=1)


def stale_after(source: Source) -> timedelta:
    """A feed is stale when it missed three polls in a row, and not before an hour."""
    return max(timedelta(minutes=source.every_minutes) * PATIENCE, LEAST)


def feed_alerts(world: World, now: datetime, since: datetime) -> list[Alert]:
    """Stale and recovered feeds. ``since``: when this daemon started watching; a feed never read is stale from then.

    After downtime a feed is silent because nobody asked: it is stale only once it was asked again and failed, or had
    its time. One silence is told once, however often the daemon is started in it.
    """
    good, latest = world.ledger.last_polls(good=True), world.ledger.last_polls()
    found: list[Alert] = []
    for source in world.sources:
        last_good = good[source.name].started_at if source.name in good else None
        quiet_since = last_good or since
        held = _last(world, source)
        told = held is not None and held.kind is AlertKind.STALE and (last_good is None or last_good <= held.at)
        asked = source.name in latest and latest[source.name].started_at >= since
        if now - quiet_since > stale_after(source):
            if told or not (asked or now - since > stale_after(source)):
                continue
            found.append(_alert(AlertKind.STALE, source, now, utc_text(quiet_since), latest.get(source.name)))
        elif held and held.kind is AlertKind.STALE and last_good and last_good > held.at:
            found.append(_alert(AlertKind.RECOVERED, source, now, utc_text(held.at), None))
    return found


def _last(world: World, source: Source) -> Alert | None:
    said = world.ledger.alerts(thread=thread_id("feeds", source.name))
    return said[-1] if said else None


def _alert(kind: AlertKind, source: Source, now: datetime, cause: str, poll: Poll | None) -> Alert:
    stale = kind is AlertKind.STALE
    what = f"has not been read since {cause[:16]} UTC" if stale else "is read again"
    body = [f"Findings that need {source.feed.name} are unverified: absence of an entry is unknown, not good news."]
    if stale and poll and poll.error:
        body.append(f"The last attempt said: {poll.error}")
    return Alert(
        id=alert_id(f"feed {source.name}", kind, "", cause), kind=kind, step="", instrument="feeds",
        instrument_title="covenantd", matter=source.name, thread=thread_id("feeds", source.name), at=now,
        headline=f"covenantd: feed {source.name} {what}",
        body=tuple(body) if stale else ("Entries missed in between are read if the source still lists them.",),
        quote="", next_step=("Run: covenantd feeds list",) if stale else (), evidence=(),
        why="Sent once when a feed has missed its polls, and once when it recovers.",
    )
