"""The ledger: opening it, writing one transaction at a time, sealing and verifying it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from monitor.core.canonical import utc_text
from monitor.ledger import lease as leases
from monitor.ledger import tables
from monitor.ledger.access import Mode, Writes
from monitor.ledger.connect import in_transaction, ledger_path, open_engine, prepare, writing
from monitor.ledger.due import DueReads, DueWrites
from monitor.ledger.errors import LedgerError, plain_errors
from monitor.ledger.facts import FactReads, FactWrites
from monitor.ledger.findings import FindingReads, FindingWrites
from monitor.ledger.lease import Lease
from monitor.ledger.outbox import OutboxReads, OutboxWrites
from monitor.ledger.polls import PollReads, PollWrites
from monitor.ledger.record import append
from monitor.ledger.reviews import ReviewReads, ReviewWrites
from monitor.ledger.seal import seal_some
from monitor.ledger.verify import Report, verify


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the ledger holds, for ``covenantd status``. ``head`` is the digest of the last seal, "" if none."""

    polls: int
    payloads: int
    facts: int
    findings: int
    alerts: int
    pending: int
    dead: int
    open_reviews: int
    unsealed: int
    head: str


class Reader(PollReads, FactReads, FindingReads, OutboxReads, ReviewReads, DueReads):
    """Everything that can be read from a ledger or inside a transaction."""

    def counts(self) -> Counts:
        with self._connection() as conn:
            of = {
                table.name: conn.scalar(select(func.count()).select_from(table)) or 0
                for table in (tables.polls, tables.payloads, tables.facts, tables.findings, tables.alerts)
            }
            o, s = tables.outbox, tables.seals.c
            by_state = conn.execute(select(o.c.state, func.count()).group_by(o.c.state))
            states: dict[str, int] = {row[0]: row[1] for row in by_state}
            unsealed = conn.scalar(select(func.count()).select_from(tables.unsealed)) or 0
            head = conn.scalar(select(s.sha256).order_by(s.number.desc()).limit(1)) or ""
        return Counts(
            **of, pending=states.get("pending", 0), dead=states.get("dead", 0),
            open_reviews=len(self.review_items(state="open")), unsealed=unsealed, head=head,
        )


class Transaction(Reader, PollWrites, FactWrites, FindingWrites, OutboxWrites, ReviewWrites, DueWrites, Writes):
    """One write: all of it is committed when the ``with`` block ends well, nothing otherwise. Reads see its writes."""

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        yield self._conn


class Ledger(Reader):
    """The append-only record of one installation. Open it with ``Ledger.open``. Safe to share between threads."""

    def __init__(self, engine: Engine, path: Path, mode: Mode) -> None:
        self._engine = engine
        self.path = path
        self.mode: Mode = mode
        self._lock = threading.Lock()
        self._writer: int | None = None
        self._lease: Lease | None = None

    @classmethod
    def open(
        cls, path_or_url: str | os.PathLike[str], *, mode: Mode | None, at: datetime, create: bool = True,
        busy_seconds: float = 10.0,
    ) -> Ledger:
        """Opens a ledger, makes it when there is none, migrates it when it is older than the program.

        ``mode``: real or simulated, for good; None takes an existing ledger as it is. ``at`` is noted when it is made.
        ``busy_seconds``: how long to wait for another writer. Raises LedgerError, one line: another kind of file,
        damaged, made by a newer program, or of the other mode.
        """
        path = ledger_path(path_or_url)
        engine = open_engine(path, busy_seconds)
        try:
            with plain_errors(str(path)):
                prepare(engine, path, create=create and mode is not None)
                return cls(engine, path, _mode(engine, path, mode, at))
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with plain_errors(str(self.path)), self._engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction. It waits for other writers, and is committed to disk before the block is left.

        Raises LedgerError when the ledger is locked for too long, the disk is full, or the lease was lost.
        """
        with self._writing() as conn:
            if self._lease:
                leases.check(conn, self._lease)
            yield Transaction(conn, self.mode)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._writer == threading.get_ident():
            raise LedgerError(f"ledger {self.path}: a transaction was begun inside another one.")
        with self._lock:
            self._writer = threading.get_ident()
            try:
                with plain_errors(str(self.path)), writing(self._engine.connect()) as conn, conn.begin():
                    yield conn
                    if not in_transaction(conn):
                        raise LedgerError(f"ledger {self.path}: the transaction failed; nothing of it was written.")
            finally:
                self._writer = None

    # --- one running instance ---

    def held_lease(self) -> Lease | None:
        """Who runs on this ledger (perhaps no longer): None when nobody does."""
        with self._connection() as conn:
            lease = leases.held(conn)
        return lease if lease and lease.owner else None

    def take_lease(
        self, owner: str, pid: int, *, now: datetime, lasting: timedelta, replacing: Lease | None = None
    ) -> Lease:
        """Becomes the one running instance; afterwards every write checks that it still is.

        ``now`` is the real clock. ``replacing``: take over from this very holder although its lease runs (the caller
        knows that its process is dead). Raises LedgerError while another instance holds the lease.
        """
        with self._writing() as conn:
            lease = leases.take(conn, owner, pid, now, lasting, replacing)
        self._lease = lease
        return lease

    def renew_lease(self, *, now: datetime, lasting: timedelta) -> Lease:
        """Holds the lease for longer. Raises LedgerError when there is none or it was lost."""
        mine = self._mine()
        with self._writing() as conn:
            self._lease = leases.renew(conn, mine, now, lasting)
        return self._lease

    def release_lease(self, *, now: datetime) -> None:
        """Lets the next instance start. Raises LedgerError when there is none or it was lost."""
        mine = self._mine()
        self._lease = None
        with self._writing() as conn:
            leases.release(conn, mine, now)

    def _mine(self) -> Lease:
        if self._lease is None:
            raise LedgerError(f"ledger {self.path}: this process holds no lease on it.")
        return self._lease

    # --- the chain ---

    def seal(self, at: datetime) -> int:
        """Chains the records that wait; returns how many. Call it now and then, and when the daemon stops."""
        total = 0
        while True:
            with self.write() as tx:
                done = seal_some(tx._conn, at)
            total += done
            if done == 0:
                return total

    def verify(self) -> Report:
        """Computes every digest and link again (see Report). Raises LedgerError when the file cannot be read."""
        with self._connection() as conn:
            return verify(conn)


def _mode(engine: Engine, path: Path, wanted: Mode | None, at: datetime) -> Mode:
    """The mode of the ledger; written once, when it is made."""
    m = tables.meta.c
    with engine.connect() as conn, conn.begin():
        held = conn.scalar(select(m.value).where(m.name == "mode"))
    if held is None and wanted is not None:
        with writing(engine.connect()) as conn, conn.begin():
            held = conn.scalar(select(m.value).where(m.name == "mode"))
            if held is None:
                append(conn, tables.meta, {"name": "mode", "value": wanted, "at": utc_text(at)})
                held = wanted
    mode: Mode = "simulated" if held == "simulated" else "real"
    if held != mode:
        raise LedgerError(f"ledger {path}: it does not say whether it is real or simulated. Name another file.")
    if wanted not in (None, mode):
        raise LedgerError(f"ledger {path}: it is {mode}, and {mode} ledgers take no {wanted} time. Name another file.")
    return mode
