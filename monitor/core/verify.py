"""Whether a finding rests on sources that were read: absence of data is unknown, never compliant (model.md).

``verified`` is computed from ``source_read`` and ``source_gap`` facts alone.
"""

from __future__ import annotations

from datetime import date, datetime

from monitor.core.clause import Limb, SourceNeed, Unlisted, Unpaid
from monitor.core.days import holds
from monitor.core.facts import end_of_day, local_date, start_of_day
from monitor.core.findings import State
from monitor.core.look import fields_match
from monitor.core.select import Case


def missing_sources(
    limb: Limb, state: State, deadline: date | None, deadline_at: datetime | None, case: Case
) -> tuple[str, ...]:
    """What has not been read and would have to be for this state to be relied on; empty when it is verified.

    clear: the trigger sources through the date of ``as_of``; running: the cure sources too; an event of default after
    a window: the cure sources through its deadline. Everything else stands on its own evidence.
    """
    today = start_of_day(case.today, case.zone)
    match state:
        case State.CLEAR if isinstance(limb.ripens, Unpaid):
            return ()
        case State.CLEAR:
            wanted = [(limb.trigger_area, today)]
        case State.RUNNING:
            wanted = [(limb.trigger_area, today), (limb.cure_area, today)]
        case State.EVENT_OF_DEFAULT if deadline and limb.cure_area:
            listing = isinstance(limb.ripens, Unlisted) and deadline_at is not None
            through = deadline_at if listing and deadline_at else end_of_day(deadline, case.zone)
            wanted = [(limb.cure_area, through)]
        case _:
            return ()
    found: list[str] = []
    if isinstance(limb.ripens, Unpaid):
        since = read_since(limb.cure_area, case)
        if since and since > case.instrument.loan.maturity:
            found.append(f"{limb.cure_area}: read only from {since}, needed from {case.instrument.loan.maturity}")
    if state is State.CLEAR:
        found += _unstated(limb, case)
    for area, through in wanted:
        if area:
            found += [text for text in _unread(area, through, case) if text not in found]
    return tuple(found)


def _unread(area: str, through: datetime, case: Case) -> list[str]:
    if _read_through(SourceNeed(area), through, case):
        return []
    needs = case.instrument.sources.get(area) or (SourceNeed(area),)
    return [_words(need, through, case) for need in needs if not _read_through(need, through, case)]


def read_to(need: SourceNeed, case: Case) -> datetime | None:
    """How far a source was read. A gap caps what was read before it was noticed; a later read counts again.

    A read counts up to when it was known, whatever it says: at noon nobody has read the afternoon.
    """
    reached: datetime | None = None
    for read in sorted(case.reads, key=lambda r: (r.known_at, not r.gap)):
        if read.source != need.source or (need.jurisdiction and read.jurisdiction != need.jurisdiction):
            continue
        end = read.through if isinstance(read.through, datetime) else end_of_day(read.through, case.zone)
        end = end if read.gap else min(end, read.known_at)
        reached = min(reached, end) if read.gap and reached else reached if read.gap else max(reached or end, end)
    return reached


def _unstated(limb: Limb, case: Case) -> list[str]:
    """Debts in default whose principal nobody stated: whether they exceed the threshold is unknown, not no."""
    weighed = [p for p in limb.when if p.exceeds and holds(p.exceeds.given, case.chosen)]
    return [
        f"the principal of {event.matter}: never stated, needed to compare it with the threshold"
        for event in case.events
        if case.happened(event) and not event.text("principal_outstanding") and not event.text("principal_original")
        and any(p.kind == event.kind and fields_match(p.where, event) for p in weighed)
    ]


def read_since(area: str, case: Case) -> date | None:
    """The first day read of an area's sources (a bank statement starts somewhere); None: from the beginning."""
    names = {area, *(need.source for need in case.instrument.sources.get(area, ()))}
    starts = [r.since for r in case.reads if r.source in names and not r.gap]
    return None if None in starts else min((s for s in starts if s), default=None)


def _read_through(need: SourceNeed, through: datetime, case: Case) -> bool:
    reached = read_to(need, case)
    return reached is not None and reached >= through


def _words(need: SourceNeed, through: datetime, case: Case) -> str:
    name = f"{need.source} ({need.jurisdiction})" if need.jurisdiction else need.source
    reached = read_to(need, case)
    wanted = local_date(through, case.zone)
    if reached is None:
        return f"{name}: never read, needed through {wanted}"
    return f"{name}: read through {local_date(reached, case.zone)}, needed through {wanted}"
