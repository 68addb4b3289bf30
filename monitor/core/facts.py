"""Dated facts: what happened, when it happened, and since when it has been known.

A fact is append-only. The same record again adds nothing; changed content is a new version with its own
``known_at``. A correction or retraction is itself a fact that names what it ``supersedes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.canonical import digest

Scalar = str | int | bool | Decimal | date | None
Moment = date | datetime


def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def end_of_day(day: date, zone: str) -> datetime:
    """The last microsecond of ``day`` in ``zone``, as an aware UTC instant (GCL 19: a day ends at midnight)."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def start_of_day(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local_date(moment: Moment, zone: str) -> date:
    """The legal date of a moment: a bare date is itself; an instant is read on ``zone``'s clock."""
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(zone)).date()
    return moment


@dataclass(frozen=True, slots=True)
class When:
    """When a fact happened. ``first == last`` unless the date is known only as a range.

    Each end is a bare date (the time of day is not known) or an aware instant.
    """

    first: Moment
    last: Moment

    @classmethod
    def on(cls, moment: Moment) -> When:
        return cls(moment, moment)

    @property
    def is_range(self) -> bool:
        return self.first != self.last


@dataclass(frozen=True, slots=True)
class Fact:
    """One version of one fact.

    ``zone`` is the clock of the place (a court, an exchange) when the legal date depends on it.
    ``fields`` are those of the kind, as rules/vocabulary.yaml lists them.
    """

    id: str
    kind: str
    subject: str
    matter: str
    happened_on: When
    known_at: datetime
    source: str
    record: str
    instrument: str | None = None
    published_at: datetime | None = None
    supersedes: str | None = None
    zone: str | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Digest of the content; when it was learned is not part of it, so a repeat is the same version."""
        return digest(
            {
                "id": self.id, "kind": self.kind, "subject": self.subject, "matter": self.matter,
                "happened_on": self.happened_on, "instrument": self.instrument,
                "supersedes": self.supersedes, "zone": self.zone, "fields": self.fields,
            }
        )

    def get(self, name: str, default: Any = None) -> Any:
        value = self.fields.get(name)
        return default if value is None else value


def fact_id(source: str, record: str, kind: str, subject: str) -> str:
    """Identity of a fact: the same record of the same source seen again has the same id."""
    return digest([source, record, kind, subject])[:24]
