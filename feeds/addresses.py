"""House number and street of an address, in one spelling: enough to say that two records mean the same door."""

from __future__ import annotations

import re
from collections.abc import Iterable

from feeds.names import fold

WORDS = {
    "st": "street", "str": "street", "ave": "avenue", "av": "avenue", "blvd": "boulevard", "rd": "road", "dr": "drive",
    "ln": "lane", "pl": "place", "plz": "plaza", "sq": "square", "ct": "court", "pkwy": "parkway", "hwy": "highway",
    "tpke": "turnpike", "ter": "terrace", "e": "east", "w": "west", "n": "north", "s": "south",
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8",
    "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12",
}
ENDS = frozenset({
    "suite", "ste", "floor", "fl", "flr", "unit", "apt", "apartment", "room", "rm", "penthouse", "ph", "box", "new",
    "ny", "attn", "c", "co",
})


def street_of(text: str) -> str:
    """``62 white street`` of "62 White St., Suite 3A, New York"; "" when the text begins with no house number."""
    first = re.split(r"[,#\n;]", text.strip(), maxsplit=1)[0]
    found = re.match(r"(\d+(?:\s*-\s*\d+)?[a-zA-Z]?)\s+(\S.*)", first)
    if not found:
        return ""
    words: list[str] = []
    for word in fold(found[2]).split():
        if word in ENDS:
            break
        words.append(WORDS.get(word, re.sub(r"^(\d+)(?:st|nd|rd|th)$", r"\1", word)))
    return " ".join([re.sub(r"\s", "", found[1]).casefold(), *words]) if words else ""


def zip_of(text: str) -> str:
    found = re.findall(r"\b(\d{5})(?:-?\d{4})?\b", text)
    return found[-1] if found else ""


def same_door(known: Iterable[str], lines: Iterable[str], zip_code: str = "") -> bool:
    """Whether one of ``lines`` is the street of a known address. Two ZIP codes that differ are two places."""
    streets = {street_of(line) for line in lines} - {""}
    for address in known:
        if street_of(address) in streets:
            own, other = zip_of(address.split(",", 1)[-1]), zip_of(zip_code)
            if not own or not other or own == other:
                return True
    return False
