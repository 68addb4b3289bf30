"""Nasdaq Trader's trade halts: halts of the maker's symbol on any U.S. market.

Endpoint   https://www.nasdaqtrader.com/rss.aspx?feed=tradehalts; setting ``haltdates`` (list of dates) also reads
           ``&haltdate=MMDDYYYY``, for days missed.
Auth       none; Nasdaq asks for no more than one request a minute.
Cadence    every minute in trading hours.
Freshness  the channel's pubDate is when the page was made: read through it. Older than an hour: stale.
Volume     10 to 40 items a day; the page lists halts of the day and those still in force.
Proves     hints only: a halt leaves a listing intact, and even code D (deleted) is confirmed by a form 25.
Traps      - UTF-8 BOM, CRLF; halt times on the Eastern clock without offset, with or without milliseconds. An item's
             own pubDate is midnight Eastern of the halt date.
           - A halt changes its code while it lasts (T1, then T2) and gains resumption times: one halt, a new version.
           - Most halts are volatility pauses (LUDP, M, T5): noise, by rules/labels/nasdaq_halts.yaml.
           - Halts years old stay in the list (SVA since 2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.labels import Label, load_labels
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When, fact_id

ZONE = "America/New_York"
URL = "https://www.nasdaqtrader.com/rss.aspx"
GIVE = f"Fetch {URL}?feed=tradehalts again."
CHANGED = f"{GIVE} If this is it, its format has changed: report that."
NS = "{http://www.nasdaqtrader.com/}"
NEEDED = ("HaltDate", "HaltTime", "IssueSymbol", "ReasonCode")
STALE = timedelta(hours=1)


class NasdaqHaltsFeed:
    name = "nasdaq_halts"
    proves = "hint"
    cadence_minutes = 1
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = False
    settings: tuple[str, ...] = ("haltdates",)
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return bool(obligor.tickers)

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        for day in (None, *_days(watch.settings)):
            params = {"feed": "tradehalts"} | ({"haltdate": f"{day:%m%d%Y}"} if day else {})
            answer = http.get(URL, params=params)
            if answer.status != 200:
                raise FeedFailed(f"nasdaq_halts: Nasdaq Trader answered HTTP {answer.status}.")
            name = f"tradehalts-{day}.rss" if day else "tradehalts.rss"
            yield Payload(self.name, name, answer.url, answer.body, answer.fetched_at, answer.headers)

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        channel = _channel(payload.body, payload.name)
        made = _made(channel)
        if made is None:
            raise FeedChanged(f"{payload.name}: the channel has no readable pubDate. {CHANGED}")
        items = channel.findall("item")
        errors = _completeness(payload, channel, made, len(items))
        watched = {_symbol(t): o for o in watch.obligors for t in o.tickers}
        facts: dict[str, Fact] = {}
        texts: dict[str, str] = {}
        unmapped: dict[str, Unmapped] = {}
        for number, item in enumerate(items, 1):
            values = {n.tag.removeprefix(NS): " ".join((n.text or "").split()) for n in item if n.tag.startswith(NS)}
            lacking = [n for n in NEEDED if n not in values]
            if lacking:
                raise FeedChanged(f"{payload.name}: item {number} has no {', '.join(lacking)}. {CHANGED}")
            meaning = load_labels(self.name).lookup(values["ReasonCode"])
            if meaning is None:
                code = values["ReasonCode"]
                unmapped.setdefault(code, Unmapped(code, f"{payload.name} item {number} ({values['IssueSymbol']})"))
                continue
            obligor = watched.get(_symbol(values["IssueSymbol"]))
            if obligor is None or meaning.kind is None:
                continue
            try:
                fact = _fact(payload, obligor, values, meaning)
            except ValueError as error:
                errors.append(f"{payload.name}: item {number} ({values['IssueSymbol']}): {error}")
                continue
            facts[fact.id] = fact
            texts[fact.record] = str(fact.fields["title"])
        return Parsed(
            facts=tuple(facts.values()), unmapped=tuple(unmapped.values()), errors=tuple(errors),
            through=None if errors else made, records=len(items), texts=texts,
            wake=frozenset({"edgar"} if facts else ()),
        )

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        """The channel's pubDate."""
        try:
            return _made(_channel(body, name))
        except FeedChanged:
            return None


def _channel(body: bytes, name: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(body.lstrip(b"\xef\xbb\xbf \r\n\t"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        what = type(error).__name__ if isinstance(error, DefusedXmlException) else str(error)
        raise FeedChanged(f"{name}: not readable as the trade halts RSS ({what}). {GIVE}") from error
    channel = root.find("channel") if root.tag == "rss" else None
    if channel is None:
        raise FeedChanged(f"{name}: not an RSS channel but <{root.tag}>. {GIVE}")
    return channel


def _made(channel: Element) -> datetime | None:
    try:
        made = parsedate_to_datetime(channel.findtext("pubDate", ""))
    except (ValueError, TypeError):
        return None
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)


def _completeness(payload: Payload, channel: Element, made: datetime, count: int) -> list[str]:
    errors: list[str] = []
    stated = channel.findtext(f"{NS}numItems")
    if stated is None or stated.strip() != str(count):
        errors.append(f"{payload.name}: {count} items, the channel says {stated or 'nothing'}: the page is cut off.")
    if payload.captured_at - made > STALE:
        errors.append(f"{payload.name}: made {made:%Y-%m-%d %H:%M} UTC, over an hour before it was captured: stale.")
    return errors


def _fact(payload: Payload, obligor: Obligor, values: Mapping[str, str], meaning: Label) -> Fact:
    """One halt. Raises ValueError when its date or time cannot be read."""
    symbol, code = values["IssueSymbol"], values["ReasonCode"]
    day = datetime.strptime(values["HaltDate"], "%m/%d/%Y").date()  # noqa: DTZ007  (a date, no clock)
    at = time.fromisoformat(values["HaltTime"]) if values["HaltTime"] else None
    moment: date | datetime = day if at is None else datetime.combine(day, at, tzinfo=ZoneInfo(ZONE))
    record = f"{symbol} {day} {at.isoformat('seconds') if at else ''}".rstrip()
    kind = meaning.kind or ""
    resumed = " ".join(v for v in (values.get("ResumptionDate"), values.get("ResumptionTradeTime")) if v)
    title = f"{symbol} ({values.get('IssueName', '')}) halted on {values.get('Market') or 'its market'}, {code}: " \
            f"{meaning.get('title')}" + (f"; trading resumes {resumed} Eastern" if resumed else "")
    return Fact(
        id=fact_id(payload.feed, record, kind, obligor.id), kind=kind, subject=obligor.id, matter=f"halt {record}",
        happened_on=When.on(moment), known_at=payload.captured_at, source=payload.feed, record=record,
        published_at=moment if isinstance(moment, datetime) else None, zone=ZONE,
        fields={"form": code, "title": title, "url": f"{URL}?feed=tradehalts&haltdate={day:%m%d%Y}"},
    )


def _symbol(text: str) -> str:
    return text.strip().upper().replace("-", ".").replace("/", ".")


def _days(settings: Mapping[str, Any]) -> list[date]:
    try:
        return [date.fromisoformat(str(d)) for d in settings.get("haltdates") or ()]
    except ValueError as error:
        raise FeedFailed(f"nasdaq_halts: setting haltdates: {error}. Write dates such as 2019-10-01.") from error
