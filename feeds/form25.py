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
    r"[(\[]|\b(?:each|to (?:purchase|acquire|buy|subscribe|receive)|exercis\w+|convertible (?:in)?to|converting|"
    r"exchangeable (?:for|into)|consist\w*|compris\w*|composed|represent\w*|evidenc\w*|issuable|issued|underlying|"
    r"entitl\w+)\b", re.I
)
"""From here on a description says what a security is made of or may become, not what it is."""
ATTACHED = re.compile(
    r"\s*,?\s*[(\[]?\s*(?:and|with|including|together with)\s+(?:the\s+)?(?:"
    r"(?:(?:associated|attached|related|accompanying|attendant)\s+)?(?:[\w-]+\s+){0,5}?"
    r"(?:preferred|preference|common|ordinary)\s+(?:stock|shares?)\s+purchase\s+rights?|"
    r"(?:associated|attached|related|accompanying|attendant)\s+(?:[\w-]+\s+){0,2}?rights?)\b(?:\s*[)\]])?", re.I
)
"""Rights that go with the common stock itself (a poison pill) and are no class of their own."""
COMMON = re.compile(r"\b(?:common|ordinary)\s+(?:stock|shares?)\b", re.I)
PRODUCT = re.compile(
    COMMON.pattern + r"\s+(?!(?:par|no|no-par|without|of|with|nominal|stated|value|class|series|voting|nonvoting|non|"
    r"new|old)\b)[a-z]", re.I
)
"""A word straight after "common stock" that may make it another thing: linked securities, equivalents, a fund."""
LISTED = re.compile(
    r"(?:[,&)]|\band\b)\s*(?:and\s+)?(?:the\s+)?(?:shares\s+of\s+)?(?:(?:class|series)\s+\w+\s+)?"
    r"(?:common|ordinary)\s+(?:stock|shares)\b", re.I
)
"""Common stock as one more item of a list, without a number before it."""
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DAY = (
    rf"((?:the\s+)?\d{{1,3}}(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?{MONTH},?\s*\d{{4,6}}"
    rf"|{MONTH}\s+\d{{1,3}}(?:st|nd|rd|th)?,?\s*\d{{4,6}})\b"
)
"""A date as typed, which may be none ("December 36, 2024")."""
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
NEGATED = re.compile(r"\b(?:not|never|nor|no longer)\s+(?:\w+\s+){0,2}suspended|\bnot\s+(?:yet\s+)?$", re.I)


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
    removal, opening, bad_removal = _removal(form)
    suspension, how, bad_suspension = _suspension(form, removal)
    facts: list[Fact] = []
    amended = form.form.endswith("/A")
    dated = security_class == "common" and not amended and form.rule.endswith("(b)")
    unread = [bad for bad in (bad_removal, bad_suspension) if bad and dated]
    unmapped += [Unmapped(bad, form.accession) for bad in unread]
    if amended:
        errors.append(f"{payload.name}: an amended form 25 corrects or withdraws an earlier one. "
                      "Read it, and retract what it corrects.")
    for obligor in obligors:
        if not unread:  # else the hint stays open for a person, who reads the day
            facts.append(
                _fact(payload, source, form, obligor, "delisting_settled", form.filed, f"edgar {form.accession}", {
                    "form": form.form, "security_class": security_class, "rule": form.rule,
                    "description": form.description, "removal_on": removal, "suspended_on": suspension,
                    "url": _url(obligor, form.accession),
                })
            )
        if not dated:
            continue  # an issuer's own withdrawal or a merger may come with another listing: a person decides
        venue, label = _venue(form, obligor, watch)
        if venue is None:
            if label:
                unmapped.append(Unmapped(label, form.accession))
            continue
        if suspension:
            facts.append(_listing(payload, source, form, obligor, "listing_suspended", suspension, venue, how))
        if removal:
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
    """The class removed: common if one item of a list (``;``) is common stock; None when it cannot be told."""
    classes = [_class_of(re.sub(r"^\s*and\s+", "", part, flags=re.I)) for part in description.split(";")]
    if None in classes:
        return None
    return "common" if "common" in classes else classes[0]


def _class_of(words: str) -> str | None:
    """The class that one item names. Common only when no other class is named with it; both is for a person."""
    labels = load_labels("form25")
    named = COMMON.search(words)
    if named and not _nouns(words[:named.start()]):
        words = words[:named.end()] + ATTACHED.sub("", words[named.end():])
    cut = DERIVED.search(words)
    head, rest = (words[:cut.start()], words[cut.start():]) if cut else (words, "")
    if not _nouns(head):
        meaning = labels.lookup(f"class: {head.strip(' ,')}")
        found = meaning.get("security_class") if meaning else None
        return None if found == "common" and (_nouns(rest) or PRODUCT.search(head)) else found
    classes: list[str] = []
    for item in re.split(r"\s+(?:and|or)\s+|[&,/]", head):
        nouns = _nouns(item)
        if nouns or COMMON.search(item):
            classes.append(nouns[-1] if nouns else "common")
    return None if "common" in classes or LISTED.search(rest) else classes[0]


def _nouns(words: str) -> list[str]:
    """The classes other than common stock that ``words`` name, in their order."""
    known = {m.text.removeprefix("noun: "): m.get("security_class") for m in load_labels("form25").all()
             if m.text.startswith("noun: ")}
    longest = "|".join(re.escape(noun) for noun in sorted(known, key=len, reverse=True))
    return [known[found.casefold()] for found in re.findall(rf"\b({longest})s?\b", " ".join(words.split()), re.I)]


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


def _removal(form: Form25) -> tuple[date | None, str, str]:
    """When the removal takes effect, at what time of day, and the label of a stated day that cannot be right."""
    flat, bad = " ".join(form.text.split()), ""
    for found in REMOVAL.finditer(flat):
        if "suspen" in flat[:found.start()].rpartition(". ")[2].casefold():
            continue  # the day of the suspension
        stated = _day(found[2])
        if stated and form.filed <= stated <= form.filed + timedelta(days=120):
            return stated, "before_open" if found[1].lower().startswith("opening") else "unknown", ""
        bad = bad or f"exhibit: removal on {found[2]}"
    return (None, "unknown", bad) if bad else (form.filed + timedelta(days=10), "unknown", "")


def _suspension(form: Form25, removal: date | None) -> tuple[date | None, str, str]:
    """As ``_removal``, for the suspension of trading; nothing when the exhibit does not say it plainly."""
    flat, bad = " ".join(form.text.split()), ""
    latest = removal or form.filed + timedelta(days=120)
    for pattern in SUSPENDED:
        for found in pattern.finditer(flat):
            if NEGATED.search(found[0]) or NEGATED.search(flat[max(0, found.start() - 12):found.start()]):
                continue
            typed = re.findall(DAY, found[0], re.I)[-1]
            day = _day(typed)
            if day is None or not form.filed - timedelta(days=400) <= day <= latest:
                bad = bad or f"exhibit: suspended on {typed}"
                continue
            how = found["how"].lower()
            if "open" in how:
                return day, "before_open", ""
            return day, "after_close" if "close" in how else "unknown", ""
    return None, "unknown", bad


def _day(text: str) -> date | None:
    day = re.search(r"\b(\d{1,3})(?:st|nd|rd|th)?\b", text, re.I)
    month, year = re.search(MONTH, text, re.I), re.search(r"\d{4,}$", text)
    if not (day and month and year):
        return None
    try:
        return datetime.strptime(f"{month[0]} {day[1]}, {year[0]}", "%B %d, %Y").date()  # noqa: DTZ007
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
