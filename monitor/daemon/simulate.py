"""The whole pipeline on a simulated clock: it stops at every due instant and at every poll, and skips none.

For ``covenantd replay`` and the demo. Its ledger is its own, everything is stamped SIMULATED, no real channel is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.base import FeedChanged, FeedFailed
from monitor.core.alerts import Alert
from monitor.core.facts import Fact, start_of_day
from monitor.daemon.delivering import deliver
from monitor.daemon.evaluating import evaluate_instrument
from monitor.daemon.polling import keep_exhibits
from monitor.daemon.reading import source_reads
from monitor.daemon.recorded import Recording, read_through, recordings, visible_at
from monitor.daemon.world import Source, World

DAILY = time(0, 0)
"""The daily poll: at midnight, where most windows end anyway, so that one look serves both."""


@dataclass(frozen=True, slots=True)
class Record:
    """A fact of a recorded payload, and when it could first be read."""

    visible: datetime
    source: Source
    recording: Recording
    fact: Fact


class Tape:
    """Every recorded payload of a world, laid out in time."""

    def __init__(self, world: World, end: datetime) -> None:
        self.refused: list[str] = []
        self.recordings = {s.name: self._recordings(s, end) for s in world.sources if s.config.recorded}
        self.sources = {s.name: s for s in world.sources if s.config.recorded}
        self.records = sorted(
            (
                Record(visible_at(fact, r), self.sources[name], r, fact)
                for name, found in self.recordings.items() for r in found for fact in r.parsed.facts
            ),
            key=lambda r: (r.visible, r.source.name, r.fact.id),
        )
        self.captures = sorted({
            r.captured_at for found in self.recordings.values() for r in found if r.captured_at is not None
        })
        self.played = 0

    def _recordings(self, source: Source, end: datetime) -> list[Recording]:
        """A folder that cannot be read as its feed's costs that feed and no other."""
        try:
            return recordings(source, end)
        except (FeedFailed, FeedChanged) as error:
            said = " ".join(str(error).split())
            self.refused.append(said if said.startswith(f"{source.name}: ") else f"{source.name}: {said}")
            return []

    @property
    def errors(self) -> list[str]:
        return self.refused + [
            f"{name}: {r.payload.name}: {line}"
            for name, found in self.recordings.items() for r in found
            for line in ([r.error] if r.error else []) + list(r.parsed.errors)
        ]

    def until(self, at: datetime) -> Iterator[Record]:
        while self.played < len(self.records) and self.records[self.played].visible <= at:
            yield self.records[self.played]
            self.played += 1

    def next_stop(self, after: datetime) -> datetime | None:
        coming = [c for c in self.captures if c > after][:1]
        if self.played < len(self.records):
            coming.append(max(self.records[self.played].visible, after))
        return min(coming, default=None)

    def reads(self, at: datetime) -> list[Fact]:
        """``source_read`` facts: how far each source is read at ``at``."""
        found = []
        for name, source in self.sources.items():
            changed = bool(source.config.settings.get("saved_when_changed"))
            held, joins = self.recordings[name], source.feed.joins_payloads
            through = read_through(held, at, saved_when_changed=changed, joins=joins)
            if through is not None:
                seen = [(r.payload, r.parsed) for r in held if r.captured_at is None or r.captured_at <= at]
                found += source_reads(source, seen, at, through)
        return found


def simulate(
    world: World, start: date, end: date, *, on_alert: Callable[[Alert], None],
    known_at: datetime | None = None, wait: Callable[[timedelta], bool] | None = None,
) -> list[str]:
    """Plays from the start of ``start`` to the end of ``end`` (New York); returns one line for each complaint.

    ``known_at``: hindsight; everything known by then is known from the start. ``wait`` is told how much simulated
    time passes before the next stop and returns False to stop early.
    """
    zone = world.config.reminders.zone
    now, last = start_of_day(start, zone), start_of_day(end + timedelta(days=1), zone)
    tape = Tape(world, max(last, known_at or last))
    complaints = list(tape.errors)
    while True:
        new = _ingest(world, tape, now, known_at)
        for alert in _evaluate(world, now, known_at, new):
            on_alert(alert)
        complaints += deliver(world, now)[1]
        following = _next_stop(world, tape, now, zone)
        if following > last or (wait and not wait(following - now)):
            break
        now = following.astimezone(UTC)  # an offset of a statement is not the stream's
    world.ledger.seal(now)
    return complaints


def _ingest(world: World, tape: Tape, now: datetime, known_at: datetime | None) -> list[Fact]:
    """What became readable by ``now`` is known since its own time, which on every stop but the first is ``now``."""
    new: list[Fact] = []
    horizon = max(now, known_at) if known_at else now
    digests: dict[tuple[str, str], str] = {}
    with world.ledger.write() as tx:
        for record in tape.until(horizon):
            payload = record.recording.payload
            place = record.source.name, payload.name
            if place not in digests:
                digests[place] = tx.add_payload(
                    payload.body, feed=record.source.name, name=payload.name, url=payload.url,
                    captured_at=payload.captured_at, headers=payload.headers,
                )
            fact = replace(record.fact, known_at=record.visible)
            texts = record.recording.parsed.texts
            new += tx.add_facts([fact], digests[place], texts, _url(fact, payload.url))
            keep_exhibits(tx, replace(record.recording.parsed, facts=(fact,)), record.source.name, record.visible)
        new += tx.add_facts([replace(f, known_at=known_at or now) for f in tape.reads(horizon)])
    return new


def _url(fact: Fact, payload: str) -> str:
    return str(fact.fields.get("url") or payload)


def _evaluate(world: World, now: datetime, known_at: datetime | None, new: Sequence[Fact]) -> list[Alert]:
    due = {d.instrument for d in world.ledger.due(now)}
    enrolled = world.ledger.enrolled()
    alerts: list[Alert] = []
    for name, watched in sorted(world.watched.items()):
        subjects = {s.casefold() for s in watched.subjects} | {"*", "maker", ""}
        touched = any(f.subject.casefold() in subjects for f in new)
        if name in due or name not in enrolled or touched:
            alerts += evaluate_instrument(world, watched, now, known_at or now)
    return alerts


def _next_stop(world: World, tape: Tape, now: datetime, zone: str) -> datetime:
    """The next poll (daily, or when a record becomes readable) or due instant, whichever is first."""
    local = now.astimezone(ZoneInfo(zone))
    daily = datetime.combine(local.date(), DAILY, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if daily <= now:
        daily = datetime.combine(local.date() + timedelta(days=1), DAILY, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    stops = [daily, tape.next_stop(now), world.ledger.next_due(now)]
    return min(s for s in stops if s is not None and s > now)
