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
    captured: datetime | None = None
    try:
        captured = capture_time(source, payload, path)
        payload = replace(payload, captured_at=captured or until)
        return Recording(payload, source.feed.parse(payload, source.watch), captured)
    except FeedChanged as error:
        line = str(error).removeprefix(f"{payload.name}: ")  # whoever tells it names the payload
        return Recording(replace(payload, captured_at=captured or until), Parsed(), captured, line)


def capture_time(source: Source, payload: Payload, path: Path | None) -> datetime | None:
    own = source.feed.captured_at(payload.body, payload.name)
    if own is not None:
        return own
    stamp = STAMP.match(payload.name)
    if stamp:
        year, month, day, hour, minute, second = (int(g or 0) for g in stamp.groups())
        try:
            at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:  # eight digits that are no date: a case number, an account
            at = None
        if at is not None:
            return at if stamp.group(4) else end_of_day(at.date(), NEW_YORK)
    beside = path.with_name(path.name + ".headers.json") if path else None
    return _header_date(beside) if beside and beside.is_file() else None


def _header_date(beside: Path) -> datetime | None:
    """The ``Date`` header kept beside a payload. Raises FeedChanged when the file is not what it should be."""
    try:
        headers = {str(k).lower(): v for k, v in json.loads(beside.read_bytes()).items()}
        found = parsedate_to_datetime(headers["date"]) if "date" in headers else None
    except (ValueError, TypeError, AttributeError) as error:
        raise FeedChanged(f"{beside.name}: no HTTP headers in JSON ({error}). Correct it or take it away.") from error
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC) if found else None


def visible_at(fact: Fact, recording: Recording) -> datetime:
    """When a record could first be read: published, else captured, else the end of the day it happened."""
    if fact.published_at is not None:
        return fact.published_at
    if recording.captured_at is not None:
        return recording.captured_at
    last = fact.happened_on.last
    return last if isinstance(last, datetime) else end_of_day(last, fact.zone or NEW_YORK)


def read_through(found: list[Recording], at: datetime, *, saved_when_changed: bool, joins: bool) -> Moment | None:
    """How far a recorded source is read at ``at``: as far as a complete recording says, else to the last capture.

    ``saved_when_changed``: the recorder looked all the time and saved a page only when it was different.
    ``joins``: the payloads are parts of one record (statements), read through the latest of them. Never past ``at``.
    """
    seen = [r for r in found if r.captured_at is None or r.captured_at <= at]
    good = [(r.captured_at, r.parsed.through) for r in seen if not r.error and r.parsed.through is not None]
    if not good:
        return None
    complete = [through for captured, through in good if captured is None]
    if joins:
        reached = max((through for _, through in good), key=_end)
    elif complete:
        reached = min(complete, key=_end)
    elif saved_when_changed and not seen[-1].error:
        reached = at
    else:
        reached = good[-1][1]
    return at if _end(reached) > at else reached


def _end(moment: Moment) -> datetime:
    return moment if isinstance(moment, datetime) else end_of_day(moment, NEW_YORK)
