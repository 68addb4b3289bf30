"""How a record is written: canonical bytes, digest, and a place in the sealer's queue, in one transaction."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from monitor.core.canonical import canonical_bytes
from monitor.ledger.tables import BLOBS, unsealed

_CHUNK = 400  # bound parameters per statement stay below SQLite's oldest limit of 999


def record_bytes(table: Table, row: Mapping[str, Any]) -> bytes:
    """Canonical bytes of one record: every column but ``seq``, ``sha256`` and compressed bytes (their digest is in).

    Columns without a value are left out, so that a column added by a later migration changes no old digest.
    """
    left_out = {"seq", "sha256", BLOBS.get(table.name, ("", ""))[0]}
    names = [column.name for column in table.columns if column.name not in left_out]
    said = {name: row[name] for name in names if row.get(name) is not None}
    return canonical_bytes({"record": table.name, "columns": said})


def record_digest(table: Table, row: Mapping[str, Any]) -> str:
    return hashlib.sha256(record_bytes(table, row)).hexdigest()


def append(conn: Connection, table: Table, row: Mapping[str, Any]) -> tuple[str, bool]:
    """Adds one record. Returns its digest, and whether it is new: the same record again adds nothing."""
    (digest,) = digests = [record_digest(table, row)]
    if _held(conn, table, digests):
        return digest, False
    _insert(conn, table, [{**row, "sha256": digest}])
    return digest, True


def append_all(conn: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Adds many records; returns the digests of those that were not there yet."""
    wanted = {record_digest(table, row): row for row in rows}
    held = _held(conn, table, list(wanted))
    new = [{**row, "sha256": digest} for digest, row in wanted.items() if digest not in held]
    if new:
        _insert(conn, table, new)
    return [row["sha256"] for row in new]


def _insert(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    conn.execute(insert(table), rows)
    conn.execute(insert(unsealed), [{"kind": table.name, "sha256": row["sha256"]} for row in rows])


def _held(conn: Connection, table: Table, digests: list[str]) -> set[str]:
    held: set[str] = set()
    for chunk in chunks(digests):
        held.update(conn.scalars(select(table.c.sha256).where(table.c.sha256.in_(chunk))))
    return held


def chunks(values: list[str]) -> Iterable[list[str]]:
    return (values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK))


def packed(body: bytes) -> tuple[str, bytes]:
    """sha256 of the bytes, and the bytes compressed."""
    return hashlib.sha256(body).hexdigest(), zlib.compress(body)


def unpacked(body: bytes) -> bytes:
    return zlib.decompress(body)
