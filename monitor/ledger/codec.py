"""Facts, findings and alerts as JSON and back. What is read back equals what was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from monitor.core.alerts import Alert, AlertKind
from monitor.core.canonical import canonical_text, plain
from monitor.core.facts import Fact, Moment, Scalar, When
from monitor.core.findings import Evidence, Finding, State
from monitor.ledger.errors import LedgerError


def instant(text: str) -> datetime:
    """The aware UTC instant that ``utc_text`` spelled."""
    return datetime.fromisoformat(text).astimezone(UTC)


def maybe_instant(text: str | None) -> datetime | None:
    return instant(text) if text else None


def moment(text: str) -> Moment:
    """A bare date or an instant."""
    return instant(text) if "T" in text else date.fromisoformat(text)


def maybe_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def load(text: str) -> Any:
    """What a JSON column says. Raises LedgerError when it cannot be read: then the record was altered or damaged."""
    try:
        return json.loads(text)
    except (ValueError, TypeError) as error:
        raise LedgerError(f"a stored record cannot be read ({error}). Verify it, or put back a backup.") from error


# --- facts ------------------------------------------------------------------------------------------------------


def fact_text(fact: Fact) -> str:
    """Canonical JSON of a fact. JSON has neither dates nor decimals, so ``types`` says which fields were which."""
    types = {name: kind for name, value in fact.fields.items() if (kind := _type(value))}
    return canonical_text({**plain(fact), "types": types})


def _type(value: Scalar) -> str:
    if isinstance(value, datetime):
        return "instant"
    if isinstance(value, date):
        return "date"
    return "decimal" if isinstance(value, Decimal) else ""


def _typed(value: Any, kind: str | None) -> Scalar:
    match kind:
        case "instant":
            return instant(value)
        case "date":
            return date.fromisoformat(value)
        case "decimal":
            return Decimal(value)
        case _:
            scalar: Scalar = value
            return scalar


def fact_from_text(text: str) -> Fact:
    held: dict[str, Any] = load(text)
    types: dict[str, str] = held.pop("types")
    when = held["happened_on"]
    return Fact(
        **{
            **held,
            "happened_on": When(moment(when["first"]), moment(when["last"])),
            "known_at": instant(held["known_at"]),
            "published_at": maybe_instant(held["published_at"]),
            "fields": {name: _typed(value, types.get(name)) for name, value in held["fields"].items()},
        }
    )


# --- findings ---------------------------------------------------------------------------------------------------


def _evidence(held: Mapping[str, Any]) -> Evidence:
    return Evidence(**{**held, "known_at": instant(held["known_at"])})


def finding_json(finding: Finding) -> dict[str, Any]:
    """Every field of the finding: what ``Finding.as_json`` shows, the instrument, and the triggering texts."""
    held: dict[str, Any] = plain(finding)
    return held


def finding_from_json(held: Mapping[str, Any], instrument: str | None = None) -> Finding:
    """The finding that ``finding_json`` or ``Finding.as_json`` shows; the latter does not name its ``instrument``."""
    days = ("opened", "deadline", "default_date", "earliest_arguable", "acceleration_date")
    return Finding(
        **{
            **({} if instrument is None else {"instrument": instrument}),
            **held,
            **{name: maybe_day(held.get(name)) for name in days},
            "state": State(held["state"]),
            "next_change_on": maybe_instant(held["next_change_on"]),
            "deadline_at": maybe_instant(held.get("deadline_at")),
            "evidence": tuple(_evidence(e) for e in held["evidence"]),
            "missing": tuple(held.get("missing", ())),
            "both_answers": tuple(held.get("both_answers", ())),
        }
    )


# --- alerts -----------------------------------------------------------------------------------------------------


def alert_json(alert: Alert) -> dict[str, Any]:
    held: dict[str, Any] = plain(alert)
    return held


def alert_from_json(held: Mapping[str, Any]) -> Alert:
    return Alert(
        **{
            **held,
            "kind": AlertKind(held["kind"]), "at": instant(held["at"]), "body": tuple(held["body"]),
            "next_step": tuple(held["next_step"]), "evidence": tuple(_evidence(e) for e in held["evidence"]),
            "finding": finding_from_json(held["finding"]) if held["finding"] else None,
        }
    )
