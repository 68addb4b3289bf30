"""What was fetched and read: raw payloads, polls, and every rules file that was ever in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, exists, func, select

from monitor.core.canonical import canonical_text, plain, utc_text
from monitor.core.facts import Moment
from monitor.ledger import tables
from monitor.ledger.access import Reads, Writes
from monitor.ledger.codec import instant, load, moment
from monitor.ledger.record import append, packed, unpacked

Outcome = Literal["ok", "failed", "changed"]


@dataclass(frozen=True, slots=True)
class Capture:
    """One fetch of a payload: where it came from and what the server said. ``digest`` is the sha256 of the body."""

    digest: str
    feed: str
    name: str
    url: str
    captured_at: datetime
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of one feed. ``through``: how far the source was thereby read; None when it proves no absence."""

    feed: str
    started_at: datetime
    outcome: Outcome
    error: str
    payloads: tuple[str, ...]
    records: int
    unmapped: tuple[Mapping[str, Any], ...]
    errors: tuple[str, ...]
    through: Moment | None


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A rules, instrument, labels or calendar file as it was from ``effective_at`` on."""

    digest: str
    path: str
    effective_at: datetime


class PollReads(Reads):
    def payload(self, digest: str) -> bytes | None:
        """The raw body with this sha256."""
        with self._connection() as conn:
            body = conn.scalar(select(tables.payloads.c.body).where(tables.payloads.c.digest == digest))
        return None if body is None else unpacked(body)

    def capture(self, digest: str) -> Capture | None:
        """The first fetch that brought this payload."""
        c = tables.captures.c
        return self._capture(select(tables.captures).where(c.digest == digest).order_by(c.captured_at, c.seq))

    def latest_capture(self, feed: str, name: str) -> Capture | None:
        """The last fetch of this name: its headers hold the ETag and Last-Modified for the next request."""
        c = tables.captures.c
        wanted = select(tables.captures).where(c.feed == feed, c.name == name)
        return self._capture(wanted.order_by(c.captured_at.desc(), c.seq.desc()))

    def _capture(self, wanted: Select[Any]) -> Capture | None:
        with self._connection() as conn:
            row = conn.execute(wanted.limit(1)).first()
        if row is None:
            return None
        return Capture(
            row.digest, row.feed, row.name, row.url, instant(row.captured_at), row.status, load(row.headers),
        )

    def last_polls(self, *, good: bool = False) -> dict[str, Poll]:
        """Feed -> its latest poll; with ``good``, its latest one that went well."""
        c = tables.polls.c
        latest = select(c.feed, func.max(c.started_at).label("started_at")).group_by(c.feed)
        wanted = select(tables.polls).order_by(c.seq)
        if good:
            latest, wanted = latest.where(c.outcome == "ok"), wanted.where(c.outcome == "ok")
        newest = latest.subquery()
        wanted = wanted.join(newest, (c.feed == newest.c.feed) & (c.started_at == newest.c.started_at))
        with self._connection() as conn:
            return {row.feed: _poll(row) for row in conn.execute(wanted)}

    def first_reading(
        self, feeds: Collection[str], source: str, subjects: Collection[str], since: datetime
    ) -> datetime | None:
        """When ``feeds`` (configured names of one source) were first read for these subjects, from ``since`` on.

        That is their first good poll, or one before it that failed in part and yet brought a fact about them.
        """
        p, f = tables.polls.c, tables.facts.c
        names = {name.casefold() for name in subjects}
        polls = select(func.min(p.started_at)).where(p.feed.in_(sorted(feeds)), p.started_at >= utc_text(since))
        brought = exists(
            select(f.seq).where(f.subject_folded.in_(sorted(names)), f.source == source, f.known_at == p.started_at)
        )
        with self._connection() as conn:
            good = conn.scalar(polls.where(p.outcome == "ok"))
            partly = polls.where(p.outcome.in_(("failed", "changed")), brought)
            first = conn.scalar(partly.where(p.started_at < good) if good else partly)
        at = first or good
        return instant(at) if at else None

    def file(self, digest: str) -> bytes | None:
        """The bytes of a kept rules, instrument, labels or calendar file."""
        with self._connection() as conn:
            body = conn.scalar(select(tables.files.c.body).where(tables.files.c.digest == digest).limit(1))
        return None if body is None else unpacked(body)

    def files(self, path: str | None = None) -> list[KeptFile]:
        """Every kept version of every file (or of one), oldest first."""
        c = tables.files.c
        wanted = select(c.digest, c.path, c.effective_at).order_by(c.effective_at, c.path, c.digest)
        if path is not None:
            wanted = wanted.where(c.path == path)
        with self._connection() as conn:
            return [KeptFile(row.digest, row.path, instant(row.effective_at)) for row in conn.execute(wanted)]


class PollWrites(Writes):
    def add_payload(
        self, body: bytes, *, feed: str, name: str, url: str, captured_at: datetime,
        headers: Mapping[str, str] | None = None, status: int = 200,
    ) -> str:
        """Keeps a raw payload; returns its sha256. The same body again is stored once; each fetch of it is noted."""
        digest, small = packed(body)
        append(self._conn, tables.payloads, {"digest": digest, "size": len(body), "body": small})
        append(
            self._conn, tables.captures,
            {
                "digest": digest, "feed": feed, "name": name, "url": url, "captured_at": utc_text(captured_at),
                "status": status, "headers": canonical_text(dict(headers or {})),
            },
        )
        return digest

    def add_poll(
        self, feed: str, started_at: datetime, outcome: Outcome, *, error: str = "", payloads: Iterable[str] = (),
        records: int = 0, unmapped: Sequence[Any] = (), errors: Sequence[str] = (), through: Moment | None = None,
    ) -> str:
        """Notes a poll, good or bad. ``unmapped`` holds the feed's Unmapped values; ``payloads`` are digests."""
        digest, _ = append(
            self._conn, tables.polls,
            {
                "feed": feed, "started_at": utc_text(started_at), "outcome": outcome, "error": error,
                "payloads": canonical_text(list(payloads)), "records": records,
                "unmapped": canonical_text(list(unmapped)), "errors": canonical_text(list(errors)),
                "through": None if through is None else plain(through),
            },
        )
        return digest

    def keep_file(self, path: str, body: bytes, effective_at: datetime) -> str:
        """Keeps a file that evaluations use, under its path within the rules; returns its sha256.

        The version already in force adds nothing; an older version that comes back is in force again from then.
        """
        digest, small = packed(body)
        c, when = tables.files.c, utc_text(effective_at)
        in_force = self._conn.scalar(
            select(c.digest).where(c.path == path, c.effective_at <= when)
            .order_by(c.effective_at.desc(), c.seq.desc()).limit(1)
        )
        if in_force != digest:
            append(
                self._conn, tables.files,
                {"digest": digest, "path": path, "effective_at": when, "size": len(body), "body": small},
            )
        return digest


def _poll(row: Row[Any]) -> Poll:
    through: date | None = None if row.through is None else moment(row.through)
    return Poll(
        row.feed, instant(row.started_at), row.outcome, row.error, tuple(load(row.payloads)), row.records,
        tuple(load(row.unmapped)), tuple(load(row.errors)), through,
    )
