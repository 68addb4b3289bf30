"""One spelling for every record: the same meaning gives the same bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest

from monitor.core.canonical import canonical_bytes, digest, utc_text


class Word(StrEnum):
    LIEN = "lien"


SAME = [
    ("keys in another order", {"b": 1, "a": {"d": 2, "c": 3}}, {"a": {"c": 3, "d": 2}, "b": 1}),
    ("a decimal with a trailing zero", Decimal("1.00"), Decimal("1.0")),
    ("a decimal in exponents", Decimal("1E+3"), Decimal("1000.00")),
    ("zero and minus zero", Decimal("0.00"), Decimal("0")),
    ("a large amount keeps every digit", Decimal("123456789012345678.90"), Decimal("123456789012345678.9")),
    (
        "an instant on another clock", datetime(2005, 7, 6, 23, 59, tzinfo=timezone(timedelta(hours=-4))),
        datetime(2005, 7, 7, 3, 59, tzinfo=UTC),
    ),
    ("a list and a tuple", [1, "a"], (1, "a")),
    ("a set in another order", frozenset({"b", "a"}), {"a", "b"}),
    ("a word of a list", Word.LIEN, "lien"),
]


@pytest.mark.parametrize(("why", "one", "other"), SAME, ids=[s[0] for s in SAME])
def test_one_meaning_has_one_spelling(why: str, one: object, other: object) -> None:
    assert canonical_bytes(one) == canonical_bytes(other), why


APART = [
    ("a decimal is not a number", Decimal("1"), 1),
    ("a date is not an instant", date(2005, 7, 6), datetime(2005, 7, 6, tzinfo=UTC)),
    ("a list in another order", ["a", "b"], ["b", "a"]),
    ("nothing and an empty text", None, ""),
    ("true and one", True, 1),
    ("a microsecond", datetime(2005, 7, 6, 0, 0, 0, 1, tzinfo=UTC), datetime(2005, 7, 6, tzinfo=UTC)),
]


@pytest.mark.parametrize(("why", "one", "other"), APART, ids=[a[0] for a in APART])
def test_two_meanings_have_two_spellings(why: str, one: object, other: object) -> None:
    assert canonical_bytes(one) != canonical_bytes(other), why


def test_the_bytes_are_those_on_record() -> None:
    value = {"at": datetime(2005, 7, 6, 4, tzinfo=UTC), "amount": Decimal("9166.670"), "on": date(2005, 7, 1)}
    assert canonical_bytes(value) == b'{"amount":"9166.67","at":"2005-07-06T04:00:00.000000Z","on":"2005-07-01"}'
    assert digest([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def test_letters_outside_ascii_are_written_as_themselves() -> None:
    assert canonical_bytes("Société “X”") == "\"Société “X”\"".encode()


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        utc_text(datetime(2005, 7, 6))  # noqa: DTZ001


@pytest.mark.parametrize("value", [1.5, float("nan"), object()])
def test_what_has_no_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical spelling"):
        canonical_bytes(value)
