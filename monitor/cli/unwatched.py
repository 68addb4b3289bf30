"""What an instrument needs to have read and no feed reads: the list of searches that a person orders and states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from monitor.core.clause import SourceNeed

if TYPE_CHECKING:
    from monitor.daemon.world import Source, Watched


def unwatched(watched: Watched, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Each need that no configured feed serves: its areas, its source and place, and why nobody watches it."""
    feeds = {source.feed.name: source.feed for source in sources}
    areas: dict[SourceNeed, list[str]] = {}
    for area in dict.fromkeys(a for limb in watched.form.limbs for a in (limb.trigger_area, limb.cure_area) if a):
        for need in watched.instrument.sources.get(area) or (SourceNeed(area),):
            areas.setdefault(need, []).append(area)
    found = []
    for need, names in areas.items():
        feed = feeds.get(need.source)
        if need.source == "attested":
            why = "only what you state is known"
        elif feed is None:
            why = "no feed of config.yaml reads it"
        elif not feed.watches(watched.instrument.maker):
            why = "configured, but the instrument gives the maker no number to find it by"
        else:
            continue
        found.append({"areas": names, "source": need.source, "jurisdiction": need.jurisdiction, "why": why})
    return found


def words(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each, and one that says what to do."""
    lines = []
    for row in rows:
        place = f" ({row['jurisdiction']})" if row["jurisdiction"] else ""
        lines.append(f"nobody watches {' and '.join(row['areas'])}: {row['source']}{place}, {row['why']}")
    if lines:
        lines.append("search or ask for these yourself and state each result, also a clear one: "
                     "covenantd attest source_read --field source=... --field through=...")
    return lines
