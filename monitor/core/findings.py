"""A finding is one window: (instrument, limb, matter, trigger fact). This is its public shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from monitor.core.canonical import digest, utc_text


class State(StrEnum):
    CLEAR = "clear"
    RUNNING = "running"
    CURED = "cured"
    EXCEPTED = "excepted"
    EVENT_OF_DEFAULT = "event_of_default"
    WAIVED = "waived"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one evaluator decides about one window. Two evaluators' verdicts are compared whole.

    ``deadline_at`` is the instant at which the window ripens if nothing ends it (the close of the fifth session;
    midnight after the last day). ``earliest_arguable`` is the first default date under any arguable reading.
    ``decided_by`` is the id of the fact that ended the window (a cure, an exception, a waiver), if one did.
    """

    limb: str
    matter: str
    trigger: str
    state: State
    opened: date
    deadline: date | None
    default_date: date | None
    earliest_arguable: date | None
    deadline_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that a finding rests on, with where it came from."""

    fact: str
    kind: str
    happened_on: str
    known_at: datetime
    source: str
    record: str
    url: str = ""
    sha256: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One window, or one limb without any (``trigger`` None, state ``clear``). Dates as semantics.md section 1."""

    instrument: str
    clause: str
    limb: str
    matter: str | None
    trigger: str | None
    state: State
    opened: date | None
    deadline: date | None
    default_date: date | None
    earliest_arguable: date | None
    next_change_on: datetime | None
    verified: bool
    evidence: tuple[Evidence, ...]
    reading: Mapping[str, str]
    reason: str
    quote: str
    deadline_at: datetime | None = None
    acceleration_date: date | None = None
    missing: tuple[str, ...] = ()
    both_answers: tuple[Mapping[str, Any], ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Identity of the window over time: instrument, limb, matter, trigger fact."""
        return digest([self.instrument, self.limb, self.matter, self.trigger])[:24]

    def as_json(self) -> dict[str, Any]:
        """The shape that ``covenantd evaluate --json`` prints."""

        def day(value: date | None) -> str | None:
            return value.isoformat() if value else None

        def instant(value: datetime | None) -> str | None:
            return utc_text(value) if value else None

        shown: dict[str, Any] = {
            "clause": self.clause, "limb": self.limb, "matter": self.matter, "trigger": self.trigger,
            "state": self.state.value, "opened": day(self.opened), "deadline": day(self.deadline),
            "default_date": day(self.default_date), "earliest_arguable": day(self.earliest_arguable),
            "next_change_on": instant(self.next_change_on), "verified": self.verified,
            "evidence": [
                {"fact": e.fact, "kind": e.kind, "happened_on": e.happened_on, "known_at": utc_text(e.known_at),
                 "source": e.source, "record": e.record, "url": e.url, "sha256": e.sha256}
                for e in self.evidence
            ],
            "reading": dict(self.reading), "reason": self.reason, "quote": self.quote,
            "deadline_at": instant(self.deadline_at), "acceleration_date": day(self.acceleration_date),
            "missing": list(self.missing), "digests": dict(self.digests),
        }
        if self.both_answers:
            shown["both_answers"] = [dict(a) for a in self.both_answers]
        return shown
