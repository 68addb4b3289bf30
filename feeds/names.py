"""Exact name matching: two spellings of one name, and names that a person should compare. No scores, no guesses.

What an exact match proves is decided by the feed. Folding takes away case, accents, punctuation and white space,
never a word: "ROO Group, Inc." equals "ROO GROUP INC", and neither equals "ROOT Group Inc" or "ROO Group LLC".
"""

from __future__ import annotations

import re
import unicodedata

from monitor.core.clause import Obligor

ENTITY_WORDS = frozenset({
    "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "llp", "lp", "ltd", "limited", "plc", "pc",
    "pllc", "lc", "sa", "ag", "nv", "bv", "gmbh", "trust", "the", "and", "of", "aka", "dba", "fka", "et", "al",
})


def fold(name: str) -> str:
    """``name`` in one spelling: lower case, no accents, ``&`` as "and", full stops and apostrophes closed up."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    plain = re.sub(r"[.'\u2018\u2019`]", "", plain.replace("&", " and "))
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def same_name(one: str, other: str) -> bool:
    return bool(fold(one)) and fold(one) == fold(other)


def names_of(obligor: Obligor) -> tuple[str, ...]:
    """The obligor's name and its exact aliases, as the instrument lists them."""
    return (obligor.name, *obligor.also)


def is_named(obligor: Obligor, name: str) -> bool:
    """Whether ``name`` is exactly one of the obligor's names."""
    return any(same_name(own, name) for own in names_of(obligor))


def is_like(obligor: Obligor, name: str) -> bool:
    """Whether one name contains the other once entity words are put aside; a person must compare them."""
    return any(_contains(_core(own), _core(name)) for own in names_of(obligor))


def digits(number: str) -> str:
    """The digits of an identifier, "" unless they are the nine of a full EIN ("75-3127710"; not "xx-xxx7710")."""
    found = re.sub(r"\D", "", number)
    return found if len(found) == 9 else ""


def _core(name: str) -> tuple[str, ...]:
    return tuple(word for word in fold(name).split() if word not in ENTITY_WORDS)


def _contains(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    short, long = sorted((one, other), key=len)
    if not short:
        return False
    if len(short) == 1:  # a lone word says little in the middle of a name ("Group"): it must begin it
        return len(short[0]) >= 3 and long[0] == short[0]
    return any(long[i:i + len(short)] == short for i in range(len(long) - len(short) + 1))
