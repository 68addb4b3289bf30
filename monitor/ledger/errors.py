"""What can go wrong with the ledger, in one plain line each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

_MEANINGS = {
    sqlite3.SQLITE_BUSY: "another program has been writing to it for too long. Try again, or stop that program.",
    sqlite3.SQLITE_LOCKED: "another program has been writing to it for too long. Try again, or stop that program.",
    sqlite3.SQLITE_READONLY: "it is read-only. Give this user the right to write the file and its folder.",
    sqlite3.SQLITE_PERM: "it may not be used. Give this user the right to write the file and its folder.",
    sqlite3.SQLITE_IOERR: "the disk failed while it was read or written. Check the disk before you start again.",
    sqlite3.SQLITE_FULL: "the disk is full. Nothing of this step was written, all before it is kept; free some space.",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Check that its folder exists and that this user may write there.",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Put back a backup; keep the damaged file, it may still be read in part.",
    sqlite3.SQLITE_NOTADB: "this is not a covenantd ledger. Name another file, or put back a backup.",
}


class LedgerError(Exception):
    """The ledger cannot do what was asked. The message is one line for a person."""


def _plain_line(error: BaseException) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int) and code & 0xFF in _MEANINGS:
        return _MEANINGS[code & 0xFF]
    return " ".join(str(error).split())


@contextmanager
def plain_errors(where: str) -> Iterator[None]:
    """Turns every database error into a LedgerError that names the ledger and says what to do."""
    try:
        yield
    except DBAPIError as error:
        raise LedgerError(f"ledger {where}: {_plain_line(error.orig or error)}") from error
    except sqlite3.Error as error:
        raise LedgerError(f"ledger {where}: {_plain_line(error)}") from error
