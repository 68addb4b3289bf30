"""The text of a form 25: which class of security leaves which exchange, under which rule, from when.

Endpoint   https://www.sec.gov/Archives/edgar/data/<cik>/<accession without dashes>/<accession>.txt (the complete
           submission: SGML header, then notificationOfRemoval XML, or HTML with a ticked box in issuers' own filings).
Auth, cadence, freshness, volume: as feeds/edgar.py, which fetches these texts and hands them here.
Proves     ``delisting_settled`` always (it settles the index's hint of the same matter); for common stock struck by the
           exchange (rule (b)) also evidence: ``listing_removed`` on the stated date (else ten days after filing,
           17 CFR 240.12d2-2(d)(1)) and ``listing_suspended`` where the exhibit names the day.
Traps      - Most forms 25 are for notes, units, warrants or preferred. A description that says both, or that no label
             covers, settles nothing: the hint stays open for a person.
           - The form says "Nasdaq", never the tier: taken from the text if it names exactly one, else from the setting
             ``venues: {obligor id: venue}`` if that is a Nasdaq tier, else no listing fact.
           - Dates are typed by hand ("August 26, 20026"); the header writes EIN or IRS NUMBER; HTML ticks boxes with
             a dozen characters, several of them Wingdings letters.
           - Old shares cancelled in a plan, a merger (rule (a)) or a move to another exchange (rule (c), the issuer's
             own withdrawal) also remove common stock: the text alone is no evidence that it is listed nowhere, so the
             hint stays open for a person, who attests the removal or the new listing.
           - An amended form (25/A) corrects or withdraws an earlier one: it settles its own hint, gives no listing
             fact, and asks for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from feeds.base import Parsed, Payload, Unmapped, Watch
from feeds.form25_text import Form25, Unread, read_form25
from feeds.labels import load_labels
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, Scalar, When, end_of_day, fact_id

ZONE = "America/New_York"
LISTING = "common stock listing"
DERIVED = re.compile(
    r"to purchase|exercis|convert|exchangeable|consist|compris|represent|subscri|each (?:right|unit|warrant)", re.I
)
"""Words after which a description names common stock as part of another class."""
PURCHASE = re.compile(r"purchase (?:warrant|right)", re.I)
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DAY = rf"({MONTH}\s+\d{{1,2}},\s*\d{{4}})\b"
REMOVAL = re.compile(
    rf"(opening of (?:business|the market|trading) on|effective (?:on|at[^.]{{0,40}}? on))\s+{DAY}", re.I
)
SUSPENDED = (
    re.compile(rf"suspended (?:from )?trading(?P<how>[^.;]{{0,60}}?)\bon\s+{DAY}", re.I),
    re.compile(
        rf"trading[^.;]{{0,120}}?(?:was|were|has been|have been) suspended(?P<how>[^.;]{{0,80}}?)\bon\s+{DAY}", re.I
    ),
    re.compile(
        rf"\bon\s+{DAY},?[^.;]{{0,200}}?(?:was|were|be) (?:immediately )?suspended(?P<how>[^.;]{{0,60}})", re.I
    ),
)


def parse_form25(payload: Payload, watch: Watch, source: str) -> Parsed:
    """Facts of one complete submission of form 25. Raises FeedChanged when it is not one.

    One form says nothing of other filings and other days: it proves no absence (``through`` None), nor does trouble
    with it unsay what the index proves, where its hint waits for a person (``aside``).
    """
    try:
        form = read_form25(payload)
    except Unread as error:
        return Parsed(errors=(str(error),), records=1, aside=True)
    obligors = [o for o in watch.obligors if o.cik and o.cik.removeprefix("CIK").zfill(10) in form.ciks]
    if not obligors:
        return Parsed(records=1, aside=True)
    unmapped: list[Unmapped] = []
    errors: list[str] = []
    security_class = _class(form.description)
    if security_class is None:
        unmapped.append(Unmapped(f"class: {form.description}", form.accession))
    if not form.rule:
        unmapped.append(Unmapped("rule provision: none or several boxes ticked", form.accession))
    if unmapped:
        return Parsed(unmapped=tuple(unmapped), records=1, aside=True)
    removal, opening = _removal(form)
    suspension, how = _suspension(form, removal)
    facts: list[Fact] = []
    amended = form.form.endswith("/A")
    if amended:
        errors.append(f"{payload.name}: an amended form 25 corrects or withdraws an earlier one. "
                      "Read it, and retract what it corrects.")
    for obligor in obligors:
        facts.append(
            _fact(payload, source, form, obligor, "delisting_settled", form.filed, f"edgar {form.accession}", {
                "form": form.form, "security_class": security_class, "rule": form.rule,
                "description": form.description, "removal_on": removal, "suspended_on": suspension,
                "url": _url(obligor, form.accession),
            })
        )
        if security_class != "common" or amended or not form.rule.endswith("(b)"):
            continue  # an issuer's own withdrawal or a merger may come with another listing: a person decides
        venue, label = _venue(form, obligor, watch)
        if venue is None:
            if label:
                unmapped.append(Unmapped(label, form.accession))
            continue
        if suspension:
            facts.append(_listing(payload, source, form, obligor, "listing_suspended", suspension, venue, how))
        facts.append(_listing(payload, source, form, obligor, "listing_removed", removal, venue, opening))
    return Parsed(
        facts=tuple(facts), unmapped=tuple(unmapped), errors=tuple(errors), records=1, aside=True,
        texts={form.accession: _quoted(form)},
    )


def _quoted(form: Form25) -> str:
    """Class and rule, then the exhibit's own words on removal and suspension."""
    paragraphs = (" ".join(line.split()) for line in form.text.splitlines())
    said = [p for p in paragraphs if re.search(r"intention to remove|suspended", p)]
    return " ".join([f"Form {form.form}, {form.exchange}: {form.description}, {form.rule}.", *said])[:1200]


# --- meaning ----------------------------------------------------------------------------------------------------


def _class(description: str) -> str | None:
    """The class removed: common if any part of the description is common stock; None when it cannot be told."""
    parts = re.split(r";", description)
    if not DERIVED.search(description):
        parts = [piece for part in parts for piece in re.split(r"\s+and\s+(?:associated\s+)?", part)]
    classes: list[str] = []
    for part in parts:
        meaning = load_labels("form25").lookup(f"class: {part}")
        if meaning is None:
            return None
        classes.append(meaning.get("security_class"))
    if "common" in classes:
        return "common"
    named = re.search(r"\b(?:common|ordinary) (?:stock|share)", description, re.I)
    if named and not DERIVED.search(description) and not PURCHASE.search(description):
        return None
    return classes[0]


def _venue(form: Form25, obligor: Obligor, watch: Watch) -> tuple[str | None, str]:
    """(venue id, unmapped label). Neither, when the exchange is known and no clause names it."""
    labels = load_labels("form25")
    label = f"exchange: {form.exchange}"
    meaning = labels.lookup(label)
    if meaning is None:
        return None, label
    if meaning.noise or meaning.get("venue"):
        return meaning.get("venue") or None, ""
    tiers = [(m.text.removeprefix("tier: "), m.get("venue")) for m in labels.all() if m.text.startswith("tier: ")]
    for words in (form.exchange, form.text):
        named = {venue for tier, venue in tiers if tier.casefold() in " ".join(words.split()).casefold()}
        if len(named) == 1:
            return named.pop(), ""
    venues = watch.settings.get("venues") or {}
    known = venues.get(obligor.id, ()) if isinstance(venues, Mapping) else ()
    nasdaq = [v for v in ([known] if isinstance(known, str) else known) if str(v).startswith("nasdaq_")]
    return (str(nasdaq[0]), "") if len(nasdaq) == 1 else (None, f"{label}, tier not named")


def _removal(form: Form25) -> tuple[date, str]:
    """When the removal takes effect, and at what time of day."""
    found = REMOVAL.search(form.text)
    stated = _day(found[2]) if found else None
    if stated is None or not form.filed <= stated <= form.filed + timedelta(days=120):
        return form.filed + timedelta(days=10), "unknown"
    return stated, "before_open" if found and found[1].lower().startswith("opening") else "unknown"


def _suspension(form: Form25, removal: date) -> tuple[date | None, str]:
    """When trading was suspended, and at what time of day; nothing when the exhibit does not say it plainly."""
    flat = " ".join(form.text.split())
    for pattern in SUSPENDED:
        found = pattern.search(flat)
        if found is None:
            continue
        day = _day(re.findall(DAY, found[0], re.I)[-1])
        if day is None or not form.filed - timedelta(days=400) <= day <= removal:
            continue
        how = found["how"].lower()
        if "open" in how:
            return day, "before_open"
        return day, "after_close" if "close" in how else "unknown"
    return None, "unknown"


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(" ".join(text.replace(",", ", ").split()), "%B %d, %Y").date()  # noqa: DTZ007
    except ValueError:
        return None


def _listing(
    payload: Payload, source: str, form: Form25, obligor: Obligor, kind: str, day: date, venue: str, effective: str
) -> Fact:
    fields: dict[str, Scalar] = {"venue": venue, "security_class": "common", "effective": effective}
    return _fact(payload, source, form, obligor, kind, day, LISTING, fields)


def _fact(
    payload: Payload, source: str, form: Form25, obligor: Obligor, kind: str, day: date, matter: str,
    fields: dict[str, Scalar],
) -> Fact:
    return Fact(
        id=fact_id(source, form.accession, kind, obligor.id), kind=kind, subject=obligor.id, matter=matter,
        happened_on=When.on(day), known_at=payload.captured_at, source=source, record=form.accession,
        published_at=end_of_day(form.filed, ZONE), zone=ZONE if matter == LISTING else None,
        fields={name: value for name, value in fields.items() if value is not None},
    )


def _url(obligor: Obligor, accession: str) -> str:
    number = int(obligor.cik.removeprefix("CIK"))
    return f"https://www.sec.gov/Archives/edgar/data/{number}/{accession.replace('-', '')}/{accession}-index.htm"
