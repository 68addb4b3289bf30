"""A bank's CSV statement as rows under known columns, whatever its separator, its preamble and its line ends."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from feeds.base import FeedChanged, Payload, Unmapped
from feeds.labels import load_labels

DAYS = ("booked", "date", "value_date")
"""Columns that may date a row, the best first: receipt is the booking."""
PREAMBLE = 20
"""Banks put up to this many lines (account, owner, period) before the headers."""
LONGEST = 6
"""A quoted text may run over this many lines; more means a quotation mark that was never closed."""
ADVICE = "Name the columns in order in the setting `columns`, or add them to rules/labels/payments.yaml."


@dataclass(frozen=True, slots=True)
class Row:
    """``cells`` is None when the line cannot be read; ``why`` says so."""

    line: int
    cells: Sequence[str] | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under known columns. ``currency`` is the one a header names, as in ``Amount (EUR)``."""

    columns: Mapping[str, tuple[int, ...]]
    rows: tuple[Row, ...]
    unmapped: tuple[Unmapped, ...]
    currency: str = ""

    def value(self, row: Row, column: str) -> str:
        cells = row.cells or ()
        found = (cells[i].strip() for i in self.columns.get(column, ()) if i < len(cells))
        return " ".join(v for v in found if v)

    def day(self, row: Row) -> str:
        return next((v for d in DAYS if (v := self.value(row, d))), "")


def read_table(payload: Payload, given: Sequence[str] | None) -> Table:
    """The statement's rows. ``given`` names the columns of a file without headers. Raises FeedChanged."""
    text = _text(payload)
    if given:
        header = [str(c) for c in given]
        rows = max((_rows(text, s) for s in ",;\t|"), key=lambda r: sum(len(x.cells or ()) == len(header) for x in r))
        return _table(payload, [f"={c}" for c in header], rows, 0)
    best: tuple[int, Row, list[Row]] | None = None
    for separator in ",;\t|":
        rows = _rows(text, separator)
        for row in rows[:PREAMBLE]:
            known = sum(1 for c in row.cells or () if c.strip() and load_labels("payments").lookup(f"column: {c}"))
            if known >= 2 and (best is None or known > best[0]):
                best = (known, row, rows)
    if best is None:
        first = text.splitlines()[0][:60] if text.strip() else "empty"
        raise FeedChanged(f"{payload.name}:1:1: no line of known headers (line 1: {first}). {ADVICE}")
    _, header_row, rows = best
    return _table(payload, header_row.cells or (), [r for r in rows if r.line > header_row.line], header_row.line)


def _text(payload: Payload) -> str:
    try:
        text = payload.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = payload.body.decode("cp1252", "replace")
    if text.lstrip()[:1] == "<":
        raise FeedChanged(f"{payload.name}: an HTML or XML page, not a CSV statement. Export the statement as CSV.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(text: str, separator: str) -> list[Row]:
    return list(_each_row(text.split("\n"), separator))


def _each_row(lines: Sequence[str], separator: str) -> Iterator[Row]:
    """Row by row, so that one broken quotation mark costs one line and not the rest of the file."""
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        row, used = Row(at + 1, None, "the quotation marks do not fit. Correct the row"), 1
        for more in range(1, LONGEST + 1):
            try:
                parsed = list(csv.reader(["\n".join(lines[at:at + more])], delimiter=separator, strict=True))
            except csv.Error:
                continue
            if len(parsed) == 1:
                row, used = Row(at + 1, parsed[0]), more
                break
        yield row
        at += used


def _table(payload: Payload, header: Sequence[str], rows: Sequence[Row], line: int) -> Table:
    columns: dict[str, list[int]] = {}
    unmapped: list[Unmapped] = []
    currency = ""
    for i, cell in enumerate(header):
        meaning = load_labels("payments").lookup(f"column: {cell}")
        name = cell[1:] if cell.startswith("=") else meaning.get("column") if meaning else ""
        if name == "amount" and "(" in cell:
            currency = cell.rpartition("(")[2].strip(") ").upper()
        if name and not (name == "amount" and "amount" in columns):
            columns.setdefault(name, []).append(i)
        elif not meaning and not cell.startswith("="):
            unmapped.append(Unmapped(f"column: {cell}", f"{payload.name}:{line}"))
    if not any(d in columns for d in DAYS):
        raise FeedChanged(f"{payload.name}:{line}:1: no date column. {ADVICE}")
    if "amount" not in columns and "credit" not in columns:
        raise FeedChanged(f"{payload.name}:{line}:1: no amount or credit column. {ADVICE}")
    kept = [_fitting(row, len(header)) for row in rows if row.cells is None or any(c.strip() for c in row.cells)]
    return Table({k: tuple(v) for k, v in columns.items()}, tuple(kept), tuple(unmapped), currency)


def _fitting(row: Row, width: int) -> Row:
    """A row with more cells than headers has shifted (an amount with a comma and no quotes): it cannot be trusted."""
    extra = (row.cells or ())[width:]
    if any(c.strip() for c in extra):
        return Row(row.line, None, f"{len(row.cells or ())} fields under {width} headers. Put quotes around commas")
    return row
