"""Evaluations and findings: a finding is written again only when what it says has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from monitor.core.canonical import canonical_text, utc_text
from monitor.core.findings import Finding
from monitor.ledger import tables
from monitor.ledger.access import Reads, Writes
from monitor.ledger.codec import finding_from_json, finding_json, instant, load
from monitor.ledger.errors import LedgerError
from monitor.ledger.record import append, append_all


@dataclass(frozen=True, slots=True)
class Change:
    """What changed for one window. ``previous`` None: it is new. ``current`` None: it no longer exists."""

    previous: Finding | None
    current: Finding | None

    @property
    def finding(self) -> Finding:
        """The window it is about: what it is now, or what it was."""
        finding = self.current or self.previous
        if finding is None:
            raise ValueError("a change of nothing")
        return finding


@dataclass(frozen=True, slots=True)
class PastFinding:
    """One row of the history of a window, numbered from 1. ``finding`` None: from then on the window was gone."""

    key: str
    number: int
    finding: Finding | None
    as_of: datetime
    known_at: datetime
    evaluation: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of one instrument. ``agreed``: both evaluators gave equal verdicts."""

    sha256: str
    instrument: str
    as_of: datetime
    known_at: datetime
    inputs: str
    agreed: bool
    detail: Mapping[str, Any]


class FindingReads(Reads):
    def latest_findings(self, instrument: str) -> list[Finding]:
        """The findings of the instrument's last evaluation, by (limb, matter, trigger)."""
        with self._connection() as conn:
            held = _latest(conn, instrument)
        return sorted((finding_from_json(load(row.content)) for row in held.values() if row.content), key=_order)

    def findings_history(self, instrument: str, key: str | None = None) -> list[PastFinding]:
        """Every change of the instrument's windows (or of one), in the order in which they were written."""
        f = tables.findings.c
        wanted = select(tables.findings).where(f.instrument == instrument).order_by(f.seq)
        if key is not None:
            wanted = wanted.where(f.key == key)
        with self._connection() as conn:
            return [
                PastFinding(
                    row.key, row.number, finding_from_json(load(row.content)) if row.content else None,
                    instant(row.as_of), instant(row.known_at), row.evaluation, row.sha256,
                )
                for row in conn.execute(wanted)
            ]

    def next_changes(self) -> dict[str, datetime]:
        """Instrument -> the first ``next_change_on`` of its latest findings, if there is any."""
        f = tables.findings.c
        wanted = select(f.instrument, func.min(f.next_change_on).label("at")).where(f.seq.in_(_last_rows()))
        wanted = wanted.where(f.next_change_on.is_not(None)).group_by(f.instrument).order_by(f.instrument)
        with self._connection() as conn:
            return {row.instrument: instant(row.at) for row in conn.execute(wanted)}

    def latest_evaluation(self, instrument: str) -> Evaluation | None:
        e = tables.evaluations.c
        wanted = select(tables.evaluations).where(e.instrument == instrument).order_by(e.seq.desc()).limit(1)
        with self._connection() as conn:
            row = conn.execute(wanted).first()
        if row is None:
            return None
        return Evaluation(
            row.sha256, row.instrument, instant(row.as_of), instant(row.known_at), row.inputs, bool(row.agreed),
            load(row.detail),
        )


class FindingWrites(Writes):
    def add_evaluation(
        self, instrument: str, *, as_of: datetime, known_at: datetime, inputs: str, agreed: bool,
        detail: Mapping[str, Any] | None = None,
    ) -> str:
        """Notes an evaluation; returns its digest. ``inputs`` is the digest of all it saw; ``detail`` says what the
        evaluators answered when they differed, and the program's version."""
        digest, _ = append(
            self._conn, tables.evaluations,
            {
                "instrument": instrument, "as_of": utc_text(as_of), "known_at": utc_text(known_at), "inputs": inputs,
                "agreed": int(agreed), "detail": canonical_text(dict(detail or {})),
            },
        )
        return digest

    def add_findings(
        self, instrument: str, findings: Iterable[Finding], *, evaluation: str, as_of: datetime, known_at: datetime
    ) -> list[Change]:
        """Writes what changed since the last evaluation and returns it, by (limb, matter, trigger).

        ``findings`` are **all** findings of the instrument in this evaluation: a window that is not among them any
        more is noted as gone (``current`` None). The same findings again give no change.
        Raises LedgerError for a finding of another instrument or two findings of one window.
        """
        current: dict[str, Finding] = {}
        for finding in findings:
            if finding.instrument != instrument or finding.key in current:
                raise LedgerError(f"finding {finding.key} of {finding.instrument} is not one window of {instrument}.")
            current[finding.key] = finding
        rows = _latest(self._conn, instrument)
        held = {key: row.content for key, row in rows.items() if row.content}
        said = {key: canonical_text(finding_json(finding)) for key, finding in current.items()}
        changes = {
            key: Change(finding_from_json(load(held[key])) if key in held else None, current.get(key))
            for key in {*held, *said} if held.get(key) != said.get(key)
        }
        ordered = sorted(changes, key=lambda key: (_order(changes[key].finding), key))
        append_all(
            self._conn, tables.findings,
            [
                {
                    "instrument": instrument, "key": key, "number": rows[key].number + 1 if key in rows else 1,
                    "evaluation": evaluation, "content": said.get(key), "as_of": utc_text(as_of),
                    "known_at": utc_text(known_at), "next_change_on": _next(current.get(key)),
                }
                for key in ordered
            ],
        )
        return [changes[key] for key in ordered]


def _last_rows() -> Select[Any]:
    f = tables.findings.c
    return select(func.max(f.seq)).group_by(f.instrument, f.key)


def _latest(conn: Connection, instrument: str) -> dict[str, Any]:
    """Key -> its last row; ``content`` is None for a window that is gone."""
    f = tables.findings.c
    wanted = select(f.key, f.number, f.content).where(f.seq.in_(_last_rows().where(f.instrument == instrument)))
    return {row.key: row for row in conn.execute(wanted)}


def _next(finding: Finding | None) -> str | None:
    return utc_text(finding.next_change_on) if finding and finding.next_change_on else None


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.limb, finding.matter or "", finding.trigger or ""
