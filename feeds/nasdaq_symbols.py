"""Nasdaq Trader symbol directory: is the maker's symbol still in the list, and with which financial status.

Endpoint   https://www.nasdaqtrader.com/dynamic/SymDir/nasdaqlisted.txt and otherlisted.txt, pipe-separated.
Auth       none.
Cadence    twice a day (the files are rebuilt during the day and for good at about 21:30 Eastern).
Freshness  the last row, ``File Creation Time: MMDDYYYYHH:MM``, Eastern. Older than three days: stale, nothing is read.
           Without that row the file may be cut off: it proves no absence.
Volume     about 5,000 rows (nasdaqlisted) and 6,600 (otherlisted); setting ``min_rows`` refuses less than that.
Proves     hints only. An issuer in bankruptcy tends to vanish from the list; a form 25 confirms it.
Traps      - An HTML page "Page Not Available" comes (or was saved) as the list; mirrors serve lists years old.
           - Until about 2016 nasdaqlisted had six columns. otherlisted has no financial status. Its last row has seven
             fields where the others have eight.
           - One symbol for each class (ABVE common, ABVEW warrants): only the exact symbol counts.
           - Every NYSE symbol is absent from nasdaqlisted: absence is reported only for symbols that the setting
             ``tickers: {SYMBOL: nasdaqlisted | otherlisted, or a venue id}`` says were there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.labels import Label, load_labels
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When, fact_id

ZONE = "America/New_York"
SITE = "https://www.nasdaqtrader.com/dynamic/SymDir"
FILES = ("nasdaqlisted", "otherlisted")
LAYOUTS: Mapping[tuple[str, ...], str] = {
    ("Symbol", "Security Name", "Market Category", "Test Issue", "Financial Status", "Round Lot Size", "ETF",
     "NextShares"): "nasdaqlisted",
    ("Symbol", "Security Name", "Market Category", "Test Issue", "Financial Status", "Round Lot Size"): "nasdaqlisted",
    ("ACT Symbol", "Security Name", "Exchange", "CQS Symbol", "ETF", "Round Lot Size", "Test Issue",
     "NASDAQ Symbol"): "otherlisted",
}
GIVE = f"Fetch {SITE}/nasdaqlisted.txt or otherlisted.txt again."
SYMBOLS = ("Symbol", "ACT Symbol", "CQS Symbol", "NASDAQ Symbol")
TRAILER = "File Creation Time:"
STALE = timedelta(days=3)


class NasdaqSymbolsFeed:
    """The two symbol files; each payload is one file."""

    name = "nasdaq_symbols"
    proves = "hint"
    cadence_minutes = 720
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = False
    settings: tuple[str, ...] = ("tickers", "min_rows")
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return bool(obligor.tickers)

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        failures: list[str] = []
        for file in FILES:
            try:
                answer = http.get(f"{SITE}/{file}.txt")
                if answer.status != 200:
                    raise FeedFailed(f"{file}.txt: Nasdaq Trader answered HTTP {answer.status}.")
                yield Payload(self.name, f"{file}.txt", answer.url, answer.body, answer.fetched_at, answer.headers)
            except FeedFailed as error:
                failures.append(str(error))
        if failures:
            raise FeedFailed("; ".join(failures))

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        file, header, rows, errors = _table(payload)
        least = str(watch.settings.get("min_rows", 0))
        if not least.isdigit():
            raise FeedChanged(f"nasdaq_symbols: setting min_rows is {least!r}. Write a number such as 4000.")
        if len(rows) < int(least):
            raise FeedChanged(f"{payload.name}: {len(rows)} symbols, at least {least} expected: cut off. {GIVE}")
        created = _created(payload.body)
        if created is None:
            errors.append(f"{payload.name}: no File Creation Time: the list may be cut off, so it proves no absence.")
        elif not timedelta(days=-1) <= payload.captured_at - created <= STALE:
            errors.append(f"{payload.name}: the list is of {created:%Y-%m-%d %H:%M %Z}, captured "
                          f"{payload.captured_at:%Y-%m-%d}: stale, not read.")
            return Parsed(errors=tuple(errors), records=len(rows))
        by_symbol = _by_symbol(header, rows)
        facts: list[Fact] = []
        unmapped: dict[str, Unmapped] = {}
        texts: dict[str, str] = {}
        for obligor in watch.obligors:
            for ticker in obligor.tickers:
                row = by_symbol.get(_symbol(ticker))
                if row is not None:
                    label = f"status: {row.get('Financial Status', '')}"
                elif created is not None and not errors and _expected(ticker, watch) == file:
                    label = "missing"
                else:
                    continue
                meaning = load_labels(self.name).lookup(label)
                if meaning is None:
                    unmapped[label] = Unmapped(label, f"{payload.name} {ticker}")
                elif meaning.kind:
                    fact = _fact(payload, file, obligor, ticker, label, meaning, row, created)
                    facts.append(fact)
                    texts[fact.record] = str(fact.fields["title"])
        unmapped |= _unknown_letters(payload.name, header, rows)
        return Parsed(
            facts=tuple(facts), unmapped=tuple(unmapped.values()), errors=tuple(errors),
            through=None if errors else created, records=len(rows), texts=texts,
            wake=frozenset({"edgar"} if facts else ()),
        )

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        """The list's own creation time."""
        return _created(body)


def _table(payload: Payload) -> tuple[str, tuple[str, ...], list[Sequence[str]], list[str]]:
    """Which file it is, its columns, its rows, and a line for each row that cannot be read."""
    text = payload.body.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] == "<":
        raise FeedChanged(f"{payload.name}: an HTML page was saved as the symbol list. {GIVE}")
    lines = text.splitlines()
    header = tuple(c.strip() for c in lines[0].split("|")) if lines else ()
    file = LAYOUTS.get(header)
    if file is None:
        raise FeedChanged(f"{payload.name}: columns are {'|'.join(header)[:120] or 'missing'}, "
                          f"not those of nasdaqlisted.txt or otherlisted.txt. {GIVE}")
    rows: list[Sequence[str]] = []
    errors: list[str] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith(TRAILER):
            continue
        cells = line.split("|")
        if len(cells) == len(header):
            rows.append(cells)
        else:
            errors.append(f"{payload.name}:{number}:1: {len(cells)} fields, not {len(header)}. Fetch the file again.")
    if len(errors) > max(5, len(rows) // 100):
        raise FeedChanged(f"{payload.name}: {len(errors)} rows do not fit the columns. {GIVE}")
    return file, header, rows, errors


def _created(body: bytes) -> datetime | None:
    """The instant of the last row, which Nasdaq writes in Eastern time."""
    last = body.rstrip()[-200:].decode("utf-8", "replace").splitlines()[-1:]
    if not last or not last[0].startswith(TRAILER):
        return None
    stamp = last[0].removeprefix(TRAILER).split("|")[0].strip()
    try:
        return datetime.strptime(stamp, "%m%d%Y%H:%M").replace(tzinfo=ZoneInfo(ZONE))
    except ValueError:
        return None


def _by_symbol(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    columns = [i for i, c in enumerate(header) if c in SYMBOLS]
    test = header.index("Test Issue")
    for cells in rows:
        if cells[test].strip() != "Y":
            row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            for i in columns:
                found.setdefault(_symbol(cells[i]), row)
    return found


def _unknown_letters(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Unmapped]:
    """Status letters anywhere in the list that no label covers: the list has learned a new word."""
    if "Financial Status" not in header:
        return {}
    at, symbol = header.index("Financial Status"), 0
    seen = {f"status: {cells[at].strip()}": cells[symbol] for cells in rows}
    labels = load_labels("nasdaq_symbols")
    unknown = ((label, ticker) for label, ticker in seen.items() if labels.lookup(label) is None)
    return {label: Unmapped(label, f"{name} {ticker}") for label, ticker in unknown}


def _expected(ticker: str, watch: Watch) -> str:
    """The file a symbol was in before, by the setting ``tickers``; empty when it is not said."""
    tickers = watch.settings.get("tickers")
    if not isinstance(tickers, Mapping):
        return ""
    where = str({_symbol(str(k)): v for k, v in tickers.items()}.get(_symbol(ticker), ""))
    if where.startswith("nasdaq"):
        return "nasdaqlisted"
    return "otherlisted" if where == "otherlisted" or where.startswith(("nyse", "amex")) else ""


def _symbol(text: str) -> str:
    """BRK-A, BRK/A and BRK.A are one symbol."""
    return text.strip().upper().replace("-", ".").replace("/", ".").replace(" ", ".")


def _fact(
    payload: Payload, file: str, obligor: Obligor, ticker: str, label: str, meaning: Label,
    row: Mapping[str, str] | None, created: datetime | None,
) -> Fact:
    moment = created or payload.captured_at
    day = moment.astimezone(ZoneInfo(ZONE)).date()
    kind = meaning.kind or ""
    letter = label.removeprefix("status: ") if row is not None else ""
    record = f"{file} {ticker} {letter or 'missing'} {day}"
    said = f"{ticker} ({row['Security Name']}): financial status {letter}, " if row is not None else f"{ticker}: "
    return Fact(
        id=fact_id(payload.feed, record, kind, obligor.id), kind=kind, subject=obligor.id,
        matter="common stock listing", happened_on=When.on(day), known_at=payload.captured_at, source=payload.feed,
        record=record, published_at=created, zone=ZONE,
        fields={
            **({"form": letter} if letter else {}),
            "title": f"{said}{meaning.get('title')} ({file}.txt of {day})", "url": f"{SITE}/{file}.txt",
        },
    )
