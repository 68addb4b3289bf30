"""SEC EDGAR submissions: what a company has filed, from the index alone; and form 25 texts (feeds/form25.py).

Endpoint   https://data.sec.gov/submissions/CIK##########.json, and the older pages it names under ``filings.files``
           (setting ``since``: pages that end before it are left out); form 25 texts from www.sec.gov/Archives, for
           filings of the last ``form25_days`` days (setting, 30).
Auth       no key. Setting ``user_agent`` is required and names a company and an e-mail address
           (https://www.sec.gov/os/accessing-edgar-data); at most 10 requests a second over all machines.
Cadence    every 10 minutes in filing hours.
Freshness  the file is rebuilt within a minute of a filing: one good read of all its pages says "nothing filed
           until now"; a poll in which one page failed proves nothing.
Volume     about 1,000 rows a company in the newest page; a few facts a year for a company in distress.
Proves     hints from the index, which names no class of security, neither voluntary nor involuntary, nor whose case;
           evidence only from the text of a form 25.
Traps      - acceptanceDateTime ends in Z but is Eastern in most companies' files and UTC in others: never read here.
             A filing counts as published at the end of its filingDate in New York.
           - reportDate of an 8-K is its *earliest* event: the fact happened between it and filingDate. In a form NT it
             is the end of a fiscal period, no event at all.
           - Items have one digit before 23 August 2004 (3 = bankruptcy).
           - Item 3.01 also reports audit-committee vacancies, voluntary moves and regained compliance; 2.04 spin-offs;
             1.03 comes again at each step of a case and at emergence.
           - Older pages have the arrays at top level and name no company: the file's own name says whose they are.
           - A report of item 1.03 whose first report lies on another page is not joined to it (pages are cut at about
             1,000 filings or a year, so this concerns old reports only).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.edgar_index import CHANGED, Row, labels_of, read_index, read_rows, refuse, ten_digits, whose
from feeds.form25 import parse_form25
from feeds.form25_text import FORMS, is_submission
from feeds.labels import Label, load_labels
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When, end_of_day, fact_id, local_date

ZONE = "America/New_York"
SUBMISSIONS = "https://data.sec.gov/submissions"
ARCHIVES = "https://www.sec.gov/Archives/edgar/data"
ONE_CASE = timedelta(days=60)
"""Reports of bankruptcy this close to the first one concern one case: one review item, not one for each."""


class EdgarFeed:
    """Submissions JSON and form 25 texts of the watched obligors, matched by CIK."""

    name = "edgar"
    proves = "hint"
    cadence_minutes = 10
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = False
    settings: tuple[str, ...] = ("user_agent", "since", "form25_days", "venues")
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return bool(obligor.cik)

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        """Newest page, older pages, recent form 25 texts of each obligor; what failed is raised at the end."""
        agent = _user_agent(watch.settings)
        since = _since(watch.settings)
        failures: list[str] = []
        for obligor in {ten_digits(o.cik): o for o in watch.obligors if o.cik}.values():
            name = f"CIK{ten_digits(obligor.cik)}.json"
            try:
                main = self._get(http, f"{SUBMISSIONS}/{name}", name, agent)
                yield main
                for older in _older_pages(main, since):
                    yield self._get(http, f"{SUBMISSIONS}/{older}", older, agent)
                for url, text_name in _recent_form25(main, obligor, watch.settings):
                    yield self._get(http, url, text_name, agent)
            except (FeedFailed, FeedChanged) as error:
                failures.append(f"{obligor.name}: {error}")
        if failures:
            raise FeedFailed("; ".join(failures))

    def _get(self, http: Http, url: str, name: str, agent: str) -> Payload:
        answer = http.get(url, headers={"User-Agent": agent})
        refuse(answer.status, answer.body, name)
        return Payload(self.name, name, answer.url, answer.body, answer.fetched_at, answer.headers, answer.status)

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        if is_submission(payload.body):
            return parse_form25(payload, watch, self.name)
        document, columns = read_index(payload)
        cik = whose(payload, document)
        rows, errors = read_rows(columns, payload.name)
        obligors = [o for o in watch.obligors if o.cik and ten_digits(o.cik) == cik]
        if not obligors:
            return Parsed(records=len(rows), errors=tuple(errors))
        facts: dict[str, Fact] = {}
        texts: dict[str, str] = {}
        unmapped: dict[str, Unmapped] = {}
        cases = _cases(rows)
        for row in rows:
            for label in labels_of(row):
                meaning = load_labels(self.name).lookup(label)
                if meaning is None:
                    unmapped.setdefault(label, Unmapped(label, f"{payload.name} {row.accession}"))
                elif meaning.kind is not None:
                    for obligor in obligors:
                        fact = _fact(self.name, row, label, meaning, obligor, payload.captured_at, cases)
                        facts[fact.id] = fact
                        texts[fact.record] = _words(row, label, meaning)
        older = "filings" not in document  # years ago: by itself it says nothing of today
        return Parsed(
            facts=tuple(facts.values()), unmapped=tuple(unmapped.values()), errors=tuple(errors),
            through=None if errors or older else payload.captured_at, records=len(rows), texts=texts,
        )

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        return None


# --- facts ------------------------------------------------------------------------------------------------------


def _cases(rows: Iterable[Row]) -> Mapping[str, str]:
    """Accession of each report of bankruptcy -> accession of the first report of that case. Rows come oldest first."""
    cases: dict[str, str] = {}
    first: Row | None = None
    for row in rows:
        if not any(_kind(label) == "bankruptcy_reported" for label in labels_of(row)):
            continue
        if first is None or row.filed - first.filed > ONE_CASE:
            first = row
        cases[row.accession] = first.accession
    return cases


def _kind(label: str) -> str | None:
    meaning = load_labels("edgar").lookup(label)
    return meaning.kind if meaning else None


def _fact(
    source: str, row: Row, label: str, meaning: Label, obligor: Obligor, known_at: datetime, cases: Mapping[str, str]
) -> Fact:
    item = label.split()[-1] if label.startswith("8-K ") else ""
    kind = meaning.kind or ""
    record = f"{row.accession} {item or row.form}"
    if kind == "bankruptcy_reported":
        matter = f"edgar {cases[row.accession]}"
    else:
        matter = f"edgar {row.accession} {item}".rstrip()
    happened = When.on(row.filed)
    if item and row.reported is not None and row.reported < row.filed:
        happened = When(row.reported, row.filed)
    return Fact(
        id=fact_id(source, record, kind, obligor.id), kind=kind, subject=obligor.id, matter=matter,
        happened_on=happened, known_at=known_at, source=source, record=record,
        published_at=end_of_day(row.filed, ZONE),
        fields={
            "form": row.form, **({"items": ",".join(row.items)} if item else {}),
            "title": meaning.get("title"), "url": index_url(obligor.cik, row.accession),
        },
    )


def _words(row: Row, label: str, meaning: Label) -> str:
    what = f"Form {row.form}" + (f", item {label.split()[-1]}" if label.startswith("8-K ") else "")
    when = f"filed {row.filed}" + (f", report date {row.reported}" if row.reported else "")
    return f"{what}: {meaning.get('title')} ({when})"


def index_url(cik: str, accession: str) -> str:
    """The filing's index page on sec.gov."""
    return f"{ARCHIVES}/{int(cik)}/{accession.replace('-', '')}/{accession}-index.htm"


# --- live -------------------------------------------------------------------------------------------------------


def names_a_caller(agent: str) -> bool:
    """Whether it holds a name and an e-mail address, without which the SEC answers nobody."""
    return bool(re.search(r"\S+\s+.*\S+@\S+\.\S+|\S+@\S+\.\S+\s+\S+", agent))


def _user_agent(settings: Mapping[str, Any]) -> str:
    agent = str(settings.get("user_agent") or "").strip()
    if not names_a_caller(agent):
        raise FeedFailed("edgar: the SEC wants to know who asks. Set `user_agent: Your Company you@example.com`.")
    return agent


def _since(settings: Mapping[str, Any]) -> date | None:
    since = settings.get("since")
    try:
        return date.fromisoformat(str(since)) if since else None
    except ValueError as error:
        raise FeedFailed(f"edgar: setting since is {since!r}. Write a date such as 2019-10-01.") from error


def _older_pages(main: Payload, since: date | None) -> list[str]:
    document, _ = read_index(main)
    pages: list[str] = []
    for entry in document["filings"].get("files") or ():
        name, ends = str(entry.get("name", "")), str(entry.get("filingTo", ""))
        if not re.fullmatch(r"CIK\d{10}-submissions-\d{3,}\.json", name):
            raise FeedChanged(f"{main.name}: an older page is named {name!r}. {CHANGED}")
        if since is None or not ends or ends >= since.isoformat():
            pages.append(name)
    return pages


def _recent_form25(main: Payload, obligor: Obligor, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(url, name) of the full text of each form 25 filed lately: it names the class, which the index does not."""
    _, columns = read_index(main)
    days = str(settings.get("form25_days", 30))
    if not days.isdigit() or len(days) > 5:
        raise FeedFailed(f"edgar: setting form25_days is {days!r}. Write a number of days such as 30.")
    earliest = local_date(main.captured_at, ZONE) - timedelta(days=int(days))
    return [
        (f"{ARCHIVES}/{int(obligor.cik)}/{row.accession.replace('-', '')}/{row.accession}.txt", f"{row.accession}.txt")
        for row in read_rows(columns, main.name)[0]
        if row.form in FORMS and row.filed >= earliest
    ]
