"""Dates and amounts as banks write them in CSV statements.

Nothing is guessed: an order of day and month, or a mark before the cents, that cannot be told from the file is asked
for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from feeds.base import FeedChanged

NAMED = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%y")


class Unreadable(ValueError):
    """One value of one row; says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """``decimal``: the mark before cents (``.`` or ``,``), if the user has said it."""

    decimal: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, ".", ","):
            raise FeedChanged(f"payments: setting decimal is {self.decimal!r}. Write '.' or ','.")


def date_order(texts: Iterable[str], given: object, name: str) -> str:
    """``mdy`` or ``dmy`` for dates such as 02/03/2005; empty when there are none. Raises FeedChanged when unclear."""
    if given not in (None, "", "mdy", "dmy"):
        raise FeedChanged(f"{name}: setting date_order is {given!r}. Write mdy or dmy.")
    if given:
        return str(given)
    pairs = [(int(m[1]), int(m[2])) for t in texts if (m := re.match(r"(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}", t.strip()))]
    if not pairs:
        return ""
    dmy, mdy = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if dmy == mdy:
        what = "some dates put the day first and some the month" if dmy else "the dates do not tell day from month"
        raise FeedChanged(f"{name}: {what}. Set `date_order: mdy` (12/31/2005) or `date_order: dmy` (31/12/2005).")
    return "dmy" if dmy else "mdy"


def read_date(text: str, order: str) -> date:
    """Raises Unreadable."""
    said = " ".join(text.split())
    try:
        if found := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", said):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if re.fullmatch(r"\d{8}", said):
            return date(int(said[:4]), int(said[4:6]), int(said[6:]))
        if found := re.match(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?!\d)", said):
            return date(_year(found[3]), int(found[2]), int(found[1]))
        if order and (found := re.match(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?!\d)", said)):
            day, month = (found[1], found[2]) if order == "dmy" else (found[2], found[1])
            return date(_year(found[3]), int(month), int(day))
    except ValueError as error:
        raise Unreadable(f"{text!r} is no date ({error}). Correct the row.") from error
    for pattern in NAMED:
        try:
            return datetime.strptime(said, pattern).date()  # noqa: DTZ007  (a date, no clock)
        except ValueError:
            continue
    raise Unreadable(f"{text!r} is no date. Write 2005-06-01.")


def read_amount(text: str, numbers: Numbers) -> Decimal:
    """Money with sign: ``$1,000.00``, ``(25.00)``, ``1.234,56``, ``11'373.94``, ``25.00-``. Raises Unreadable."""
    said = re.sub(r"[\s\u00a0\u202f\u2019'$\u20ac\u00a3]|^[A-Z]{3}|[A-Z]{3}$", "", text.strip())
    negative = said.startswith(("-", "(", "\u2212")) or said.endswith(("-", ")"))
    said = said.strip("()+-\u2212")
    if not re.fullmatch(r"[\d.,]*\d[\d.,]*", said):
        raise Unreadable(f"{text!r} is no amount. Write 1000.00.")
    mark = numbers.decimal or _mark(said, text)
    grouping = "," if mark == "." else "."
    whole, _, cents = said.partition(mark)
    grouped = re.fullmatch(rf"\d*|\d{{1,3}}(?:{re.escape(grouping)}\d{{3}})+", whole)
    if not grouped or grouping in cents or said.count(mark) > 1:
        raise Unreadable(f"{text!r} is no amount. Write 1000.00.")
    try:
        amount = Decimal(f"{whole.replace(grouping, '') or '0'}.{cents or '0'}")
    except InvalidOperation as error:
        raise Unreadable(f"{text!r} is no amount. Write 1000.00.") from error
    return -amount if negative else amount


def _mark(said: str, text: str) -> str:
    """The decimal mark, from the number itself."""
    dot, comma = said.rfind("."), said.rfind(",")
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    if comma >= 0:
        return "." if re.fullmatch(r"\d{1,3}(?:,\d{3})+", said) else ","
    if said.count(".") == 1 and re.fullmatch(r"\d{1,3}\.\d{3}", said):
        raise Unreadable(f"{text!r}: thousands or decimals? Set `decimal: '.'` or `decimal: ','`.")
    return "," if said.count(".") > 1 else "."


def normal(text: str) -> str:
    """Words for comparison: no case, no punctuation, single spaces."""
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)
