"""The sealer: one writer that links lists of committed digests into a chain, so that other writers never wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from monitor.core.canonical import canonical_text, digest, utc_text
from monitor.ledger import tables

_AT_ONCE = 5_000
GENESIS = "0" * 64
"""What the first seal names as the one before it."""


def seal_digest(number: int, previous: str, entries: str, sealed_at: str) -> str:
    """sha256 of a seal. ``entries`` is the canonical JSON list of [record table, record digest], in order."""
    columns = {"number": number, "previous": previous, "entries": entries, "sealed_at": sealed_at}
    return digest({"record": "seals", "columns": columns})


def seal_some(conn: Connection, at: datetime) -> int:
    """Seals the oldest waiting records; returns how many."""
    waiting = conn.execute(select(tables.unsealed).order_by(tables.unsealed.c.seq).limit(_AT_ONCE)).all()
    if not waiting:
        return 0
    s = tables.seals.c
    last = conn.execute(select(s.number, s.sha256).order_by(s.number.desc()).limit(1)).first()
    number, previous = (last.number + 1, last.sha256) if last else (1, GENESIS)
    entries, sealed_at = canonical_text([[row.kind, row.sha256] for row in waiting]), utc_text(at)
    conn.execute(
        insert(tables.seals).values(
            number=number, previous=previous, entries=entries, sealed_at=sealed_at,
            sha256=seal_digest(number, previous, entries, sealed_at),
        )
    )
    conn.execute(delete(tables.unsealed).where(tables.unsealed.c.seq <= waiting[-1].seq))
    return len(waiting)
