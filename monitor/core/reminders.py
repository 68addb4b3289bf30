"""When a running window is mentioned again: instants at 07:00 of the recipient's zone, never a wall clock read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.core.clause import Limb, Unlisted
from monitor.core.days import Calendars
from monitor.core.findings import Finding, State

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """``step`` is part of the alert's identity: ``half``, ``5 days``, ``last business day``, ``last day``."""

    step: str
    due: datetime


def reminders(
    finding: Finding, limb: Limb, calendars: Calendars, zone: str,
    days_before: Sequence[int] = (10, 5, 2, 1, 0), at: time = time(7, 0),
) -> tuple[Reminder, ...]:
    """The reminders of a running window: halfway, some days before its deadline, the last business day before it.

    For a window of sessions the days are sessions. Dates on or before the opening are left out. A window on which the
    two evaluators differ is reminded of like a running one, by the earlier deadline.
    """
    standing = finding.state in (State.RUNNING, State.UNDETERMINED)
    if not standing or finding.deadline is None or finding.opened is None:
        return ()
    opened, deadline = finding.opened, finding.deadline
    steps: dict[date, str] = {}
    if isinstance(limb.ripens, Unlisted):
        index = calendars.sessions.index_at(deadline)
        for n in sorted(d for d in days_before if d < limb.ripens.sessions):
            steps[calendars.sessions.at(index - n)] = "last session" if n == 0 else f"{n} sessions"
    else:
        steps[opened + (deadline - opened) / 2] = "half"
        before = deadline - DAY
        while calendars.holidays.why_not_business(before):
            before -= DAY
        steps[before] = "last business day"
        for n in days_before:
            steps[deadline - n * DAY] = "last day" if n == 0 else f"{n} days"
    return tuple(
        Reminder(step, datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC))
        for day, step in sorted(steps.items()) if day > opened
    )
