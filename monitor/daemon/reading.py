"""How far a source is read: the facts that make the absence of an entry known, and those that say what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from feeds.base import Parsed, Payload
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, Moment, When, end_of_day, fact_id
from monitor.daemon.recorded import NEW_YORK, STAMP
from monitor.daemon.world import Source

Read = Sequence[tuple[Payload, Parsed]]


def read_through(source: Source, read: Read) -> Moment | None:
    """How far the payloads prove together: the latest of each page, the least far of all pages.

    A payload that proves no absence (a part of a docket) adds nothing, unless it holds an error: then nothing is
    proved. A document beside the index (``aside``) does neither. Statements of one account (``joins_payloads``) are
    one page.
    """
    pages = _Pages()
    good: list[tuple[str, Moment]] = []
    for payload, parsed in read:
        if parsed.through is None:
            if parsed.errors and not parsed.aside:
                return None
            continue
        page = "" if source.feed.joins_payloads else STAMP.sub("", payload.name)
        matters = {f.matter for f in parsed.facts}
        if len(matters) == 1:
            pages.join(page, f"matter {matters.pop()}")
        good.append((page, parsed.through))
    reached: dict[str, Moment] = {}
    for page, through in good:
        same = pages.root(page)
        reached[same] = max(reached.get(same, through), through, key=order)
    return min(reached.values(), key=order, default=None)


class _Pages:
    """Which payloads are one page saved again: those of one name without the stamp of its capture, and those that are
    about one matter alone (a docket)."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        while name in self.parent:
            name = self.parent[name]
        return name

    def join(self, one: str, other: str) -> None:
        one, other = self.root(one), self.root(other)
        if one != other:
            self.parent[one] = other


def order(moment: Moment) -> str:
    """Dates and instants in one order: a date stands for its end."""
    return moment.isoformat() if isinstance(moment, datetime) else f"{moment.isoformat()}T99"


def source_reads(
    source: Source, read: Read, now: datetime, through: Moment | None = None, held: Sequence[Fact] = ()
) -> list[Fact]:
    """``source_read`` facts by jurisdiction, for each obligor that the feed can see or has seen; gaps likewise.

    ``through`` overrides what the payloads say (a recording that is complete to any instant). ``held``: what stands in
    the ledger already; while a gap is open there (``open_gap``) no later page of the same source counts as read.
    """
    found: list[Fact] = []
    places = {parsed.jurisdiction or source.config.settings.get("jurisdiction") for _, parsed in read} or {None}
    for place in sorted(places, key=str):
        part = [(p, d) for p, d in read if (d.jurisdiction or source.config.settings.get("jurisdiction")) == place]
        lost = [(d.gap_from, d.gap_to or now) for _, d in part if d.gap_from is not None]
        reached = through if through is not None else read_through(source, part)
        named = {f.subject for _, d in part for f in d.facts}
        for obligor in source.watch.obligors:
            if not source.feed.watches(obligor) and obligor.id not in named:
                continue
            still = open_gap(source, obligor, place, held)
            if lost:
                ends = [*lost, *([_ends(still)] if still else [])]
                gap = When(min(a for a, _ in ends), max(b for _, b in ends))
                found.append(_fact(source, "source_gap", obligor.id, place, gap.first, None, now, gap))
            elif reached is not None and still is None:
                since = min((d.since for _, d in part if d.since), default=None)
                found.append(_fact(source, "source_read", obligor.id, place, reached, since, now, When.on(now)))
    return found


def open_gap(source: Source, obligor: Obligor, place: str | None, held: Sequence[Fact]) -> Fact | None:
    """The gap of a source that nothing has covered yet; None when there is none.

    What was lost is on no later page of that source. It is covered by another source that sees the same (a docket of
    that court, ``Feed.gaps_closed_by``), or by a person who states how far the source itself was read; either must
    have been read through the gap's end.
    """
    own = [f for f in held if f.source == source.feed.name and f.subject == obligor.id]
    gap = next((f for f in own if f.record == _record("source_gap", place)), None)
    read = next((f for f in own if f.record == _record("source_read", place)), None)
    if gap is None or (read is not None and read.known_at > gap.known_at):
        return None
    end = _instant(gap.happened_on.last)
    others = (f for f in held if f.kind == "source_read" and f not in own and f.subject in (obligor.id, "*"))
    covered = any(_sees(source, obligor, place, f, held) and _instant(_through(f)) >= end for f in others)
    return None if covered else gap


def _sees(source: Source, obligor: Obligor, place: str | None, read: Fact, held: Sequence[Fact]) -> bool:
    """Whether a read of another source, or a person's of this one, was of the same place."""
    where = read.fields.get("jurisdiction")
    if read.fields.get("source") == source.feed.name:
        return where == place
    closers = source.feed.gaps_closed_by
    if read.fields.get("source") not in closers:
        return False
    # A docket's matter begins with its court: "nysb 05-99893". One of another court has seen nothing of this one.
    matters = [*obligor.dockets, *(f.matter for f in held if f.source in closers and f.subject == obligor.id)]
    return where == place if where else place in {m.split()[0] for m in matters if m.split()}


def _ends(gap: Fact) -> tuple[datetime, datetime]:
    return _instant(gap.happened_on.first), _instant(gap.happened_on.last)


def _through(read: Fact) -> Moment:
    through = read.fields["through"]
    return through if isinstance(through, date) else datetime.min.replace(tzinfo=UTC)


def _instant(moment: Moment) -> datetime:
    return moment if isinstance(moment, datetime) else end_of_day(moment, NEW_YORK)


def _record(kind: str, place: str | None) -> str:
    return f"{kind} {place or ''}".strip()


def _fact(
    source: Source, kind: str, subject: str, place: str | None, through: Moment, since: date | None, now: datetime,
    happened: When,
) -> Fact:
    record = _record(kind, place)
    return Fact(
        id=fact_id(source.feed.name, record, kind, subject), kind=kind, subject=subject, matter="sources",
        happened_on=happened, known_at=now, source=source.feed.name, record=record,
        fields={"source": source.feed.name, "jurisdiction": place, "through": through, "since": since},
    )
