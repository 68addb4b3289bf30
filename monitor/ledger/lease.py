"""One running instance per ledger: a lease with an epoch, checked in every write of the instance that holds it.

Leases live on the machine's real clock even when the ledger is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from monitor.core.canonical import utc_text
from monitor.ledger import tables
from monitor.ledger.codec import instant
from monitor.ledger.errors import LedgerError

_NAME = "daemon"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who runs on this ledger. ``epoch`` grows with every new holder, so a holder that slept too long is found out."""

    owner: str
    pid: int
    taken_at: datetime
    expires_at: datetime
    epoch: int


def held(conn: Connection) -> Lease | None:
    """The lease as it stands; it may have expired. An empty owner means that it was released."""
    row = conn.execute(select(tables.lease).where(tables.lease.c.name == _NAME)).first()
    if row is None:
        return None
    return Lease(row.owner, row.pid, instant(row.taken_at), instant(row.expires_at), row.epoch)


def take(
    conn: Connection, owner: str, pid: int, now: datetime, lasting: timedelta, replacing: Lease | None
) -> Lease:
    current = held(conn)
    free = current is None or not current.owner or current.expires_at <= now or current == replacing
    if current is not None and not free:
        raise LedgerError(
            f"another covenantd runs on this ledger ({current.owner}, process {current.pid}, until "
            f"{utc_text(current.expires_at)} at least). Stop it first."
        )
    return _put(conn, Lease(owner, pid, now, now + lasting, current.epoch + 1 if current else 1))


def renew(conn: Connection, mine: Lease, now: datetime, lasting: timedelta) -> Lease:
    check(conn, mine)
    return _put(conn, Lease(mine.owner, mine.pid, mine.taken_at, now + lasting, mine.epoch))


def release(conn: Connection, mine: Lease, now: datetime) -> None:
    check(conn, mine)
    _put(conn, Lease("", mine.pid, mine.taken_at, now, mine.epoch))


def check(conn: Connection, mine: Lease) -> None:
    """Raises LedgerError when someone else has taken over. An expired lease nobody took is still ours."""
    current = held(conn)
    if current is None or current.epoch != mine.epoch or current.owner != mine.owner:
        who = f"{current.owner}, process {current.pid}" if current and current.owner else "nobody"
        raise LedgerError(f"this covenantd has lost the ledger (now held by {who}). Nothing was written; start again.")


def _put(conn: Connection, lease: Lease) -> Lease:
    conn.execute(delete(tables.lease).where(tables.lease.c.name == _NAME))
    conn.execute(
        insert(tables.lease).values(
            name=_NAME, owner=lease.owner, pid=lease.pid, taken_at=utc_text(lease.taken_at),
            expires_at=utc_text(lease.expires_at), epoch=lease.epoch,
        )
    )
    return lease
