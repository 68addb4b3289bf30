"""What reading and writing have in common. Each topic module adds its methods to these two classes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

from sqlalchemy import Connection

Mode = Literal["real", "simulated"]


class Reads:
    """Something that can be read: a whole ledger (a new snapshot for each call) or an open transaction."""

    def _connection(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError


class Writes(Reads):
    """An open transaction: all of it is committed, or nothing."""

    def __init__(self, conn: Connection, mode: Mode) -> None:
        self._conn = conn
        self.mode: Mode = mode
