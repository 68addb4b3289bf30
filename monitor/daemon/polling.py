"""One poll of one feed: fetch, parse, keep the raw payloads, add the facts. All of it in one transaction.

Every good poll writes a ``source_read`` fact: only then is the absence of an entry known (model.md).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from monitor.core.facts import Fact
from monitor.core.select import visible
from monitor.daemon.reading import read_through, source_reads
from monitor.daemon.recorded import recordings
from monitor.daemon.world import Source, World
from monitor.http import HttpFailed
from monitor.ledger.store import Transaction

log = logging.getLogger("covenantd")


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
class Batch:
    """What the payloads of one poll say together."""

    parsed: list[tuple[Payload, Parsed]] = field(default_factory=list)
    error: str = ""
    outcome: str = "ok"


def poll(world: World, source: Source, now: datetime) -> Polled:
    """Poll once; every fact and complaint is in the ledger when it returns. Never raises for a bad source."""
    return keep(world, source, fetch(world, source, now), now)


def fetch(world: World, source: Source, now: datetime) -> Batch:
    """What the source says at ``now``, or why it could not be read; nothing is written."""
    batch = Batch()
    watch = _watch(world, source)
    try:
        for payload in _payloads(world, source, now):
            batch.parsed.append((payload, source.feed.parse(payload, watch)))
    except FeedChanged as error:
        batch.error, batch.outcome = f"{source.name}: {error}", "changed"
    except (FeedFailed, HttpFailed, OSError) as error:
        batch.error, batch.outcome = f"{source.name}: {error}", "failed"
    except Exception as error:  # a parser's own mistake: on record as a failed poll, and no other feed suffers
        log.exception("feed %s: a bug in its parser", source.name)
        batch.error, batch.outcome = f"{source.name}: a bug: {type(error).__name__}: {error}", "failed"
    return batch


def _watch(world: World, source: Source) -> Watch:
    """Whom the feed watches, and how far it was read before: a page that lists a day only can then tell a gap."""
    last = world.ledger.last_polls(good=True).get(source.name)
    if last is None or last.through is None:
        return source.watch
    return replace(source.watch, settings={**source.watch.settings, "previous_through": last.through})


def _payloads(world: World, source: Source, now: datetime) -> Iterable[Payload]:
    if source.config.recorded is None:
        yield from source.feed.fetch(world.http, _watch(world, source))
        return
    held = recordings(source, now)
    yield from (recording.payload for recording in held if not recording.error)
    broken = [f"{recording.payload.name}: {recording.error}" for recording in held if recording.error]
    if broken:  # the good files of a folder count; the folder as a whole is not read
        raise FeedChanged("; ".join(broken))


def _place(payload: Payload) -> tuple[datetime, str]:
    return payload.captured_at, payload.name


def keep(world: World, source: Source, batch: Batch, now: datetime) -> Polled:
    """One transaction: payloads, facts known from now on, how far the source is read, and the poll itself.

    ``now`` is when they are kept: no evaluation may claim to have known earlier what was still on its way.
    """
    new: list[Fact] = []
    digests: list[str] = []
    # An older copy of a page says an older version of the same fact: only the last copy's version is news.
    last = {(f.subject, f.id): _place(payload) for payload, parsed in batch.parsed for f in parsed.facts}
    with world.ledger.write() as tx:
        for payload, parsed in batch.parsed:
            digest = tx.add_payload(
                payload.body, feed=source.name, name=payload.name, url=payload.url, captured_at=payload.captured_at,
                headers=payload.headers, status=payload.status,
            )
            digests.append(digest)
            latest = [replace(f, known_at=now) for f in parsed.facts if last[f.subject, f.id] == _place(payload)]
            new += tx.add_facts(latest, digest, parsed.texts, payload.url)
            keep_exhibits(tx, parsed, source.name, now)
        everything = [parsed for _, parsed in batch.parsed]
        errors = tuple(e for p in everything for e in p.errors)
        through = None if batch.error else read_through(source, batch.parsed)
        if not batch.error:
            # Only a source that can lose entries asks what stands: the others' facts need not be read for that.
            subjects = [o.id for o in source.watch.obligors] if source.feed.gaps_closed_by else []
            held = visible(tx.all_facts(subjects, now, history=False), now) if subjects else []
            new += tx.add_facts(source_reads(source, batch.parsed, now, held=held))
        tx.add_poll(
            source.name, now, batch.outcome, error=batch.error, payloads=digests,  # type: ignore[arg-type]
            records=sum(p.records for p in everything), unmapped=[u for p in everything for u in p.unmapped],
            errors=errors, through=through,
        )
    return Polled(
        source.name, not batch.error, tuple(new), batch.error,
        frozenset(w for p in everything for w in p.wake), sum(len(p.unmapped) for p in everything), errors,
    )


def keep_exhibits(tx: Transaction, parsed: Parsed, feed: str, now: datetime) -> None:
    """The files that show what was stated, with the facts they show; each is stored once."""
    if not parsed.exhibits:
        return
    held = {(x.fact, x.digest) for x in tx.exhibits([f.id for f in parsed.facts])}
    for fact in parsed.facts:
        shown = parsed.exhibits.get(fact.record)
        if shown and (fact.id, hashlib.sha256(shown.body).hexdigest()) not in held:
            digest = tx.add_payload(shown.body, feed=feed, name=shown.name, url="", captured_at=now)
            tx.add_exhibit(fact.id, shown.name, digest, now)
