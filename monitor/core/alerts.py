"""Alerts: what is told to a person, with an identity that survives a crash and a repeat.

id = hash(finding, kind, step, causing fact version or due instant): no row number, no wall clock (model.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.core.canonical import digest
from monitor.core.findings import Evidence, Finding


class AlertKind(StrEnum):
    BASELINE = "baseline"
    OPENED = "opened"
    REMINDER = "reminder"
    RIPENED = "ripened"
    CURED = "cured"
    EXCEPTED = "excepted"
    WAIVED = "waived"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    REDATED = "redated"
    UNDETERMINED = "undetermined"
    REVIEW = "review"
    INFORMATION = "information"
    STALE = "stale"
    RECOVERED = "recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to people.

    ``thread`` joins the messages of one matter. ``headline`` is one line without line breaks; ``body`` plain
    sentences; ``why`` says why this was sent and why now. ``petition`` is "" or how a petition is known
    ("on file", "reported"): then every message opens with the stay warning. ``evidence[i].text`` is the triggering
    text as the source wrote it: untrusted, to be escaped by every channel.
    """

    id: str
    kind: AlertKind
    step: str
    instrument: str
    instrument_title: str
    matter: str | None
    thread: str
    at: datetime
    headline: str
    body: tuple[str, ...]
    quote: str
    next_step: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    why: str
    petition: str = ""
    simulated: bool = False
    finding: Finding | None = None


def alert_id(finding: str, kind: AlertKind, step: str, cause: str) -> str:
    """``cause`` is the causing fact's version digest or the due instant as UTC text."""
    return digest([finding, kind.value, step, cause])[:24]


def thread_id(instrument: str, matter: str | None) -> str:
    return digest([instrument, matter or "instrument"])[:24]
