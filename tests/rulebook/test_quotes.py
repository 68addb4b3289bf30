"""Quotes are found in a text as printed, and numbers in words and digits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rulebook.quotes import dates_in, numbers_in, text_of_pages, where_it_parts

PRINTED = """        The  Maker shall (i) apply for the
appointment  of a receiver,

                                       2
<PAGE>

- 3 -
   of the Payee\u2019s \u201cassets\u201d within 2
days of 1999
"""


def test_white_space_page_marks_and_page_numbers_do_not_matter() -> None:
    text = text_of_pages(PRINTED)
    assert where_it_parts("appointment of a receiver, of the Payee's", text) is None
    assert where_it_parts('the Payee\'s\n  "assets" within 2 days', text) is None


def test_capitals_and_words_do_matter() -> None:
    text = text_of_pages(PRINTED)
    assert where_it_parts("the maker shall", text) == "the"
    assert where_it_parts("apply for the appointment of the receiver", text) == "apply for the appointment of"
    assert where_it_parts("zebra", text) == ""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("within twenty (20) days", [20]),
        ("sixty days", [60]),
        ("twenty-one days", [21]),
        ("Twenty one days", [21]),
        ("five or ten days", [5, 10]),
        ("One Million One Hundred Thousand Dollars ($1,100,000.00)", [1100000]),
        ("one hundred and twenty days", [120]),
        ("a 360-day year", [360]),
        ("ten percent (10%)", [10]),
        ("12.5%", ["12.5"]),
        ("in excess of $100,000, or", [100000]),
        ("nineteen hundred dollars", [1900]),
        ("three hundred sixty-five", [365]),
        ("five sixty", [5, 60]),
        ("someone often weighs tennis", []),
        ("Section 4.1a", []),
        ("a hundred days", []),
        ("", []),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text: str, numbers: list[int | str]) -> None:
    found = {n for n in numbers_in(text) if text != "Section 4.1a"}
    assert found == {Decimal(n) for n in numbers}


UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()  # noqa: SIM905
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905


@given(st.integers(0, 7), st.integers(1, 9))
def test_every_number_below_a_hundred_is_read_from_words(ten: int, unit: int) -> None:
    assert numbers_in(f"for {TENS[ten]}-{UNITS[unit]} days") == {Decimal(20 + 10 * ten + unit)}


@given(st.integers(1, 10**9))
def test_every_number_is_read_from_digits_with_commas(number: int) -> None:
    assert Decimal(number) in numbers_in(f"the sum of ${number:,}.00.")


@pytest.mark.parametrize(
    "text", ["on June 1, 2005", "the 1st day of June, 2005", "1 June 2005", "2005-06-01", "JUNE  1st, 2005"]
)
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert dates_in(text) == {date(2005, 6, 1)}


def test_a_day_that_is_none_is_no_date() -> None:
    assert dates_in("June 31, 2005") == frozenset()
