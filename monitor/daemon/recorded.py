"""Recorded payloads: a folder read as a source would have answered, on a simulated clock or as a one-off import.

In replay a record becomes visible at its published time, a docket report at its capture time (model.md, "Time").
When a payload was captured is told by, in this order: its own content, the start of its file name
(``20050705T1400Z-...`` or ``20050705-...``), a ``.headers.json`` beside it. A payload that tells none is taken as
complete to the end of the replay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from feeds.base import FeedChanged, Parsed, Payload
from monitor.core.facts import Fact, Moment, end_of_day
from monitor.daemon.world import Source

STAMP = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?Z)?[-_.]")
NEW_YORK = "America/New_York"
UNKNOWN = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded payload and what it says. ``captured_at`` None: complete to the end of the replay."""

    payload: Payload
    parsed: Parsed
    captured_at: datetime | None
    error: str = ""


def recordings(source: Source, until: datetime) -> list[Recording]:
    """Every payload of the source's folder, parsed once, in order of capture. A broken one keeps its error."""
    folder = source.config.recorded
    assert folder is not None
    found = [_one(source, payload, until) for payload in payloads(source, folder)]
    return sorted(found, key=lambda r: (r.captured_at or until, r.payload.name))


def payloads(source: Source, folder: Path) -> Iterator[tuple[Path | None, Payload]]:
    """The files of a folder, or the bundles a feed makes of them."""
    bundle = getattr(source.feed, "recorded", None)
    if bundle is not None:
        for payload in bundle(folder):
            yield None, payload
        return
    suffixes = source.feed.suffixes  # statements lie beside their evidence: only YAML is read
    for path in sorted(folder.iterdir()):
        own = path.name.endswith(suffixes) and not path.name.startswith((".", "README"))
        if path.is_file() and own and not path.name.endswith(".headers.json"):
            yield path, Payload(source.feed.name, path.name, path.absolute().as_uri(), path.read_bytes(), UNKNOWN)


def _one(source: Source, found: tuple[Path | None, Payload], until: datetime) -> Recording:
    path, payload = found
    captured = capture_time(source, payload, path)
    payload = replace(payload, captured_at=captured or until)
    try:
        return Recording(payload, source.feed.parse(payload, source.watch), captured)
    except FeedChanged as error:
        return Recording(payload, Parsed(), captured, str(error))


def capture_time(source: Source, payload: Payload, path: Path | None) -> datetime | None:
    own = source.feed.captured_at(payload.body, payload.name)
    if own is not None:
        return own
    stamp = STAMP.match(payload.name)
    if stamp:
        year, month, day, hour, minute, second = (int(g or 0) for g in stamp.groups())
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return at if stamp.group(4) else end_of_day(at.date(), NEW_YORK)
    beside = path.with_name(path.name + ".headers.json") if path else None
    if beside and beside.is_file():
        headers = {k.lower(): v for k, v in json.loads(beside.read_text()).items()}
        return parsedate_to_datetime(headers["date"]).astimezone(UTC) if "date" in headers else None
    return None


def visible_at(fact: Fact, recording: Recording) -> datetime:
    """When a record could first be read: published, else captured, else the end of the day it happened."""
    if fact.published_at is not None:
        return fact.published_at
    if recording.captured_at is not None:
        return recording.captured_at
    last = fact.happened_on.last
    return last if isinstance(last, datetime) else end_of_day(last, fact.zone or NEW_YORK)


def read_through(found: list[Recording], at: datetime, *, saved_when_changed: bool) -> Moment | None:
    """How far a recorded source is read at ``at``: to ``at`` where the recording is complete, else to the last capture.

    ``saved_when_changed``: the recorder looked all the time and saved a page only when it was different.
    """
    good = [r for r in found if not r.error and r.parsed.through is not None]
    if any(r.captured_at is None for r in good):
        return at
    seen = [r for r in good if r.captured_at and r.captured_at <= at]
    if not seen:
        return None
    if saved_when_changed:
        return at
    return seen[-1].parsed.through
