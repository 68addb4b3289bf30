"""Words turned into dates, instants, amounts and rates. Each raises Unfit, which says what to write instead."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from monitor.rulebook.problems import told

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,8})?")


class Unfit(ValueError):
    """A word that is not what was asked for. ``what`` is wrong, ``instead`` is what to write."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(what)
        self.what, self.instead = what, instead


def day(text: str) -> date:
    """``2005-06-16``. Raises Unfit."""
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Unfit(f"there is no such day as {told(text)}", "Write a day of the calendar as YYYY-MM-DD") from None
    if _CLOCK.match(text):
        raise Unfit(f"{told(text)} is an instant, a date is needed", "Write the date alone, e.g. 2005-06-16")
    raise Unfit(f"{told(text)} is not a date", "Write it as YYYY-MM-DD, e.g. 2005-06-16")


def moment(text: str) -> date | datetime:
    """A date, or an instant with its offset (``2005-06-16T10:15:00-04:00``). Raises Unfit."""
    if _DATE.fullmatch(text):
        return day(text)
    if not _CLOCK.match(text):
        raise Unfit(
            f"{told(text)} is neither a date nor an instant",
            "Write a date, e.g. 2005-06-16, or an instant with its offset, e.g. 2005-06-16T10:15:00-04:00",
        )
    try:
        at = datetime.fromisoformat(re.sub(r" (?=[+-]\d)", "", text).upper().replace(" ", "T"))
    except ValueError:
        raise Unfit(
            f"there is no such instant as {told(text)}",
            "Write a date, a time and an offset, e.g. 2005-06-16T10:15:00-04:00",
        ) from None
    if at.tzinfo is None:
        raise Unfit(f"the instant {told(text)} has no offset", "Write an offset, e.g. 2005-06-16T10:15:00-04:00")
    return at


def amount(text: str) -> Decimal:
    """A sum of money that is not negative, without sign, separators or currency. Raises Unfit."""
    if _AMOUNT.fullmatch(text):
        return Decimal(text)
    bare = re.sub(r"[\s,_$]|USD", "", text)
    if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", bare):
        raise Unfit(f"{told(text)} is negative", "Write an amount of zero or more")
    if _AMOUNT.fullmatch(bare):
        raise Unfit(f"{told(text)} is not a plain number", f"Write {bare}")
    raise Unfit(f"{told(text)} is not an amount", "Write digits with a point for cents, e.g. 9166.67")


def rate(text: str) -> Decimal:
    """``10%`` per annum as a fraction (0.10). Raises Unfit."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,8})?)\s*%", text)
    if not match:
        raise Unfit(f"{told(text)} is not a rate", "Write per cent per annum, e.g. 10%")
    return Decimal(match[1]) / 100
