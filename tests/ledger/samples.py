"""Invented facts, findings and alerts for the ledger's tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
from monitor.core.facts import Fact, When, fact_id
from monitor.core.findings import Evidence, Finding, State
from monitor.ledger import Transaction

NOTE = "example-note"
T0 = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def after(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


@dataclass(frozen=True)
class Way:
    """A channel as the ledger sees it."""

    name: str
    real: bool


FILE = Way("file", real=False)
MAIL = Way("holder-mail", real=True)


def lien(record: str = "NY-1", known_at: datetime = T0, **changes: Any) -> Fact:
    return replace(
        Fact(
            id=fact_id("acris", record, "lien_filed", "Example Maker, Inc."), kind="lien_filed",
            subject="Example Maker, Inc.", matter=record, happened_on=When.on(date(2026, 3, 1)), known_at=known_at,
            source="acris", record=record, published_at=known_at - timedelta(hours=3), zone="America/New_York",
            fields={"amount": Decimal("1250.50"), "consensual": False, "since": date(2026, 2, 27), "pages": 3,
                    "seen": known_at.replace(hour=1), "creditor": "2026-02-27", "note": None},
        ),
        **changes,
    )


def worded(fact: Fact, amount: str, known_at: datetime) -> Fact:
    """The same record with another amount, known at another instant."""
    return replace(fact, fields={**fact.fields, "amount": Decimal(amount)}, known_at=known_at)


def finding(matter: str | None = "NY-1", state: State = State.RUNNING, **changes: Any) -> Finding:
    proof = Evidence(
        fact="f1", kind="lien_filed", happened_on="2026-03-01", known_at=T0, source="acris", record="NY-1",
        url="https://example.org/NY-1", sha256="ab" * 32, text="Lien <b>filed</b> “NY-1”",
    )
    return replace(
        Finding(
            instrument=NOTE, clause="b", limb="b.lien", matter=matter, trigger="f1" if matter else None, state=state,
            opened=date(2026, 3, 1), deadline=date(2026, 3, 21), default_date=date(2026, 3, 22),
            earliest_arguable=date(2026, 3, 22), next_change_on=after(24), verified=False, evidence=(proof,),
            reading={"cure_roll": "true"}, reason="day 1 of 20", quote="within twenty (20) days",
            deadline_at=after(480), missing=("acris through 2026-03-21",), digests={"form": "cd" * 32},
            both_answers=({"evaluator": "engine", "state": "running"},),
        ),
        **changes,
    )


def alert(step: str = "first", *, about: Finding | None = None, **changes: Any) -> Alert:
    about = about or finding()
    return replace(
        Alert(
            id=alert_id(about.key, AlertKind.OPENED, step, "cause"), kind=AlertKind.OPENED, step=step, instrument=NOTE,
            instrument_title="Example note", matter=about.matter, thread=thread_id(NOTE, about.matter), at=T0,
            headline="Day 1 of 20", body=("A lien was filed.",), quote=about.quote, next_step=("Call counsel.",),
            evidence=about.evidence, why="a new lien", finding=about,
        ),
        **changes,
    )


def evaluate(tx: Transaction, *findings: Finding, at: datetime = T0, inputs: str = "") -> list[Any]:
    """One evaluation with these findings, as the daemon writes it."""
    evaluation = tx.add_evaluation(NOTE, as_of=at, known_at=at, inputs=inputs or at.isoformat(), agreed=True)
    return tx.add_findings(NOTE, findings, evaluation=evaluation, as_of=at, known_at=at)
