"""Checking the record: every digest and every link is computed again from what is stored.

Found: a record altered, removed, or inserted by anything but the ledger; a seal altered, removed or out of line; a
delivery missing from the outbox. Not found by a chain alone: the newest records and seals all cut off together.
Against that, keep the digest of the last seal (``Report.head``) somewhere else.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select, text

from monitor.ledger import tables
from monitor.ledger.record import record_digest, unpacked
from monitor.ledger.seal import GENESIS, seal_digest


@dataclass(frozen=True, slots=True)
class Report:
    """What ``verify`` found. ``problems`` are single lines; ``unsealed`` records only wait for the sealer.

    ``head`` is the digest of the last seal, "" before the first one.
    """

    records: int
    sealed: int
    unsealed: int
    seals: int
    head: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(conn: Connection) -> Report:
    problems = [*_schema(conn)]
    sealed: dict[str, set[str]] = defaultdict(set)
    seals, head = _chain(conn, sealed, problems)
    waiting: dict[str, set[str]] = defaultdict(set)
    for row in conn.execute(select(tables.unsealed.c.kind, tables.unsealed.c.sha256)):
        waiting[row.kind].add(row.sha256)
    records = 0
    known = {table.name for table in tables.RECORDS}
    for name in sorted({*sealed, *waiting} - known):
        problems.append(f"{name}: the chain names records of a kind that does not exist")
    for table in tables.RECORDS:
        found: set[str] = set()
        for row in conn.execute(select(table).order_by(table.c.seq), execution_options={"yield_per": 200}):
            records += 1
            found.add(row.sha256)
            problems += _record(table, row, sealed[table.name], waiting[table.name])
        for digest in sorted((sealed[table.name] | waiting[table.name]) - found):
            problems.append(f"{table.name} {digest[:12]}: is missing")
    problems += _outbox(conn)
    return Report(
        records=records, sealed=sum(map(len, sealed.values())), unsealed=sum(map(len, waiting.values())),
        seals=seals, head=head, problems=tuple(problems),
    )


def _schema(conn: Connection) -> Iterator[str]:
    if conn.dialect.name != "sqlite":
        return
    for line in conn.scalars(text("PRAGMA quick_check(5)")):
        if line != "ok":
            yield f"file: {line}"
    guards = set(conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    for table in tables.APPEND_ONLY:
        for act in ("update", "delete"):
            if f"{table.name}_no_{act}" not in guards:
                yield f"{table.name}: its guard against {act} has been removed"


def _chain(conn: Connection, sealed: dict[str, set[str]], problems: list[str]) -> tuple[int, str]:
    """Walks the seals, collects what they seal; returns how many there are and the digest of the last."""
    count, before = 0, GENESIS
    for row in conn.execute(select(tables.seals).order_by(tables.seals.c.number), execution_options={"yield_per": 50}):
        count += 1
        if row.number != count or row.previous != before:
            problems.append(f"seal {row.number}: does not follow the seal before it (one is missing or altered)")
            count = row.number if isinstance(row.number, int) else count
        if seal_digest(row.number, row.previous, row.entries, row.sealed_at) != row.sha256:
            problems.append(f"seal {row.number}: was altered")
        try:
            for kind, digest in json.loads(row.entries):
                if digest in sealed[kind]:
                    problems.append(f"{kind} {digest[:12]}: is sealed twice")
                sealed[kind].add(digest)
        except (ValueError, TypeError):
            problems.append(f"seal {row.number}: its list cannot be read")
        before = row.sha256
    return count, "" if before == GENESIS else before


def _record(table: Table, row: Any, sealed: set[str], waiting: set[str]) -> Iterator[str]:
    name = f"{table.name} {str(row.sha256)[:12]}"
    columns = dict(row._mapping)
    if record_digest(table, columns) != row.sha256:
        yield f"{name}: was altered"
    if row.sha256 not in sealed and row.sha256 not in waiting:
        yield f"{name}: was not written by the ledger (neither sealed nor waiting)"
    if table.name in tables.BLOBS:
        body, digest = tables.BLOBS[table.name]
        try:
            if hashlib.sha256(unpacked(columns[body])).hexdigest() != columns[digest]:
                yield f"{name}: its bytes were altered"
        except (zlib.error, TypeError):
            yield f"{name}: its bytes cannot be read"


def _outbox(conn: Connection) -> Iterator[str]:
    """The outbox is a working table, but it must agree with the record: nothing lost, nothing sent without proof."""
    o, d = tables.outbox.c, tables.deliveries.c
    rows = {(row.alert, row.channel): row.state for row in conn.execute(select(o.alert, o.channel, o.state))}
    sent = {(row.alert, row.channel) for row in conn.execute(select(d.alert, d.channel).where(d.outcome == "sent"))}
    for row in conn.execute(select(tables.alerts.c.id, tables.alerts.c.channels)):
        for channel in _names(row.channels):
            if (row.id, channel) not in rows:
                yield f"outbox: alert {row.id} by {channel} is missing"
    for key, state in sorted(rows.items()):
        if state == "sent" and key not in sent:
            yield f"outbox: alert {key[0]} by {key[1]} is marked sent, but there is no delivery of it"


def _names(channels: str) -> list[str]:
    """The channels of an alert; none where they cannot be read, for then the alert is reported as altered."""
    try:
        return list(json.loads(channels))
    except (ValueError, TypeError):
        return []
