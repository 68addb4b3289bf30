"""Opening the database: SQLite in WAL, ``synchronous=FULL``, one writer; migrations run on the way.

SQLite's own driver would open transactions late and by itself; here every transaction is opened explicitly, a
writing one with BEGIN IMMEDIATE, so that two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from monitor.ledger.errors import LedgerError

HEAD = "0002"
"""The newest migration. A test compares it with the folder, so that opening need not load Alembic to know it."""

KNOWN = frozenset({"0001", "0002"})
_WRITING = "ledger_writing"


def ledger_path(path_or_url: str | os.PathLike[str]) -> Path:
    """The file meant by a path or by ``sqlite:///path``. Raises LedgerError for any other database."""
    said = os.fspath(path_or_url)
    if said.startswith("sqlite:///"):
        said = said.removeprefix("sqlite:///")
    elif "://" in said:
        scheme = said.split("://", 1)[0]
        raise LedgerError(f"ledger {scheme}://…: only SQLite is supported yet. Write the path of a file.")
    return Path(said)


def open_engine(path: Path, busy_seconds: float) -> Engine:
    """An engine on the file; nothing is read or written yet."""
    engine = create_engine(URL.create("sqlite+pysqlite", database=str(path)), connect_args={"timeout": busy_seconds})

    @event.listens_for(engine, "connect")
    def settings(dbapi: sqlite3.Connection, _record: Any) -> None:
        dbapi.isolation_level = None
        for pragma in ("foreign_keys=ON", "synchronous=FULL", f"busy_timeout={int(busy_seconds * 1000)}"):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        writing = conn.get_execution_options().get(_WRITING)
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    @event.listens_for(engine, "before_cursor_execute")
    def still_in_transaction(
        conn: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        # A full disk makes SQLite roll back by itself; what a caller that caught the error writes next would be
        # committed statement by statement.
        writing = conn.get_execution_options().get(_WRITING)
        if writing and not statement.startswith("BEGIN") and not in_transaction(conn):
            raise LedgerError("this transaction failed before and was rolled back. Start the step again.")

    return engine


def writing(conn: Connection) -> Connection:
    """The connection, marked so that its next transaction takes the write lock at once."""
    return conn.execution_options(**{_WRITING: True})


def in_transaction(conn: Connection) -> bool:
    return bool(getattr(conn.connection.dbapi_connection, "in_transaction", False))


def prepare(engine: Engine, path: Path, *, create: bool) -> None:
    """Checks that the file is a ledger that this program can use, and migrates it. Raises LedgerError."""
    if not path.exists():
        if not create:
            raise LedgerError(f"ledger {path}: there is no such file. Start the daemon once, or name another file.")
        try:
            # The record of a private note is nobody else's business: SQLite gives the -wal file the same rights.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            reason = error.strerror or str(error)
            raise LedgerError(f"ledger {path}: cannot be made: {reason}. Name a folder that exists.") from error
    with engine.connect() as conn, conn.begin():
        found = _schema(conn, path)
    if found == HEAD:
        return
    with engine.connect() as conn:
        conn.exec_driver_sql("COMMIT")  # journal_mode cannot change inside a transaction
        mode = conn.exec_driver_sql("PRAGMA journal_mode=WAL").scalar()
        if mode != "wal":
            raise LedgerError(f"ledger {path}: its disk cannot hold a write-ahead log. Use a local disk.")
    with writing(engine.connect()) as conn, conn.begin():
        if _schema(conn, path) != HEAD:  # another process may have been quicker
            _upgrade(conn)


def _schema(conn: Connection, path: Path) -> str:
    """The migration the file is at; "" for an empty file."""
    names = set(conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    if not names:
        return ""
    if not {"alembic_version", "meta", "seals"} <= names:
        raise LedgerError(f"ledger {path}: this is the database of another program. Name another file.")
    found = str(conn.scalar(text("SELECT version_num FROM alembic_version")))
    if found not in KNOWN:
        raise LedgerError(
            f"ledger {path}: it was written by a newer covenantd (schema {found}, this one knows {HEAD}). "
            "Install that version or a later one."
        )
    return found


def _upgrade(conn: Connection) -> None:
    # Loaded only when there is something to migrate: Alembic takes longer to import than a ledger to open.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
