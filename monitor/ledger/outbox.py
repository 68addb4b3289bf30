"""Alerts, and the outbox: an alert and its outbox rows are committed with what caused it, then sent, then marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Row, Select, insert, select, update

from monitor.core.alerts import Alert
from monitor.core.canonical import canonical_text, utc_text
from monitor.ledger import tables
from monitor.ledger.access import Reads, Writes
from monitor.ledger.codec import alert_from_json, alert_json, instant, load
from monitor.ledger.errors import LedgerError
from monitor.ledger.record import append, packed, unpacked

Outcome = Literal["sent", "partly", "failed", "dead"]


class Outlet(Protocol):
    """What the ledger needs to know of a channel: its name, and whether it reaches a person outside this machine."""

    @property
    def name(self) -> str: ...

    @property
    def real(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """An alert on its way by one channel. ``recipients``: those still to be served, empty for all of them."""

    alert: Alert
    channel: str
    state: Literal["pending", "sent", "dead"]
    attempts: int
    next_attempt_at: datetime
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver: the bytes that left, and what the other side answered."""

    alert: str
    channel: str
    attempt: int
    at: datetime
    outcome: str
    sent: bytes
    reply: str


class OutboxReads(Reads):
    def alerts(self, instrument: str | None = None, *, thread: str | None = None) -> list[Alert]:
        """Alerts in the order of the stream: (instant, instrument, finding, kind)."""
        a = tables.alerts.c
        wanted = select(a.content).order_by(a.at, a.instrument, a.finding, a.kind, a.id)
        if instrument is not None:
            wanted = wanted.where(a.instrument == instrument)
        if thread is not None:
            wanted = wanted.where(a.thread == thread)
        with self._connection() as conn:
            return [alert_from_json(load(content)) for content in conn.scalars(wanted)]

    def alert(self, alert: str) -> Alert | None:
        with self._connection() as conn:
            content = conn.scalar(select(tables.alerts.c.content).where(tables.alerts.c.id == alert))
        return alert_from_json(load(content)) if content else None

    def due_deliveries(self, now: datetime, limit: int = 100, *, without: Collection[str] = ()) -> list[Delivery]:
        """Pending deliveries that are due, in the order of the stream; none of the channels ``without``."""
        o = tables.outbox.c
        wanted = _deliveries().where(o.state == "pending", o.next_attempt_at <= utc_text(now))
        return self._deliveries(wanted.where(o.channel.not_in(sorted(without))).limit(limit))

    def next_attempt(self) -> datetime | None:
        """When the next pending delivery is due."""
        o = tables.outbox.c
        wanted = select(o.next_attempt_at).where(o.state == "pending").order_by(o.next_attempt_at).limit(1)
        with self._connection() as conn:
            at = conn.scalar(wanted)
        return instant(at) if at else None

    def dead_letters(self) -> list[Delivery]:
        """Deliveries given up; ``requeue`` tries them again."""
        return self._deliveries(_deliveries().where(tables.outbox.c.state == "dead"))

    def attempts(self, alert: str) -> list[Attempt]:
        """Every attempt to deliver one alert, oldest first, with the bytes sent and the server's reply."""
        d = tables.deliveries.c
        with self._connection() as conn:
            rows = conn.execute(select(tables.deliveries).where(d.alert == alert).order_by(d.seq)).all()
        return [
            Attempt(r.alert, r.channel, r.attempt, instant(r.at), r.outcome, unpacked(r.sent), r.reply) for r in rows
        ]

    def _deliveries(self, wanted: Select[Any]) -> list[Delivery]:
        with self._connection() as conn:
            return [_delivery(row) for row in conn.execute(wanted)]


class OutboxWrites(Writes):
    def add_alert(self, alert: Alert, channels: Sequence[Outlet], at: datetime) -> bool:
        """Puts an alert in the record and in the outbox of each channel. False: it was there already, nothing added.

        Raises LedgerError when real and simulated would mix: an invented default must never reach a person.
        """
        if alert.simulated != (self.mode == "simulated"):
            raise LedgerError(f"a {self.mode} ledger takes no alert made on the {_clock(alert)} clock ({alert.id}).")
        real = [channel.name for channel in channels if channel.real]
        if real and self.mode == "simulated":
            raise LedgerError(f"a simulated ledger sends nothing by {', '.join(real)}. Use the file channel.")
        if self._conn.scalar(select(tables.alerts.c.id).where(tables.alerts.c.id == alert.id)):
            return False
        names = sorted({channel.name for channel in channels})
        append(
            self._conn, tables.alerts,
            {
                "id": alert.id, "at": utc_text(alert.at), "instrument": alert.instrument, "kind": alert.kind.value,
                "finding": alert.finding.key if alert.finding else "", "thread": alert.thread,
                "content": canonical_text(alert_json(alert)), "channels": canonical_text(names),
                "created_at": utc_text(at),
            },
        )
        if names:
            self._conn.execute(
                insert(tables.outbox),
                [
                    {"alert": alert.id, "channel": name, "state": "pending", "attempts": 0, "recipients": "[]",
                     "next_attempt_at": utc_text(at)}
                    for name in names
                ],
            )
        return True

    def record_attempt(
        self, alert: str, channel: str, *, at: datetime, outcome: Outcome, sent: bytes, reply: str,
        next_attempt_at: datetime | None = None, recipients: Sequence[str] = (),
    ) -> int:
        """Keeps what was sent and answered, and marks the outbox; returns the number of the attempt, from 1.

        ``failed`` and ``partly`` (some ``recipients`` remain) stay pending until ``next_attempt_at``; ``dead`` is
        given up. A delivery once sent stays sent. Raises LedgerError for an unknown delivery.
        """
        again = outcome in ("failed", "partly")
        if again and next_attempt_at is None:
            raise LedgerError(f"alert {alert} by {channel}: a failed attempt needs the instant of the next one.")
        state = "pending" if again else outcome
        return self._attempt(alert, channel, at, outcome, sent, reply, state, next_attempt_at or at, recipients)

    def requeue(self, alert: str, channel: str, *, who: str, at: datetime) -> None:
        """Tries a dead letter again, from ``at`` on. Raises LedgerError if it is none."""
        self._attempt(alert, channel, at, "requeued", b"", f"requeued by {who}", "pending", at, (), was="dead")

    def _attempt(
        self, alert: str, channel: str, at: datetime, outcome: str, sent: bytes, reply: str, state: str,
        next_attempt_at: datetime, recipients: Sequence[str], was: str | None = None,
    ) -> int:
        o = tables.outbox.c
        row = self._conn.execute(select(tables.outbox).where(o.alert == alert, o.channel == channel)).first()
        if row is None or was not in (None, row.state):
            held = "is not in the outbox" if row is None else f"is {row.state}, not {was}"
            raise LedgerError(f"alert {alert} by {channel} {held}.")
        digest, small = packed(sent)
        number = int(row.attempts) + (outcome != "requeued")
        append(
            self._conn, tables.deliveries,
            {
                "alert": alert, "channel": channel, "attempt": number, "at": utc_text(at), "outcome": outcome,
                "sent_digest": digest, "sent": small, "reply": reply,
            },
        )
        marked = {"attempts": number, "state": state, "next_attempt_at": utc_text(next_attempt_at),
                  "recipients": canonical_text(list(recipients))}
        if row.state == "sent":
            marked = {"attempts": number}
        self._conn.execute(update(tables.outbox).where(o.alert == alert, o.channel == channel).values(marked))
        return number

    def acknowledge(self, alert: str, *, who: str, note: str, at: datetime) -> None:
        """Notes that a person has seen an alert. Raises LedgerError for an unknown alert."""
        if self._conn.scalar(select(tables.alerts.c.id).where(tables.alerts.c.id == alert)) is None:
            raise LedgerError(f"there is no alert {alert}.")
        append(self._conn, tables.acknowledgements, {"alert": alert, "who": who, "note": note, "at": utc_text(at)})


def _deliveries() -> Select[Any]:
    a, o = tables.alerts.c, tables.outbox.c
    return (
        select(a.content, o.channel, o.state, o.attempts, o.next_attempt_at, o.recipients)
        .join_from(tables.outbox, tables.alerts, a.id == o.alert)
        .order_by(a.at, a.instrument, a.finding, a.kind, a.id, o.channel)
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        alert_from_json(load(row.content)), row.channel, row.state, row.attempts, instant(row.next_attempt_at),
        tuple(load(row.recipients)),
    )


def _clock(alert: Alert) -> str:
    return "simulated" if alert.simulated else "real"
