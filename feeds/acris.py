"""New York City's register of property documents (ACRIS), real and personal property, through Socrata.

Endpoint   https://data.cityofnewyork.us/resource/<id>.json: see DATASETS; codes in data set 7isb-wh4c
Auth       none needed; setting ``app_token`` (X-App-Token) lifts the shared rate limit
Updates    monthly batches; ``good_through_date`` says how far; nothing later has been read
Settings   ``addresses`` (of the makers), ``names`` (to look for, besides the makers'), ``payees`` (their own filings)

A recorded document names a party, and names are shared by strangers: it is evidence when the name is exactly the
maker's and the address is one of the maker's doors; by name alone it is a hint that a person confirms. A release says
which lien it releases only through References, so a release without one is reported, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feeds.acris_documents import Document, Register
from feeds.acris_rows import PARTS, Row, bundle_of, canonical, read_bundle, recorded_bundles
from feeds.addresses import same_door
from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.labels import Label, load_labels
from feeds.names import ENTITY_WORDS, fold, is_like, is_named, same_name
from feeds.socrata import quoted, rows
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, Scalar, When, fact_id
from monitor.http import HttpResponse

NAME = "acris"
SITE = "https://data.cityofnewyork.us"
DATASETS: Mapping[str, Mapping[str, str]] = {
    "real": {"master": "bnx9-e6tj", "parties": "636b-3b5g", "references": "pwkr-dpni", "remarks": "9p4w-7npp"},
    "personal": {"master": "sv7x-dduq", "parties": "nbbg-wtuz", "references": "6y3e-jcrc", "remarks": "fuzi-5ks9"},
}
REFERENCE_COLUMNS = {"real": ("reference_by_crfn_", "reference_by_doc_id"), "personal": ("crfn", "doc_id_ref")}
AT_ONCE = 50
"""Documents asked for in one query: addresses of more than about 8,000 letters are refused."""

VIEW = "https://a836-acris.nyc.gov/DS/DocumentSearch/DocumentDetail?doc_id="


class AcrisFeed:
    """See feeds.base.Feed."""

    name = NAME
    proves = "evidence"
    cadence_minutes = 24 * 60
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = False
    settings: tuple[str, ...] = ("addresses", "names", "payees", "app_token", "site")
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return True

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        """One bundle: the documents that name a watched party, and those that refer to them. Raises FeedFailed."""
        site, token = str(watch.settings.get("site") or SITE), str(watch.settings.get("app_token") or "")
        names = [o.name for o in watch.obligors] + [n for o in watch.obligors for n in o.also]
        names += [str(n) for n in watch.settings.get("names") or ()]
        if not names:
            raise FeedFailed("acris: nobody to look for. Name an instrument, or set `names`.")
        parts: dict[str, list[Row]] = {part: [] for part in PARTS}
        good: dict[str, str] = {}
        seen = _Clock(http)
        for register, sets in DATASETS.items():
            def ask(part: str, where: str, sets: Mapping[str, str] = sets) -> list[Row]:
                return rows(seen, site, sets[part], {"$where": where}, token)

            newest = rows(seen, site, sets["master"], {"$select": "max(good_through_date) as g"}, token)
            good[register] = _good_through(newest)
            ids = {row["document_id"] for row in ask("parties", _like_any(names)) if row.get("document_id")}
            master = _in_parts(ask, "master", "document_id", ids)
            by_crfn, by_id = REFERENCE_COLUMNS[register]
            crfns = {row["crfn"] for row in master if row.get("crfn")}
            about = {row["document_id"] for column, values in ((by_crfn, crfns), (by_id, ids))
                     for row in _in_parts(ask, "references", column, values) if row.get("document_id")}
            later = about - ids
            found = {
                "master": [*master, *_in_parts(ask, "master", "document_id", later)],
                **{part: _in_parts(ask, part, "document_id", ids | later) for part in PARTS if part != "master"},
            }
            for part, held in found.items():
                parts[part] += [{**canonical(row), "register": register} for row in held]
        yield Payload(NAME, "acris.json", site, bundle_of(parts, good), seen.at)

    def recorded(self, folder: Path) -> Iterator[Payload]:
        """The bundles of a recorded folder (feeds/acris_rows.py says how they are laid out)."""
        return recorded_bundles(NAME, folder)

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        """The rows do not say when they were fetched."""
        return None

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        """Documents about watched obligors. Raises FeedChanged when the payload is no bundle of ACRIS rows."""
        try:
            bundle = read_bundle(payload.body)
        except FeedChanged as error:
            raise FeedChanged(f"{payload.name}: {error}") from error
        register, errors = Register.of(bundle)
        labels = load_labels(NAME)
        known = {d.type: labels.lookup(d.type) for d in register.documents.values()}
        out = _Out(errors=[f"{payload.name}: {e}" for e in errors])
        for obligor in watch.obligors:
            _about(payload, watch, obligor, register, known, out)
        unmapped = (Unmapped(code, _where(code, register)) for code, label in sorted(known.items()) if label is None)
        return Parsed(
            facts=tuple(out.facts), unmapped=tuple(unmapped), errors=tuple(out.errors), through=bundle.through,
            jurisdiction="NY", records=len(register.documents), texts=out.texts,
        )


class _Clock:
    """Passes requests on and remembers when the last answer came: the capture time of a bundle of many answers."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.at = datetime.min.replace(tzinfo=UTC)

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        answer = self._http.get(url, params=params, headers=headers)
        self.at = max(self.at, answer.fetched_at)
        return answer


class _Out:
    """What parsing one bundle has given so far."""

    def __init__(self, errors: list[str]) -> None:
        self.facts: list[Fact] = []
        self.errors = errors
        self.texts: dict[str, str] = {}


def _about(
    payload: Payload, watch: Watch, obligor: Obligor, register: Register, known: Mapping[str, Label | None], out: _Out
) -> None:
    """Adds one obligor's facts: the liens first, since a release is about whomever its lien is about."""
    later = frozenset(code for code, label in known.items() if label and label.get("refers") == "yes")
    addresses = [obligor.address, *(str(a) for a in watch.settings.get("addresses") or ())]
    payees = [str(n) for n in watch.settings.get("payees") or ()]
    standing = {d.id: _standing(obligor, d, known[d.type], addresses) for d in register.documents.values()}
    for document in sorted(register.documents.values(), key=lambda d: (d.recorded, d.id)):
        label = known[document.type]
        if label is None or not label.kind:
            continue
        own = standing[document.id]
        if document.type not in later:
            if own:
                _add(payload, obligor, document, label, own, document.matter, "", payees, out)
            continue
        targets, lost = register.targets(document, later)
        about = [(t, standing.get(t.document.id, "") if t.document else "") for t in targets]
        for target, whose in about:
            strength = "evidence" if "evidence" in (own, whose) else own or whose
            if strength and not (target.document is not None and not whose):  # a lien on somebody else
                _add(payload, obligor, document, label, strength, target.matter, target.matter, payees, out)
        if (lost or not targets) and own:
            named = ", ".join(r.text for r in lost) or "nothing"
            out.errors.append(
                f"{payload.name}: {document.type} {document.crfn or document.id} of {document.recorded:%Y-%m-%d} "
                f"refers to {named}, which leads to no known document; a person must match it"
            )
            _add(payload, obligor, document, label, "name", document.matter, named, payees, out)


def _standing(obligor: Obligor, document: Document, label: Label | None, addresses: Iterable[str]) -> str:
    """``evidence``: exact name at one of the maker's doors; ``name``: exact name, or like at the door; else ""."""
    role = label.get("debtor", "1") if label else "1"
    best = ""
    for party in document.parties:
        if role not in ("any", party.type):
            continue
        door = same_door(addresses, party.lines, party.zip)
        if is_named(obligor, party.name):
            best = "evidence" if door else best or "name"
        elif door and is_like(obligor, party.name):
            best = best or "name"
    return best


def _add(
    payload: Payload, obligor: Obligor, document: Document, label: Label, strength: str, matter: str, refers_to: str,
    payees: Iterable[str], out: _Out,
) -> None:
    kind = label.kind or ""
    text = _text(document)
    if strength != "evidence" or label.get("hint") == "yes":
        party = next((p.name for p in document.parties if is_named(obligor, p.name) or is_like(obligor, p.name)), "")
        becomes = label.get("becomes") if label.get("hint") == "yes" else kind
        fields: dict[str, Scalar] = {
            "document": document.crfn or document.id, "document_type": document.type, "party": party or None,
            "becomes": becomes or None, "refers_to": refers_to or None, "recorded_on": document.recorded,
            "title": text[:200], "url": VIEW + document.id,
        }
        kind, day = "lien_reported", document.recorded
    else:
        fields = _fields(kind, document, label, payees)
        # A release works from its execution; every other act of the register from its recording (semantics.md 4).
        signed = document.executed if kind == "released" else None
        day = signed if signed and signed <= document.recorded else document.recorded
    several = matter == refers_to and len(document.references) > 1
    record = f"{document.id} {matter}" if several else document.id
    out.texts[record] = text
    out.facts.append(Fact(
        id=fact_id(NAME, record, kind, obligor.id), kind=kind, subject=obligor.id, matter=matter,
        happened_on=When.on(day), known_at=payload.captured_at, source=NAME, record=record, fields=fields,
    ))


def _fields(kind: str, document: Document, label: Label, payees: Iterable[str]) -> dict[str, Scalar]:
    if kind in ("lien_filed", "financing_statement_filed", "lien_increased"):
        own = any(same_name(payee, p.name) for payee in payees for p in document.parties if p.type == "2")
        return {
            "lien_type": label.get("lien_type") or None, "amount": document.amount, "in_favour_of_payee": own,
            "jurisdiction": "NY", "creditor": document.creditor or None,
        }
    if kind == "released":
        return {"recorded_on": document.recorded, "partial": label.get("partial") == "true"}
    if kind == "bankruptcy_reported":
        return {"form": document.type, "title": _text(document)[:200], "url": VIEW + document.id}
    return {}


def _text(document: Document) -> str:
    """The record in one line, for alerts: the register has no text of its own to quote."""
    debtors = "; ".join(p.name for p in document.parties if p.type == "1")
    said = [f"{document.type} recorded {document.recorded:%Y-%m-%d}",
            f"CRFN {document.crfn}" if document.crfn else f"document {document.id}"]
    said += [f"party 1 {debtors}"] if debtors else []
    said += [f"party 2 {document.creditor}"] if document.creditor else []
    said += [f"${document.amount:,.2f}"] if document.amount else []
    said += [f"refers to {', '.join(r.text for r in document.references)}"] if document.references else []
    said += [f"remark: {document.remarks}"] if document.remarks else []
    return ", ".join(said)


def _where(code: str, register: Register) -> str:
    return next(f"document {d.id}" for d in register.documents.values() if d.type == code)


def _like_any(names: Iterable[str]) -> str:
    """SoQL for the parties that may be a watched name: its words in order, whatever is between. Parsing decides."""
    patterns = set()
    for name in names:
        every = fold(name).split()
        words = [word.upper() for word in every if word not in ENTITY_WORDS] or [word.upper() for word in every]
        if words:
            patterns.add("upper(name) like " + quoted("%".join(words) + "%"))
    return " or ".join(sorted(patterns))


def _in_parts(ask: Any, part: str, column: str, values: Iterable[str]) -> list[Row]:
    """The rows whose ``column`` is one of ``values``, asked for a few dozen at a time."""
    wanted = sorted(v for v in values if re.fullmatch(r"[\w-]+", v))
    found: list[Row] = []
    for start in range(0, len(wanted), AT_ONCE):
        found += ask(part, f"{column} in ({', '.join(quoted(v) for v in wanted[start:start + AT_ONCE])})")
    return found


def _good_through(answer: list[Row]) -> str:
    held = str(answer[0].get("g", "")) if answer else ""
    if not held:
        raise FeedFailed("acris: the data set does not say through when it is good")
    return held
