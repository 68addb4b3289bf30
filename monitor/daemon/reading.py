"""How far a source is read: the facts that make the absence of an entry known, and those that say what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from feeds.base import Parsed, Payload
from monitor.core.facts import Fact, Moment, When, fact_id
from monitor.daemon.recorded import STAMP
from monitor.daemon.world import Source

Read = Sequence[tuple[Payload, Parsed]]


def read_through(source: Source, read: Read) -> Moment | None:
    """How far the payloads prove together: the latest of each page, the least far of all pages.

    A payload that proves no absence (a part of a docket) adds nothing, unless it holds an error: then nothing is
    proved. Statements of one account (``joins_payloads``) are one page.
    """
    pages = _Pages()
    good: list[tuple[str, Moment]] = []
    for payload, parsed in read:
        if parsed.through is None:
            if parsed.errors:
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


def source_reads(source: Source, read: Read, now: datetime, through: Moment | None = None) -> list[Fact]:
    """``source_read`` facts by jurisdiction, for each obligor that the feed can see or has seen; gaps likewise.

    ``through`` overrides what the payloads say (a recording that is complete to any instant).
    """
    found: list[Fact] = []
    places = {parsed.jurisdiction or source.config.settings.get("jurisdiction") for _, parsed in read} or {None}
    for place in sorted(places, key=str):
        part = [(p, d) for p, d in read if (d.jurisdiction or source.config.settings.get("jurisdiction")) == place]
        lost = [d.gap_from for _, d in part if d.gap_from is not None]
        reached = through if through is not None else read_through(source, part)
        named = {f.subject for _, d in part for f in d.facts}
        for obligor in source.watch.obligors:
            if source.feed.watches(obligor) or obligor.id in named:
                if lost:
                    found.append(_fact(source, "source_gap", obligor.id, place, min(lost, key=order), None, now))
                elif reached is not None:
                    since = min((d.since for _, d in part if d.since), default=None)
                    found.append(_fact(source, "source_read", obligor.id, place, reached, since, now))
    return found


def _fact(
    source: Source, kind: str, subject: str, place: str | None, through: Moment, since: date | None, now: datetime
) -> Fact:
    record = f"{kind} {place or ''}".strip()
    return Fact(
        id=fact_id(source.feed.name, record, kind, subject), kind=kind, subject=subject, matter="sources",
        happened_on=When.on(now), known_at=now, source=source.feed.name, record=record,
        fields={"source": source.feed.name, "jurisdiction": place, "through": through, "since": since},
    )
