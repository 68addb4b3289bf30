"""Quotes: whether words stand in an agreement's text, and which numbers and dates they hold."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

_CURLY = str.maketrans("\u201c\u201d\u201e\u2018\u2019\u201a\u00a0", "\"\"\"''' ")
_PAGE = re.compile(r"^\s*(<PAGE>|(-\s*)?(page\s+)?\d{1,4}(\s*-)?)?\s*$", re.IGNORECASE)

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]
_DIGITS = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_MONTH, _DAY, _YEAR = f"({'|'.join(_MONTHS)})", r"(\d{1,2})(?:st|nd|rd|th)?", r"(\d{4})"
_WRITTEN_DATE = re.compile(rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b{_DAY}\s+(?:day\s+of\s+)?{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE)


def flattened(text: str) -> str:
    """Straight quotation marks, one blank for any white space."""
    return " ".join(text.translate(_CURLY).split())


def text_of_pages(text: str) -> str:
    """An agreement's text as quotes are looked up in it: page marks and page numbers alone on a line left out."""
    return flattened("\n".join(line for line in text.splitlines() if not _PAGE.match(line)))


def where_it_parts(quote: str, text: str) -> str | None:
    """None when the quote stands in the text, else the longest beginning of it that does (maybe nothing).

    ``text`` comes from ``text_of_pages``. Capitals count.
    """
    words = flattened(quote)
    if words in text:
        return None
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if words[:middle] in text else (low, middle - 1)
    return words[:low].rstrip()


def numbers_in(text: str) -> frozenset[Decimal]:
    """Every number of a text, in digits (``$1,100,000.00``, ``(5)``) or in words (``twenty-one``, ``sixty``)."""
    flat = flattened(text)
    found = {Decimal(d.replace(",", "")) for d in _DIGITS.findall(flat)}
    run: list[str] = []
    for word in [*re.findall(r"[A-Za-z]+", flat), ""]:
        lower = word.lower()
        if lower in _UNITS or lower in _TENS or (run and (lower == "hundred" or lower in _SCALES)):
            run.append(lower)
        elif run and lower == "and":
            continue
        elif run:
            found |= _spelled(run)
            run = []
    return frozenset(found)


def _spelled(run: list[str]) -> set[Decimal]:
    """The numbers a run of number words says; words that do not add up (``five sixty``) are numbers of their own."""
    found: set[Decimal] = set()
    total = part = 0
    last = ""
    for word in run:
        if word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
        elif word == "hundred":
            part = max(part, 1) * 100
        elif last and not _continues(last, word):
            found.add(Decimal(total + part))
            total, part = 0, _UNITS.get(word, 0) or _TENS.get(word, 0)
        else:
            part += _UNITS.get(word, 0) + _TENS.get(word, 0)
        last = word
    return found | {Decimal(total + part)}


def _continues(last: str, word: str) -> bool:
    """Whether ``word`` adds to the number that ``last`` belongs to: after a scale, or a unit after a ten."""
    return last in _SCALES or last == "hundred" or (last in _TENS and 0 < _UNITS.get(word, 99) < 10)


def dates_in(text: str) -> frozenset[date]:
    """Every date written out in a text (``June 1, 2005``, ``1 June 2005``, ``2005-06-01``)."""
    flat = flattened(text)
    triples = [(y, _MONTHS.index(m.lower()) + 1, d) for m, d, y in _WRITTEN_DATE.findall(flat)]
    triples += [(y, _MONTHS.index(m.lower()) + 1, d) for d, m, y in _DAY_FIRST.findall(flat)]
    triples += [(y, int(m), d) for y, m, d in re.findall(r"\b(\d{4})-(\d{2})-(\d{2})\b", flat)]
    found = set()
    for year, month, day in triples:
        try:
            found.add(date(int(year), month, int(day)))
        except ValueError:  # 31 June in an agreement's text is no date; the number check then says so
            continue
    return frozenset(found)
