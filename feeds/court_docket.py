"""Bankruptcy docket reports as courts print them (CM/ECF, saved HTML): evidence from the court's record.

A docket report costs money on PACER and needs a login, so live reading takes the pages that counsel saves into a folder
(setting ``saved_pages``). What counts is the header (petition, dismissal, conversion dates) and the text of entries;
see docs/feeds/court-docket.md for what proves what, and rules/labels/court_docket.yaml for the patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.courts import CaseNumber, Court, case_number, court_of, matches
from feeds.docket_entries import NAME, Meaning, lead_of, meanings
from feeds.docket_page import GIVE, DocketPage, Entry, NotADocket, Party, local_time, read_docket
from feeds.labels import load_labels
from feeds.names import digits, is_like, is_named
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, Moment, Scalar, When, fact_id

SAME_ENDING = timedelta(days=30)
"""The header's date of an ending and its entry differ by days (signed, filed, entered): within this they are one."""
NO_LIMIT = 99_999
"""CM/ECF prints "Doc To: 99999999" when no last document was asked for."""
DEBTOR_CHAPTERS = frozenset({"7", "9", "11", "12", "13"})


@dataclass(frozen=True, slots=True)
class Case:
    """A docket page with its court, case number and clock."""

    page: DocketPage
    court: Court
    number: CaseNumber
    zone: str
    read_at: datetime

    @property
    def matter(self) -> str:
        """``flsb 10-13020``: court and number without the judge, who may change."""
        return f"{self.court.id} {self.number.text}"

    @property
    def petition_kind(self) -> str:
        return "involuntary_petition" if self.page.involuntary else "voluntary_petition"


@dataclass(frozen=True, slots=True)
class Found:
    """A fact to be, before it is known about whom: its record, kind, date, words and fields."""

    record: str
    kind: str
    when: date
    text: str
    fields: Mapping[str, Scalar]


class CourtDocket:
    """See feeds.base.Feed."""

    name = NAME
    proves = "evidence"
    cadence_minutes = 60
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = False
    settings: tuple[str, ...] = ("saved_pages",)
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return bool(obligor.dockets)

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        """The pages in the folder ``saved_pages``. Raises FeedFailed when it is not set or not there."""
        setting = str(watch.settings.get("saved_pages") or "")
        if not setting:
            raise FeedFailed("court_docket: no folder is set. Write `saved_pages: FOLDER`, where reports are saved.")
        folder = Path(setting)
        if not folder.is_dir():
            raise FeedFailed(f"court_docket: {folder} is no folder. Make it, or correct `saved_pages`.")
        for path in sorted(p for p in folder.rglob("*") if p.suffix.casefold() in (".html", ".htm")):
            try:
                body, saved = path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except OSError as error:
                raise FeedFailed(f"court_docket: {path.name} cannot be read: {error.strerror}.") from error
            name = path.relative_to(folder).as_posix()
            yield Payload(self.name, name, f"file:{name}", body, self.captured_at(body, name) or saved)

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        """The time on the page's PACER receipt, read on the court's clock; None without a receipt."""
        try:
            page = read_docket(body)
        except NotADocket:
            return None
        court = court_of(page.district)
        return _received(page, court.zone_at(page.division)) if court else None

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        """Facts of the watched obligors who are the debtor. Raises FeedChanged when the page is no docket report."""
        try:
            page = read_docket(payload.body)
        except NotADocket as error:
            raise FeedChanged(f"{payload.name}: {error}. {GIVE}") from error
        court, number = court_of(page.district), case_number(page.number)
        if court is None:
            raise FeedChanged(f"{payload.name}: court {page.district!r} is not in rules/courts.yaml. {GIVE}")
        if number is None:
            raise FeedChanged(f"{payload.name}: {page.number!r} is no case number. {GIVE}")
        if page.kind == "adversary":  # a lawsuit inside a case: it carries the debtor's name and decides nothing here
            return Parsed(records=len(page.entries))
        zone = court.zone_at(page.division)
        case = Case(page, court, number, zone, _received(page, zone) or payload.captured_at)
        if "date filed" not in page.dates:
            raise FeedChanged(f"{payload.name}: the header of {case.matter} has no date filed. {GIVE}")
        return _parsed(case, payload, watch)


def _parsed(case: Case, payload: Payload, watch: Watch) -> Parsed:
    page = case.page
    said = meanings(page.entries, bool(page.involuntary))
    errors = [f"{payload.name}: {error}" for error in page.errors]
    if not page.whole:
        errors.append(f"{payload.name}: the page breaks off; entries after the last one shown are not known")
    if page.involuntary is None:
        errors.append(f"{payload.name}: the header of {case.matter} says neither Voluntary nor Involuntary")
    found, unmapped = _found(case, said)
    facts: list[Fact] = []
    texts: dict[str, str] = {}
    known = False
    for obligor in watch.obligors:
        standing, party = _identity(case, obligor)
        if standing == "debtor":
            known = True
            chosen = found
        elif standing == "like":
            chosen = [_like(case, party)]
        else:
            continue
        facts += [_fact(case, payload, obligor, item) for item in chosen]
        texts |= {item.record: item.text for item in chosen}
        if standing == "debtor":
            facts += [_withdrawn(case, payload, obligor, m) for m in said if m.void and m.label and m.label.kind]
    if watch.obligors and not facts:
        debtor = page.debtors[0].name if page.debtors else "(not named)"
        errors.append(f"{payload.name}: the debtor of {case.matter}, {debtor}, is not watched; nothing was taken")
    return Parsed(
        facts=tuple(facts), unmapped=tuple(unmapped), errors=tuple(errors),
        through=_through(case) if known else None, records=len(page.entries), texts=texts,
    )


def _found(case: Case, said: Sequence[Meaning]) -> tuple[list[Found], list[Unmapped]]:
    """What the docket shows, whoever the debtor is: the petition, then the header's dates, then the entries."""
    page, found, unmapped = case.page, [_petition(case)] if case.page.involuntary is not None else [], []
    labels = load_labels(NAME)
    for meaning in said:
        if meaning.void:
            continue
        record = _record(case, meaning.entry)
        if meaning.label is None:
            unmapped.append(Unmapped(lead_of(meaning.entry.text), record))
        elif meaning.label.kind:
            entry = meaning.entry
            found.append(Found(record, meaning.label.kind, entry.filed, entry.text, _fields(case, meaning)))
    header = f"{case.matter} header"
    seen = {f.kind for f in found}
    for name, day in page.dates.items():
        label = labels.lookup(f"header {name}")
        if label is None:
            unmapped.append(Unmapped(f"header {name}", header))
        elif label.kind and not any(f.kind == label.kind and abs(f.when - day) <= SAME_ENDING for f in found):
            found.append(Found(header, label.kind, day, f"{name.capitalize()}: {day:%m/%d/%Y}", {}))
            seen.add(label.kind)
    if "DISMISSED" in {flag.upper() for flag in page.flags} and "case_dismissed" not in seen:
        found.append(Found(header, "docket_reported", case.read_at.astimezone(ZoneInfo(case.zone)).date(),
                           "Flag DISMISSED; the page gives no date of dismissal",
                           _hint(case, "flag", "case_dismissed", "flag DISMISSED without a date")))
    return found, unmapped


def _petition(case: Case) -> Found:
    page = case.page
    day = page.dates["date filed"]
    text = page.header[:300]
    if page.first_chapter in DEBTOR_CHAPTERS:
        return Found(f"{case.matter} header", case.petition_kind, day, text,
                     {"court": case.court.id, "chapter": page.first_chapter})
    # Chapter 15 (11 U.S.C. 1504, 1515): a foreign representative asks for recognition. It is no case by or against the
    # debtor under chapter 7 or 11; the foreign proceeding behind it may be one of clause (e) or (f). A person decides.
    title = "recognition of a foreign proceeding" if page.first_chapter == "15" else "petition of another kind"
    return Found(f"{case.matter} header", "docket_reported", day, text,
                 _hint(case, f"chapter {page.first_chapter or '?'} petition", "analogous_proceeding", title))


def _identity(case: Case, obligor: Obligor) -> tuple[str, str]:
    """``debtor`` (docket listed, same EIN, or same name), ``like`` (a person compares), or ``""``; and the party meant.

    Only spouses file jointly (11 U.S.C. 302): a second corporate debtor on a docket has a case of its own.
    """
    debtors = case.page.debtors
    main = debtors[0] if debtors else None
    if any(matches(docket, case.court.id, case.number) for docket in obligor.dockets):
        return "debtor", main.name if main else ""
    if main:
        own, theirs = digits(obligor.ein), digits(main.ein)
        if own and own == theirs:
            return "debtor", main.name
        if is_named(obligor, main.name):
            return ("like" if own and theirs else "debtor"), main.name  # one name, two EINs: two companies
        if is_like(obligor, main.name):
            return "like", main.name
    for party in case.page.parties:
        if _could_be_debtor(party):
            for name in (party.name, *party.also):
                if is_named(obligor, name):
                    return "like", name
    return "", ""


def _could_be_debtor(party: Party) -> bool:
    return bool(re.search(r"debtor|foreign representative", party.role, re.I))


def _like(case: Case, party: str) -> Found:
    becomes = case.petition_kind if case.page.first_chapter in DEBTOR_CHAPTERS else "analogous_proceeding"
    fields = _hint(case, f"chapter {case.page.first_chapter} petition", becomes, f"a debtor named {party}")
    day = case.page.dates["date filed"]
    return Found(case.matter, "docket_reported", day, case.page.header[:300], {**fields, "party": party})


def _hint(case: Case, document_type: str, becomes: str, title: str) -> dict[str, Scalar]:
    debtors = case.page.debtors
    return {
        "document": case.matter, "document_type": document_type, "party": debtors[0].name if debtors else None,
        "becomes": becomes or None, "title": title[:200], "url": f"https://ecf.{case.court.id}.uscourts.gov/",
    }


def _fields(case: Case, meaning: Meaning) -> dict[str, Scalar]:
    label = meaning.label
    assert label is not None
    if label.kind == "docket_reported":
        return _hint(case, label.text, label.get("becomes"), meaning.entry.text)
    if label.kind == "involuntary_acquiesced":
        return {"in_writing": label.get("in_writing") == "true"}  # filed with the court, hence in writing
    return {}


def _fact(case: Case, payload: Payload, obligor: Obligor, item: Found) -> Fact:
    return Fact(
        id=fact_id(NAME, item.record, item.kind, obligor.id), kind=item.kind, subject=obligor.id, matter=case.matter,
        happened_on=When.on(item.when), known_at=payload.captured_at, source=NAME, record=item.record,
        published_at=case.read_at, zone=case.zone, fields=item.fields,
    )


def _withdrawn(case: Case, payload: Payload, obligor: Obligor, meaning: Meaning) -> Fact:
    """The entry was made in error: what an earlier copy of the docket said by it is taken back."""
    record, kind = _record(case, meaning.entry), meaning.label.kind if meaning.label else ""
    return Fact(
        id=fact_id(NAME, record, "retraction", obligor.id), kind="retraction", subject=obligor.id, matter="retraction",
        happened_on=When.on(meaning.entry.filed), known_at=payload.captured_at, source=NAME, record=record,
        published_at=case.read_at, supersedes=fact_id(NAME, record, str(kind), obligor.id), zone=case.zone,
        fields={"reason": f"the court's docket marks the entry as made in error: {meaning.entry.text[:160]}"},
    )


def _record(case: Case, entry: Entry) -> str:
    """Stable when the page is fetched again: the entry's number, else its date and first words (notes are appended)."""
    if entry.number:
        return f"{case.matter} #{entry.number}"
    words = re.sub(r"^\W*corrective entry:?\W*|\W*\bentered in error\b\W*|\(.*", " ", entry.text, flags=re.I | re.S)
    return f"{case.matter} {entry.filed:%Y-%m-%d} {' '.join(re.findall(r'[a-z0-9]+', words.casefold())[:8])}"


def _received(page: DocketPage, zone: str) -> datetime | None:
    return local_time(page.received).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if page.received else None


def _through(case: Case) -> Moment | None:
    """How far the docket was read: to the receipt's time when the report was asked for from the first day and entry.

    A range of dates or of document numbers hides entries: a report that starts late or stops early proves no absence.
    """
    page, asked = case.page, case.page.criteria
    if asked is None or page.received is None or not page.whole or page.errors or asked.first_number > 1:
        return None
    if asked.last_number is not None and asked.last_number < NO_LIMIT:
        return None
    if asked.first is not None and asked.first > page.dates["date filed"]:
        return None
    if asked.last is not None and asked.last < case.read_at.astimezone(ZoneInfo(case.zone)).date():
        return asked.last
    return case.read_at
