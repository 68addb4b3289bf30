"""One poll of one feed: fetch, parse, keep the raw payloads, add the facts. All of it in one transaction.

Every good poll writes a ``source_read`` fact: only then is the absence of an entry known (model.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from feeds.base import FeedChanged, FeedFailed, Parsed, Payload
from monitor.core.facts import Fact, Moment, When, fact_id
from monitor.daemon.recorded import recordings
from monitor.daemon.world import Source, World
from monitor.http import HttpFailed


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought: new facts, complaints, and feeds to poll now because of it."""

    source: str
    ok: bool
    new: tuple[Fact, ...] = ()
    error: str = ""
    wake: frozenset[str] = frozenset()
    unmapped: int = 0
    errors: tuple[str, ...] = ()


@dataclass
class _Batch:
    """What the payloads of one poll say together."""

    parsed: list[tuple[Payload, Parsed]] = field(default_factory=list)
    error: str = ""
    outcome: str = "ok"


def poll(world: World, source: Source, now: datetime) -> Polled:
    """Poll once; every fact and complaint is in the ledger when it returns. Never raises for a bad source."""
    batch = _Batch()
    try:
        for payload in _payloads(world, source, now):
            batch.parsed.append((payload, source.feed.parse(payload, source.watch)))
    except FeedChanged as error:
        batch.error, batch.outcome = f"{source.name}: {error}", "changed"
    except (FeedFailed, HttpFailed, OSError) as error:
        batch.error, batch.outcome = f"{source.name}: {error}", "failed"
    return keep(world, source, batch, now)


def _payloads(world: World, source: Source, now: datetime) -> Iterable[Payload]:
    if source.config.recorded is None:
        yield from source.feed.fetch(world.http, source.watch)
        return
    for recording in recordings(source, now):
        if recording.error:
            raise FeedChanged(f"{recording.payload.name}: {recording.error}")
        yield recording.payload


def keep(world: World, source: Source, batch: _Batch, now: datetime) -> Polled:
    """One transaction: payloads, facts known from now on, how far the source is read, and the poll itself."""
    new: list[Fact] = []
    digests: list[str] = []
    with world.ledger.write() as tx:
        for payload, parsed in batch.parsed:
            digest = tx.add_payload(
                payload.body, feed=source.name, name=payload.name, url=payload.url, captured_at=payload.captured_at,
                headers=payload.headers, status=payload.status,
            )
            digests.append(digest)
            facts = [replace(f, known_at=now) for f in parsed.facts]
            new += tx.add_facts(facts, digest, parsed.texts, payload.url)
        everything = [parsed for _, parsed in batch.parsed]
        errors = tuple(e for p in everything for e in p.errors)
        through = None if batch.error else _through(source, batch.parsed)
        if through is not None:
            new += tx.add_facts(source_reads(source, through, everything, now))
        tx.add_poll(
            source.name, now, batch.outcome, error=batch.error, payloads=digests,  # type: ignore[arg-type]
            records=sum(p.records for p in everything), unmapped=[u for p in everything for u in p.unmapped],
            errors=errors, through=through,
        )
    return Polled(
        source.name, not batch.error, tuple(new), batch.error,
        frozenset(w for p in everything for w in p.wake), sum(len(p.unmapped) for p in everything), errors,
    )


def _through(source: Source, read: Sequence[tuple[Payload, Parsed]]) -> Moment | None:
    """How far the payloads prove together: the latest of each matter, the least far of all matters.

    None when one of them proves nothing. Statements of one account (``joins_payloads``) are one matter.
    """
    reached: dict[str, Moment] = {}
    for payload, parsed in read:
        if parsed.through is None:
            return None
        about = "|".join(sorted({f.matter for f in parsed.facts})) or payload.name
        about = "" if source.feed.joins_payloads else about
        reached[about] = max(reached.get(about, parsed.through), parsed.through, key=_text)
    return min(reached.values(), key=_text, default=None)


def _text(moment: Moment) -> str:
    """Dates and instants in one order: a date stands for its end."""
    return moment.isoformat() if isinstance(moment, datetime) else f"{moment.isoformat()}T99"


def source_reads(source: Source, through: Moment, parsed: Sequence[Parsed], now: datetime) -> list[Fact]:
    """The facts that a source was read through a date: one for each obligor that the feed can see or has seen."""
    where = next((p.jurisdiction for p in parsed if p.jurisdiction), None) or source.config.settings.get("jurisdiction")
    record = f"read {where or ''}".strip()
    named = {f.subject for p in parsed for f in p.facts}
    return [
        Fact(
            id=fact_id(source.feed.name, record, "source_read", obligor.id), kind="source_read", subject=obligor.id,
            matter="sources", happened_on=When.on(now), known_at=now, source=source.feed.name, record=record,
            fields={"source": source.feed.name, "jurisdiction": where, "through": through},
        )
        for obligor in source.watch.obligors if source.feed.watches(obligor) or obligor.id in named
    ]
