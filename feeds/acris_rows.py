"""ACRIS rows in one shape, whatever gave them: Socrata's JSON, the CSV of the open data portal, or a recorded bundle.

A bundle is one poll: ``{"master": [...], "parties": [...], "references": [...], "remarks": [...],
"good_through": {"real": DATE, "personal": DATE}}``; each row says its ``register``. Column names differ between the two
registers and between JSON and CSV ("DOC. TYPE", ``doc_type``; "REFERENCE BY CRFN ", ``reference_by_crfn_``, ``crfn``).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from feeds.base import FeedChanged, FeedFailed, Payload

PARTS = ("master", "parties", "references", "remarks")
REGISTERS = ("real", "personal")

COLUMNS = {
    "doc_date": "document_date", "doc_amount": "document_amt", "recorded_filed": "recorded_datetime",
    "borough": "recorded_borough", "file_number": "file_nbr", "reel_year": "reel_yr", "reel_page": "reel_pg",
    "addr1": "address_1", "addr2": "address_2", "remark_text_line": "remark_text", "doc_id_ref": "reference_by_doc_id",
    "reference_by_file_nbr": "file_nbr", "reference_by_reel_year": "reel_yr",
    "reference_by_reel_borough": "reel_borough", "reference_by_reel_nbr": "reel_nbr",
    "reference_by_reel_page": "reel_pg", "reference_by_crfn": "crfn",
}
NEEDED = {"master": {"document_id", "doc_type"}, "parties": {"document_id", "name"}, "references": {"document_id"},
          "remarks": {"document_id"}}

GIVE = "Give a folder of ACRIS's CSV or JSON files, or a bundle as the ledger keeps it (docs/feeds/acris.md)."

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bundle:
    """One poll's rows, by part, and how far each register goes."""

    parts: Mapping[str, tuple[Row, ...]]
    good_through: Mapping[str, date]

    @property
    def through(self) -> date | None:
        """Both registers must have been read: the earlier of their latest good-through dates; None otherwise.

        Rows that do not say their register are taken together, as one.
        """
        whole = set(self.good_through) in (set(REGISTERS), {""})
        return min(self.good_through.values()) if whole else None


def read_bundle(body: bytes) -> Bundle:
    """Raises FeedChanged when the bytes are no bundle, or rows lack the columns that say what they are."""
    try:
        held: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedChanged(f"not a bundle of ACRIS rows (no JSON). {GIVE}") from error
    if not isinstance(held, dict) or not all(isinstance(held.get(part), list) for part in ("master", "parties")):
        raise FeedChanged(f"not a bundle of ACRIS rows: it needs `master` and `parties`. {GIVE}")
    parts: dict[str, tuple[Row, ...]] = {}
    for part in PARTS:
        rows = held.get(part) or []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FeedChanged(f"`{part}` is not a list of rows. {GIVE}")
        parts[part] = tuple(canonical(row) for row in rows)
        columns = {name for row in parts[part] for name in row}
        missing = NEEDED[part] - columns
        if parts[part] and missing:
            raise FeedChanged(f"the rows of `{part}` have no {', '.join(sorted(missing))}. {GIVE}")
    return Bundle(parts, _good_through(held, parts["master"]))


def canonical(row: Mapping[str, Any]) -> Row:
    """The row with Socrata's names of the columns and without white space around values; empty ones are left out."""
    kept: dict[str, str] = {}
    for name, value in row.items():
        key = re.sub(r"\W+|__+", "_", str(name).strip().casefold()).strip("_")
        text = "" if value is None else str(value).strip()
        if text:
            kept[COLUMNS.get(key, key)] = text
    return kept


def day_of(text: str) -> date | None:
    """``07/31/2015``, ``07/31/2015 12:00:00 AM`` or ``2015-07-31T00:00:00.000``; None when it is none of these."""
    found = re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s|$)|(\d{4})-(\d\d)-(\d\d)(?:[T\s]|$)", text)
    if not found:
        return None
    month, day, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[6], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def amount_of(text: str) -> Decimal | None:
    """Dollars; None for 0, which ACRIS writes when no amount was given."""
    try:
        amount = Decimal(text.replace(",", "").replace("$", "") or "0")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None


def bundle_of(parts: Mapping[str, list[Row]], good_through: Mapping[str, str]) -> bytes:
    return json.dumps({**parts, "good_through": dict(good_through)}, sort_keys=True, indent=1).encode()


def recorded_bundles(feed: str, folder: Path) -> Iterator[Payload]:
    """A folder of master, parties, references and remarks files (CSV or JSON, ``real`` or ``personal`` in the name),
    and each of its subfolders, as one payload each; a ``.json`` that is already a bundle passes as it is.

    Raises FeedFailed when there is nothing of the kind, FeedChanged when a file cannot be read as rows.
    """
    found = False
    for place in [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]:
        for path in sorted(place.glob("*.json")):
            if _part_of(path) is None:
                found = True
                yield _payload(feed, path.name, path.read_bytes())
        files = [path for path in sorted(place.iterdir()) if path.is_file() and _part_of(path)]
        if files:
            found = True
            yield _payload(feed, f"{place.name}.json", _bundled(files))
    if not found:
        raise FeedFailed(f"{feed}: {folder.name} holds no ACRIS rows. Save personal_property_master.csv etc. there.")


def _payload(feed: str, name: str, body: bytes) -> Payload:
    return Payload(feed, name, f"file:{name}", body, datetime.max.replace(tzinfo=UTC))


def _bundled(files: list[Path]) -> bytes:
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for path in files:
        register, part = _part_of(path) or ("", "")
        parts[part] += [{**canonical(row), "register": register} for row in _table(path)]
    return bundle_of(parts, {})


def _part_of(path: Path) -> tuple[str, str] | None:
    name = path.name.casefold()
    if not name.endswith((".csv", ".json")):
        return None
    register = next((r for r in REGISTERS if re.search(rf"(?<![a-z]){r}(?![a-z])", name)), None)
    part = next((p for p in PARTS if p in name), None)
    return (register, part) if register and part else None


def _table(path: Path) -> list[Mapping[str, Any]]:
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if path.suffix.casefold() == ".json":
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FeedChanged(f"{path.name}: not JSON. Fetch it again from the city's open data portal.") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FeedChanged(f"{path.name}: not a list of rows. Fetch it again from the city's open data portal.")
        return rows
    reader = csv.DictReader(io.StringIO(text))
    if "DOCUMENT ID" not in {str(name).strip().upper() for name in reader.fieldnames or ()}:
        raise FeedChanged(f"{path.name}: no column DOCUMENT ID. Export the ACRIS data set as CSV again.")
    return [{k: v for k, v in row.items() if k is not None} for row in reader]


def _good_through(held: Mapping[str, Any], master: tuple[Row, ...]) -> Mapping[str, date]:
    """ACRIS publishes in monthly batches, and a row keeps the date of its own batch: a register reaches its latest."""
    given = held.get("good_through")
    stated = given if isinstance(given, dict) else {}
    latest: dict[str, date] = {}
    for register, text in stated.items():
        day = day_of(str(text))
        if day:
            latest[str(register)] = day
    for row in master:
        day, register = day_of(row.get("good_through_date", "")), row.get("register", "")
        if day and register not in stated:
            latest[register] = max(day, latest.get(register, day))
    return latest
