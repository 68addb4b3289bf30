"""What waits for a person: a hint or a possible match opens an item, append-only decisions close it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from monitor.core.canonical import utc_text
from monitor.core.facts import Fact
from monitor.ledger import tables
from monitor.ledger.access import Reads, Writes
from monitor.ledger.codec import instant
from monitor.ledger.errors import LedgerError
from monitor.ledger.record import append

Answer = Literal["confirm", "dismiss"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided, and why. ``fact`` is the id of the fact stated as a result, "" if none was."""

    verdict: Answer
    who: str
    reason: str
    at: datetime
    fact: str


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Something a person must decide. ``hints``: (fact id, version) of every report of it, oldest first.

    It is decided when its last decision came after its last hint: a new hint opens it again.
    """

    id: str
    instrument: str
    title: str
    opened_at: datetime
    hints: tuple[tuple[str, str], ...]
    decisions: tuple[Decision, ...]
    state: Literal["open", "decided"]


class ReviewReads(Reads):
    def review_items(self, instrument: str | None = None, *, state: str | None = None) -> list[ReviewItem]:
        """Review items, oldest first; ``state`` is open or decided."""
        r = tables.reviews.c
        wanted = select(tables.reviews).order_by(r.opened_at, r.id)
        if instrument is not None:
            wanted = wanted.where(r.instrument == instrument)
        with self._connection() as conn:
            items = [_item(conn, row) for row in conn.execute(wanted).all()]
        return [item for item in items if state in (None, item.state)]

    def review_item(self, item: str) -> ReviewItem | None:
        with self._connection() as conn:
            row = conn.execute(select(tables.reviews).where(tables.reviews.c.id == item)).first()
            return None if row is None else _item(conn, row)


class ReviewWrites(Writes):
    def open_review(self, item: str, *, instrument: str, title: str, hint: Fact, at: datetime) -> bool:
        """Opens an item for a hint, or adds the hint to the item with that id. False: that hint was in it already.

        ``item`` names what is to be decided (for instance a hash of instrument, kind and matter), so that two reports
        of one event share one item.
        """
        if self._conn.scalar(select(tables.reviews.c.id).where(tables.reviews.c.id == item)) is None:
            append(
                self._conn, tables.reviews,
                {"id": item, "instrument": instrument, "title": title, "opened_at": utc_text(at)},
            )
        h = tables.review_hints.c
        held = select(h.seq).where(h.item == item, h.fact == hint.id, h.version == hint.version)
        if self._conn.scalar(held) is not None:
            return False
        append(
            self._conn, tables.review_hints,
            {"item": item, "fact": hint.id, "version": hint.version, "at": utc_text(at)},
        )
        return True

    def decide(
        self, item: str, verdict: Answer, *, who: str, reason: str, at: datetime, fact: str = ""
    ) -> None:
        """Notes a decision. ``fact``: the id of the fact stated as its result. Deciding again is a new decision.

        Raises LedgerError for an unknown item, or a decision without a name or a reason.
        """
        if verdict not in ("confirm", "dismiss"):
            raise LedgerError(f"review item {item}: decide confirm or dismiss, not {verdict!r}.")
        if not who.strip() or not reason.strip():
            raise LedgerError(f"review item {item}: a decision needs who decides and a reason.")
        if self._conn.scalar(select(tables.reviews.c.id).where(tables.reviews.c.id == item)) is None:
            raise LedgerError(f"there is no review item {item}. `covenantd review` lists them.")
        append(
            self._conn, tables.decisions,
            {"item": item, "verdict": verdict, "who": who, "reason": reason, "at": utc_text(at), "fact": fact},
        )


def _item(conn: Connection, row: Any) -> ReviewItem:
    h, d = tables.review_hints.c, tables.decisions.c
    hints = conn.execute(select(h.fact, h.version, h.at).where(h.item == row.id).order_by(h.at, h.seq)).all()
    decisions = conn.execute(select(tables.decisions).where(d.item == row.id).order_by(d.at, d.seq)).all()
    decided = bool(decisions) and decisions[-1].at >= max(hint.at for hint in hints)
    return ReviewItem(
        row.id, row.instrument, row.title, instant(row.opened_at), tuple((hint.fact, hint.version) for hint in hints),
        tuple(Decision(x.verdict, x.who, x.reason, instant(x.at), x.fact or "") for x in decisions),
        "decided" if decided else "open",
    )
