"""What a feed is: it fetches payloads through the HTTP client it is handed, and parses a payload into facts.

Fetch and parse are apart, so that a payload can be parsed again, offline, years later. A feed never opens a socket
itself, never reads a clock, and never decides what a fact means for an instrument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from monitor.core.clause import Obligor
from monitor.core.facts import Fact
from monitor.http import HttpResponse as Response  # one answer type, whoever fetches


class FeedChanged(Exception):
    """The source no longer looks as its parser expects (an HTML page for a list, other columns). Nothing was read.

    Its one line ends with what to do: which page to save instead, what to fetch again, what to set.
    """


class FeedFailed(Exception):
    """The source could not be read: refused, absent, too slow, too large. One line for a person."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One raw answer of a source. ``captured_at`` is when it was fetched (or, recorded, when it was captured)."""

    feed: str
    name: str
    url: str
    body: bytes
    captured_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value of the source that no label covers: neither a fact kind nor noise. Reported, never dropped."""

    label: str
    where: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """The file that shows a record: its bytes are kept with the fact, so that it can be produced years later."""

    name: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one payload says. ``known_at`` of each fact is the payload's ``captured_at``; ``published_at`` the source's.

    ``through``: how far the source is thereby read (None: a partial answer that proves no absence).
    ``since``: the first day a statement covers (None: from the beginning); before it absence is unknown.
    ``gap_from``, ``gap_to``: entries between them were lost and may never be seen (a page that lists one day, polled
    too late). A later read of the same page says nothing of them (see ``Feed.gaps_closed_by``).
    ``aside``: a document beside the source's own index (a form 25's text). It proves no absence, and what cannot be
    read of it takes none away that the index proves.
    ``errors``: records that could not be read, one line each; the others still count.
    ``wake``: names of other feeds that should be polled now because of it.
    """

    facts: tuple[Fact, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    errors: tuple[str, ...] = ()
    through: date | datetime | None = None
    jurisdiction: str | None = None
    records: int = 0
    gap_from: datetime | None = None
    gap_to: datetime | None = None
    aside: bool = False
    since: date | None = None
    wake: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    """record -> the triggering words of the source, quoted in alerts."""
    exhibits: Mapping[str, Exhibit] = field(default_factory=dict)
    """record -> the file that shows it, where the source names one."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom a feed watches, and the feed's own settings from config.yaml."""

    obligors: Sequence[Obligor]
    settings: Mapping[str, Any] = field(default_factory=dict)


class Http(Protocol):
    """The client a feed is handed (monitor/http.py). Raises FeedFailed with one line."""

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response: ...


class Feed(Protocol):
    """One source family. ``name`` is also the ``source`` of its facts and of its ``source_read``."""

    name: str
    proves: str
    cadence_minutes: int
    suffixes: tuple[str, ...]
    """Endings of the files it reads in a folder; ("",) for every file."""
    joins_payloads: bool
    """Several payloads are parts of one record (statements of one account), read through the latest of them."""
    settings: tuple[str, ...]
    """Every setting it reads from config.yaml; any other is refused there (a misspelt one would be silence)."""
    gaps_closed_by: tuple[str, ...]
    """Sources that, read through the end of a gap, have seen what was lost in it."""

    def watches(self, obligor: Obligor) -> bool:
        """Whether this feed can see the obligor at all: without its identifier a good poll proves nothing of it."""
        ...

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        """Live: yields the payloads of one poll. Raises FeedFailed."""
        ...

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        """Raises FeedChanged when the payload is not what this feed reads."""
        ...

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        """When a recorded payload was captured, if its own content says so."""
        ...
