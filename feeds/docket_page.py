"""The HTML of a bankruptcy docket report as CM/ECF prints it, read into a ``DocketPage``. Nothing is classified here.

Layouts seen: entries under "Filing Date" or "Docket Date", with or without a "#" column, in one table or a new one
every hundred entries, and pages without any entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from feeds.docket_html import Piece, Stream

MAX_BYTES = 50_000_000
GIVE = "Save the docket report of the bankruptcy court again, as a whole page in HTML."


class NotADocket(ValueError):
    """The page is no bankruptcy docket report; the message says what it looks like, in one line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the docket. ``filed`` is the date column, ``entered`` the "(Entered: ...)" of the text, if any."""

    filed: date
    entered: date | None
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Party:
    """One party block: ``role`` as printed (Debtor, Petitioning Creditor ...), ``also`` its aka, dba and fka names."""

    role: str
    name: str
    ein: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criteria:
    """What the user asked the docket report for, as the PACER receipt repeats it. A filter hides entries."""

    first: date | None = None
    last: date | None = None
    first_number: int = 0
    last_number: int | None = None


@dataclass(frozen=True, slots=True)
class DocketPage:
    """One docket report. ``kind`` is ``bankruptcy`` or ``adversary``; ``dates`` are the header's dates by their label.

    ``received`` is the receipt's local time without zone (the court's clock), None when the page has no receipt.
    ``whole``: the page ends as CM/ECF ends it, so no entry was cut off. ``errors``: rows that could not be read.
    """

    kind: str
    district: str
    division: str
    number: str
    chapter: str
    first_chapter: str
    involuntary: bool | None
    dates: dict[str, date]
    flags: tuple[str, ...]
    disposition: str
    parties: tuple[Party, ...]
    entries: tuple[Entry, ...]
    received: str | None
    criteria: Criteria | None
    whole: bool
    header: str
    errors: tuple[str, ...] = ()

    @property
    def debtors(self) -> tuple[Party, ...]:
        """The debtor blocks. A debtor in possession is the debtor (11 U.S.C. 1101(1))."""
        roles = ("debtor", "debtor in possession", "alleged debtor")
        return tuple(p for p in self.parties if p.role.casefold() in roles)


_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_CASE = re.compile(r"(Bankruptcy Petition|Adversary Proceeding)\s*#?\s*:?\s*#?:?\s*(\d[\w:-]*)", re.I)
_RECEIPT = re.compile(r"Transaction Receipt\s+(\d\d/\d\d/\d{4}\s+\d\d:\d\d:\d\d)")
_CRITERIA = re.compile(r"Search Criteria:(.*?)(?:Billable Pages|$)", re.S)
_ALIAS = re.compile(r"\b(?:aka|dba|fka|fdba|ta|pka|nka|faka|fta|a/k/a|d/b/a|f/k/a|n/k/a|t/a|p/k/a)\b", re.I)
_TITLES = (
    ("log in page", re.compile(r"PACER Login(?: Notice|$)|Login Required|Enter your .{0,40}login and password", re.I)),
    ("form that asks for a docket", re.compile(r"Docket Sheet.*Documents to Include", re.I | re.S)),
    ("case summary", re.compile(r"Case type:\s*\w+", re.I)),
    ("docket of a district court", re.compile(r"(?:CIVIL|CRIMINAL) DOCKET FOR CASE", re.I)),
    ("search without a match", re.compile(r"No match found", re.I)),
)


def read_docket(body: bytes) -> DocketPage:
    """The docket on a saved page. Raises NotADocket with one line (log in page, form, error page, too large ...)."""
    if len(body) > MAX_BYTES:
        raise NotADocket(f"the page has {len(body)} bytes, more than {MAX_BYTES}")
    stream = Stream()
    stream.feed(_decoded(body))
    stream.close()
    top = _lines(p for p in stream.pieces if p.row is None)
    found = _CASE.search(top)
    if not found:
        raise NotADocket(_described(top, stream.title))
    kind = "adversary" if found[1].casefold().startswith("adv") else "bankruptcy"
    receipt = _RECEIPT.search(" ".join(top.split()))
    nothing = re.search(r"none satisfy the selection criteria|no proceedings for", top, re.I)
    if not stream.entries_seen and not nothing:
        raise NotADocket("the page has a case header but no entries (a warning, or a form, before the docket itself)")
    before, after = top[: found.start()], top[found.end():]
    header = after[: _header_end(after, stream.roles)]
    district, division = _court(before)
    entries, errors = _entries(stream)
    voluntary = re.search(r"^\s*(Voluntary|Involuntary)\b", header, re.M | re.I)
    earlier = (re.search(rf"{word}\s+chapter\s+(\d+)", header, re.I) for word in ("Original", "Previous"))
    first = next((found for found in earlier if found), None)
    chapter = re.search(r"(?<!Previous )(?<!Original )\bChapter\s+(\d+)", header)
    number = chapter[1] if chapter else ""
    disposition = re.search(r"Debtor disposition:\s*([^\n]*)", header, re.I)
    return DocketPage(
        kind=kind, district=district, division=division, number=found[2],
        chapter=number, first_chapter=first[1] if first else number,
        involuntary=None if not voluntary else voluntary[1].casefold() == "involuntary",
        dates=dict(_dates(header)), flags=stream.flags(), disposition=disposition[1].strip() if disposition else "",
        parties=tuple(_parties(stream)), entries=tuple(entries),
        received=" ".join(receipt[1].split()) if receipt else None, criteria=_criteria(top),
        whole=stream.ended or receipt is not None,
        header=" ".join(f"{found[0]} {header}".split()), errors=tuple(errors),
    )


def us_date(text: str) -> date | None:
    """The first ``m/d/Y`` date in ``text``; None when there is none or it is no date (02/30/2010)."""
    found = _DATE.search(text)
    if not found:
        return None
    try:
        return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        return None


def local_time(text: str) -> datetime:
    """``02/17/2010 11:23:50`` on a clock the page does not name; the caller attaches the court's zone."""
    return datetime.strptime(text, "%m/%d/%Y %H:%M:%S")  # noqa: DTZ007


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")  # CM/ECF names no encoding; its pages are Windows Latin-1


def _lines(pieces: Iterator[Piece]) -> str:
    text = "".join(p.text for p in pieces).replace("\xa0", " ")
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t\r\f\v]+", " ", text))


def _described(text: str, title: str) -> str:
    for what, pattern in _TITLES:
        if pattern.search(text):
            return f"the page is a {what}, not a docket"
    said = " ".join(text.split())[:120] or " ".join(title.split())[:120]
    return f"the page is no docket; it says: {said}" if said else "the page is no docket; it is empty"


def _header_end(after: str, roles: list[str]) -> int:
    ends = [m.start() for role in roles[:1] for m in [re.search(rf"^\s*{re.escape(role)}\s*$", after, re.M)] if m]
    for mark in ("PACER Service Center", "none satisfy the selection criteria"):
        at = after.find(mark)
        if at >= 0:
            ends.append(at)
    return min(ends, default=len(after))


def _court(before: str) -> tuple[str, str]:
    for line in reversed([line.strip() for line in before.split("\n") if line.strip()]):
        if re.search(r"\bDistrict\b|\bGuam\b|\bVirgin Islands\b|\bNorthern Mariana", line, re.I):
            found = re.fullmatch(r"(.*?)\s*(?:\(([^)]*)\))?", line)
            if found:
                return found[1], found[2] or ""
    return "", ""


def _dates(header: str) -> Iterator[tuple[str, date]]:
    for found in re.finditer(r"([A-Z][\w. ]{3,50}?):\s*(\d{1,2}/\d{1,2}/\d{4})", header):
        day = us_date(found[2])
        if day:
            yield " ".join(found[1].split()).casefold(), day


def _criteria(top: str) -> Criteria | None:
    found = _CRITERIA.search(top)
    if not found or not re.search(r"Description:\s*(?:Mobile )?(?:Docket Report|History)", top):
        return None
    said = " ".join(found[1].split())
    numbers = {m[1]: int(m[2]) for m in re.finditer(r"Doc (From|To): (\d+)", said)}
    said = re.sub(r"Doc (?:From|To): \d+", "", said)
    first, last = re.search(r"From: (\S+)", said), re.search(r"\bTo: (\S+)", said)
    return Criteria(
        us_date(first[1]) if first else None, us_date(last[1]) if last else None,
        numbers.get("From", 0), numbers.get("To"),
    )


def _parties(stream: Stream) -> Iterator[Party]:
    """A bold italic piece opens a party (or one of its other names), the next bold piece is the name."""
    role, names, also, rest, block = "", [""], [""], "", -1
    alias = False

    def done() -> Iterator[Party]:
        name = " ".join(names[0].split())
        if role and name:
            ein = re.search(r"EIN:\s*([\dXx]{2}-[\dXx]+|\d{9})", rest)
            yield Party(role, name, ein[1] if ein else "", tuple(" ".join(a.split()) for a in also if a.strip()))

    for piece in stream.pieces:
        if piece.row is not None or not piece.text.strip():
            continue
        text = " ".join(piece.text.split())
        if piece.bold and piece.italic:
            if role and _ALIAS.fullmatch(text) and piece.party == block:
                alias = True
                also.append("")
                continue
            yield from done()
            role, names, also, rest, block, alias = text, [""], [], "", piece.party, False
        elif not role or piece.party != block:
            continue
        elif piece.bold and alias:
            also[-1] += f" {text}"
        elif piece.bold and not names[0]:
            names[0] = text
        else:
            alias = False
            rest += f" {text}"
    yield from done()


def _entries(stream: Stream) -> tuple[list[Entry], list[str]]:
    rows: dict[int, dict[int, str]] = {}
    for piece in stream.pieces:
        if piece.row is not None:
            held = rows.setdefault(piece.row, {})
            held[piece.cell] = held.get(piece.cell, "") + piece.text
    entries: list[Entry] = []
    errors: list[str] = []
    for at, row in rows.items():
        cells = [" ".join(row[n].replace("\xa0", " ").split()) for n in sorted(row) if n >= 0]
        if not any(cells):
            continue
        filed = us_date(cells[0])
        if filed is None or len(cells) < 2:
            errors.append(f"entry row {at + 1}: no date in {' | '.join(cells)[:80]!r}; the row was not read")
            continue
        text = cells[-1]
        number = next((m[0] for c in cells[1:-1] for m in [re.match(r"\d+", c)] if m), "")
        if not stream.numbered:
            lead = re.match(r"(?:(\d+)\s+)?(?:\(\d+\s*pgs?[^)]*\)\s*)?", text)
            if lead:
                number, text = lead[1] or "", text[lead.end():]
        marks = re.findall(r"\(Entered:\s*([\d/]+)", text)
        entries.append(Entry(filed, us_date(marks[-1]) if marks else None, number, text))
    return entries, errors
