"""Working tables, not the record: what is due when, who is running, and signs of life. Enrolment is a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from monitor.core.canonical import canonical_text, utc_text
from monitor.ledger import tables
from monitor.ledger.access import Reads, Writes
from monitor.ledger.codec import instant, load
from monitor.ledger.record import append


@dataclass(frozen=True, slots=True)
class Due:
    """Something to do at an instant: ``kind`` says what (evaluate, remind), ``key`` tells several of a kind apart."""

    instrument: str
    kind: str
    key: str
    at: datetime
    detail: Mapping[str, Any]


class DueReads(Reads):
    def due(self, now: datetime) -> list[Due]:
        """What is due at ``now`` or was before, by (instant, instrument, kind, key). It stays until it is cleared."""
        d = tables.due.c
        wanted = select(tables.due).where(d.at <= utc_text(now)).order_by(d.at, d.instrument, d.kind, d.key)
        with self._connection() as conn:
            return [
                Due(row.instrument, row.kind, row.key, instant(row.at), load(row.detail))
                for row in conn.execute(wanted)
            ]

    def next_due(self, after: datetime | None = None) -> datetime | None:
        """The first due instant, or the first one after ``after``: a simulated clock stops there."""
        wanted = select(func.min(tables.due.c.at))
        if after is not None:
            wanted = wanted.where(tables.due.c.at > utc_text(after))
        with self._connection() as conn:
            at = conn.scalar(wanted)
        return instant(at) if at else None

    def enrolled(self) -> dict[str, datetime]:
        """Instrument -> since when it has been watched."""
        e = tables.enrolments.c
        last = select(func.max(e.seq)).group_by(e.instrument)
        wanted = select(e.instrument, e.change, e.at).where(e.seq.in_(last)).order_by(e.instrument)
        with self._connection() as conn:
            return {row.instrument: instant(row.at) for row in conn.execute(wanted) if row.change == "enrolled"}

    def heartbeats(self) -> dict[str, datetime]:
        """Name -> its last sign of life."""
        with self._connection() as conn:
            rows = conn.execute(select(tables.heartbeat).order_by(tables.heartbeat.c.name)).all()
        return {row.name: instant(row.at) for row in rows}


class DueWrites(Writes):
    def set_due(
        self, instrument: str, kind: str, at: datetime, *, key: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        """Sets, or moves, one due instant."""
        self.clear_due(instrument, kind, key)
        self._conn.execute(
            insert(tables.due).values(
                instrument=instrument, kind=kind, key=key, at=utc_text(at), detail=canonical_text(dict(detail or {})),
            )
        )

    def clear_due(self, instrument: str, kind: str | None = None, key: str | None = None) -> None:
        """Removes the due instants of an instrument: all, those of a kind, or one."""
        d = tables.due.c
        wanted = delete(tables.due).where(d.instrument == instrument)
        if kind is not None:
            wanted = wanted.where(d.kind == kind)
        if key is not None:
            wanted = wanted.where(d.key == key)
        self._conn.execute(wanted)

    def enrol(self, instrument: str, *, digest: str, at: datetime) -> bool:
        """Watches an instrument from now on; ``digest`` is that of its file. False: it is watched already."""
        return self._enrolment(instrument, "enrolled", digest, at)

    def unenrol(self, instrument: str, *, at: datetime) -> bool:
        """Stops watching an instrument. False: it was not watched."""
        return self._enrolment(instrument, "removed", "", at)

    def _enrolment(self, instrument: str, change: str, digest: str, at: datetime) -> bool:
        e = tables.enrolments.c
        wanted = select(e.change).where(e.instrument == instrument).order_by(e.seq.desc()).limit(1)
        if (self._conn.scalar(wanted) or "removed") == change:
            return False
        row = {"instrument": instrument, "change": change, "digest": digest, "at": utc_text(at)}
        append(self._conn, tables.enrolments, row)
        return True

    def beat(self, name: str, at: datetime) -> None:
        """A sign of life of one part of the daemon."""
        h = tables.heartbeat
        if self._conn.execute(update(h).where(h.c.name == name).values(at=utc_text(at))).rowcount == 0:
            self._conn.execute(insert(h).values(name=name, at=utc_text(at)))
