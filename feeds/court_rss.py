"""The RSS feed of a bankruptcy court's recent entries: a wake-up, never evidence.

Endpoint   https://ecf.{court}.uscourts.gov/cgi-bin/rss_outside.pl; setting ``courts`` lists court ids (nysb, deb ...)
Auth       none; rebuilt every 20 minutes; no ETag
Window     about 24 hours: entries of a day not polled are lost for good, which is reported as an error
Format     RSS 2.0, ISO-8859-1, titles padded or cut; each court chooses which events it publishes

An item tells a case number, a caption, and an event's short name: not whose petition it was, nor what was ordered.
So an item that names a watched debtor is a hint, and one in a watched case wakes the docket feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.courts import CaseNumber, Court, case_number, courts, matches
from feeds.labels import Label, load_labels
from feeds.names import fold, is_like, names_of
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When, fact_id
from monitor.http import HttpFailed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAME = "court_rss"
URL = "https://ecf.{court}.uscourts.gov/cgi-bin/rss_outside.pl"
GIVE = f"Save the court's page again as it comes, e.g. {URL.format(court='nysb')}."
WINDOW = timedelta(hours=24)
SHORTEST = timedelta(hours=1)
CUT = 20
"""A caption of at least this many letters that begins a watched name may be that name, cut by the court."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: ``type`` is bk, ap (adversary) or mp; ``event`` the short name the court publishes."""

    number: CaseNumber | None
    caption: str
    type: str
    chapter: str
    event: str
    at: datetime | None
    guid: str
    link: str
    title: str


class CourtRss:
    """See feeds.base.Feed."""

    name = NAME
    proves = "hint"
    cadence_minutes = 10
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = False
    settings: tuple[str, ...] = ("courts", "url")
    gaps_closed_by: tuple[str, ...] = ("court_docket",)

    def watches(self, obligor: Obligor) -> bool:
        return True

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        """One payload for each court of the setting ``courts``; the others still come when one fails."""
        wanted = [str(c) for c in watch.settings.get("courts") or ()]
        unknown = [c for c in wanted if c not in courts()]
        if not wanted or unknown:
            what = f"setting courts: {', '.join(unknown)} unknown" if unknown else "no courts are set"
            raise FeedFailed(f"court_rss: {what}. List ids of rules/courts.yaml, such as `courts: [nysb, deb]`.")
        failures: list[str] = []
        for court in wanted:
            try:
                answer = http.get(str(watch.settings.get("url") or URL).format(court=court))
            except (FeedFailed, HttpFailed) as error:
                failures.append(str(error))
                continue
            if answer.status != 200:
                failures.append(f"{court}: the court answered HTTP {answer.status}.")
                continue
            at, headers = answer.fetched_at, answer.headers
            yield Payload(NAME, f"{court}.xml", answer.url, answer.body, at, headers, answer.status)
        if failures:
            raise FeedFailed("; ".join(failures))

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        """When the court built the feed."""
        try:
            channel = _channel(body)
        except FeedChanged:
            return None
        return _instant(_text(channel, "lastBuildDate"))

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        """Hints and wake-ups. Raises FeedChanged when the payload is no RSS feed of a bankruptcy court."""
        if not payload.body.strip():
            return Parsed(errors=(f"{payload.name}: the court sent an empty document; nothing is known from it",))
        try:
            channel = _channel(payload.body)
        except FeedChanged as error:
            raise FeedChanged(f"{payload.name}: {error}") from error
        court = _court(channel)
        if court is None:
            raise FeedChanged(f"{payload.name}: the channel's link names no bankruptcy court. {GIVE}")
        built = _instant(_text(channel, "lastBuildDate"))
        items = [_item(node) for node in channel.findall("item")]
        errors = [f"{payload.name}: item {i.title[:60]!r} has no case number, event or date; it was not read"
                  for i in items if i.number is None or i.at is None]
        if built is None:
            errors.append(f"{payload.name}: no lastBuildDate; how far the court is read is not known")
        dated = [i.at for i in items if i.at]
        previous = _previous(watch.settings, court.id)
        lost = gap(previous, min(dated, default=None), built)
        if lost:
            errors.append(f"{court.id}: {lost}")
        parsed = _parsed(payload, watch, court, items, errors, built)
        return replace(parsed, gap_from=previous, gap_to=_reaches(dated, built)) if lost else parsed


def _reaches(dated: Sequence[datetime], built: datetime | None) -> datetime | None:
    """How far back the page goes: to its oldest item; one without items, a day."""
    return min(dated, default=built - WINDOW if built else None)


def gap(previous_through: datetime | None, oldest_item: datetime | None, last_build: datetime | None) -> str | None:
    """Entries lost between two polls, in one line; None when the page reaches back to what was read before.

    A busy court's page holds two hours, a quiet one's a day: what tells is the oldest item. A page without items
    reaches back one day; no page holds less than an hour, so that a quiet court polled in time is not called a gap.
    """
    if previous_through is None or last_build is None or last_build - previous_through <= SHORTEST:
        return None
    reaches = oldest_item if oldest_item is not None else last_build - WINDOW
    if reaches <= previous_through:
        return None
    return (f"entries between {previous_through.astimezone(UTC):%Y-%m-%d %H:%M} and "
            f"{reaches.astimezone(UTC):%Y-%m-%d %H:%M} UTC are lost: the feed keeps about a day. "
            "Save the docket reports again.")


def _parsed(
    payload: Payload, watch: Watch, court: Court, items: list[Item], errors: list[str], built: datetime | None
) -> Parsed:
    labels = load_labels(NAME)
    facts: dict[tuple[str, str], Fact] = {}
    texts: dict[str, str] = {}
    unmapped: dict[str, Unmapped] = {}
    wake: set[str] = set()
    for item in reversed(items):  # oldest first: the first sight of a case dates its hint
        label = labels.lookup(item.event)
        if item.type == "bk" and label is None:
            unmapped.setdefault(item.event, Unmapped(item.event or "(no event)", f"{court.id} {item.guid}"))
        if item.number is None or item.at is None or item.type != "bk":
            continue
        for obligor in watch.obligors:
            watched = any(matches(docket, court.id, item.number) for docket in obligor.dockets)
            told = label is not None and label.kind is not None
            if watched:
                wake.add("court_docket")
            if (watched and told) or (not watched and _names(obligor, item.caption)):
                fact = _hint(payload, obligor, court, item, label if told else None)
                facts.setdefault((fact.subject, fact.record), fact)
                texts.setdefault(fact.record, f"{item.title} [{item.event}]")
    return Parsed(
        facts=tuple(facts.values()), unmapped=tuple(unmapped.values()), errors=tuple(errors), through=built,
        jurisdiction=court.id, records=len(items), wake=frozenset(wake), texts=texts,
    )


def _hint(payload: Payload, obligor: Obligor, court: Court, item: Item, label: Label | None) -> Fact:
    """One fact for each event that matters, and one for each case otherwise, so that a busy case is one review item."""
    assert item.number is not None
    assert item.at is not None
    matter = f"{court.id} {item.number.text}"
    record = item.guid if label else matter
    return Fact(
        id=fact_id(NAME, record, "docket_reported", obligor.id), kind="docket_reported", subject=obligor.id,
        matter=matter, happened_on=When.on(item.at.astimezone(ZoneInfo(court.zone)).date()),
        known_at=payload.captured_at, published_at=item.at, source=NAME, record=record, zone=court.zone,
        fields={
            "document": matter, "document_type": item.event if label else None, "party": item.caption,
            "becomes": (label.get("becomes") or None) if label else None,
            "title": f"{item.title} [{item.event}]"[:200] if label else f"a case captioned {item.caption}"[:200],
            "url": item.link,
        },
    )


def _names(obligor: Obligor, caption: str) -> bool:
    folded = fold(caption)
    cut = len(folded) >= CUT and any(fold(own).startswith(folded) for own in names_of(obligor))
    return bool(folded) and (cut or is_like(obligor, caption))


def _channel(body: bytes) -> Element:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as first:
        try:
            root = fromstring(_mended(body))
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            said = " ".join(re.sub(rb"<[^>]*>", b" ", body[:2000]).decode("latin-1").split())[:80]
            why = " ".join(str(first).split())
            raise FeedChanged(f"not a readable RSS feed ({why}); it says: {said}. {GIVE}") from first
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        raise FeedChanged(f"not an RSS feed: the document is <{root.tag}>. {GIVE}")
    return channel


def _mended(body: bytes) -> bytes:
    """A bare ``&`` and control characters of a caption; nothing else is mended, least of all a missing end."""
    body = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b" ", body.lstrip())
    return re.sub(rb"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)", b"&amp;", body)


def _court(channel: Element) -> Court | None:
    found = re.search(r"ecf\.(\w+)\.uscourts\.gov", _text(channel, "link"))
    return courts().get(found[1]) if found else None


def _item(node: Element) -> Item:
    title, said = _text(node, "title"), _text(node, "description")
    number = case_number(title)
    caption = re.sub(r"^\S+\s*", "", title) if number else title
    kind, chapter = re.search(r"\bType:\s*(\w+)", said), re.search(r"\bChapter:\s*(\d+)", said)
    event = re.search(r"\[([^\]]*)\]", said)
    link = _text(node, "link")
    return Item(
        number, caption, kind[1].casefold() if kind else "", chapter[1] if chapter else "",
        " ".join(event[1].split()) if event else "", _instant(_text(node, "pubDate")),
        _text(node, "guid") or f"{link} {title}", link, title,
    )


def _text(node: Element, name: str) -> str:
    return " ".join((node.findtext(name) or "").split())


def _instant(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _previous(settings: Mapping[str, Any], court: str) -> datetime | None:
    """How far this court was read before, as the daemon hands it in: one instant, or one for each court id."""
    held = settings.get("previous_through")
    if isinstance(held, Mapping):
        held = held.get(court)
    if isinstance(held, str):
        held = datetime.fromisoformat(held)
    return held if isinstance(held, datetime) else None
