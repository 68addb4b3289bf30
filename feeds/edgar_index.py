"""Reading EDGAR's submissions JSON: columns under ``filings.recent``, or at top level in an older page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from feeds.base import FeedChanged, FeedFailed, Payload
from feeds.form25_text import is_submission

COLUMNS = ("accessionNumber", "filingDate", "reportDate", "form", "items", "primaryDocument")
GIVE = "Give the JSON of https://data.sec.gov/submissions/CIK##########.json."
"""What to do about a file that is something else. A changed format looks the same from here."""
CHANGED = f"{GIVE} If this is it, its format has changed: report that."
NEW_ITEMS = date(2004, 8, 23)
"""Since then form 8-K numbers its items n.nn (SEC Release 33-8400)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One filing of the index, dates read."""

    accession: str
    form: str
    items: tuple[str, ...]
    filed: date
    reported: date | None


def read_index(payload: Payload) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The document and its filing columns. An older page has the columns at top level."""
    try:
        refuse(payload.status, payload.body, payload.name)
    except FeedFailed as error:
        raise FeedChanged(str(error)) from error
    try:
        document = json.loads(payload.body)
    except (ValueError, RecursionError) as error:
        raise FeedChanged(f"{payload.name}: not JSON ({error}). {GIVE}") from error
    if not isinstance(document, dict):
        raise FeedChanged(f"{payload.name}: not a submissions file: a JSON object was expected. {GIVE}")
    older = "filings" not in document
    filings = document if older else document["filings"]
    columns = filings if older else filings.get("recent") if isinstance(filings, dict) else None
    if not isinstance(columns, dict):
        raise FeedChanged(f"{payload.name}: no filings.recent. {CHANGED}")
    missing = [c for c in COLUMNS if not isinstance(columns.get(c), list)]
    if missing:
        raise FeedChanged(f"{payload.name}: column {', '.join(missing)} is missing. {CHANGED}")
    lengths = {c: len(columns[c]) for c in COLUMNS}
    if len(set(lengths.values())) > 1:
        raise FeedChanged(f"{payload.name}: columns of unequal length ({lengths}): damaged. Fetch it again.")
    return document, columns


def read_rows(columns: Mapping[str, Any], name: str) -> tuple[list[Row], list[str]]:
    """Every filing, oldest first; and one line for each that cannot be read."""
    rows: list[Row] = []
    errors: list[str] = []
    for accession, filed, reported, form, items, _ in zip(*(columns[c] for c in COLUMNS), strict=True):
        try:
            rows.append(
                Row(
                    accession=str(accession), form=" ".join(str(form).split()),
                    items=tuple(dict.fromkeys(i.strip() for i in str(items or "").split(",") if i.strip())),
                    filed=date.fromisoformat(filed), reported=date.fromisoformat(reported) if reported else None,
                )
            )
        except (TypeError, ValueError) as error:
            errors.append(f"{name}: filing {accession}: {error}")
    return sorted(rows, key=lambda r: (r.filed, r.accession)), errors


def whose(payload: Payload, document: Mapping[str, Any]) -> str:
    """The CIK, ten digits: of the file's own ``cik``, or (older pages) of the file's name."""
    if document.get("cik") is not None:
        return ten_digits(str(document["cik"]))
    named = re.search(r"CIK(\d{10})", payload.name) or re.search(r"CIK(\d{10})", payload.url)
    if named is None:
        raise FeedChanged(f"{payload.name}: an older page does not name its company. Keep the SEC's own file name.")
    return named[1]


def labels_of(row: Row) -> Sequence[str]:
    """The labels of rules/labels/edgar.yaml that this filing carries."""
    if not row.form.startswith("8-K"):
        return (row.form,)
    if not row.items:
        return ("8-K without items",)
    return [f"8-K old {i}" if "." not in i and row.filed < NEW_ITEMS else f"8-K {i}" for i in row.items]


def refuse(status: int, body: bytes, name: str) -> None:
    """One line for each way the SEC says no. Raises FeedFailed."""
    head = body[:6000].decode("utf-8", "replace")
    if "Request Rate Threshold Exceeded" in head or status == 429:
        raise FeedFailed(f"{name}: the SEC's rate limit was exceeded. Wait ten quiet minutes, then ask again.")
    if status == 404 or "<Code>NoSuchKey</Code>" in head:
        raise FeedFailed(f"{name}: the SEC knows no such file. Check the CIK.")
    if status == 403 or "<Code>AccessDenied</Code>" in head:
        raise FeedFailed(f"{name}: the SEC refuses access: not there yet, or a nameless caller. Set `user_agent`.")
    if status >= 400 or "SEC.gov | File Unavailable" in head:
        raise FeedFailed(f"{name}: the SEC is temporarily unavailable (HTTP {status}). Ask again later.")
    if head.lstrip("\ufeff \r\n\t")[:1] == "<" and not is_submission(body):
        raise FeedChanged(f"{name}: an HTML or XML page came instead of JSON. {GIVE}")


def ten_digits(text: str) -> str:
    digits = text.upper().removeprefix("CIK").strip()
    return digits.zfill(10) if digits.isdigit() else text
