"""Days and instants in prose: one form, whatever the machine's locale."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from monitor.core.day_words import (
    as_of_words,
    between_words,
    clock_words,
    day_words,
    instant_words,
    last_day_words,
    told_words,
)
from monitor.core.facts import end_of_day
from tests.core.cases import NEW_YORK

BETWEEN = [
    ("2005-07-06", "2005-07-06", "6 July 2005"),
    ("2005-06-30", "2005-07-10", "between 30 June and 10 July 2005"),
    ("2005-07-01", "2005-07-31", "between 1 and 31 July 2005"),
    ("2004-12-31", "2005-01-01", "between 31 December 2004 and 1 January 2005"),
    ("2004-07-06", "2005-07-06", "between 6 July 2004 and 6 July 2005"),
]


@pytest.mark.parametrize(("first", "last", "said"), BETWEEN)
def test_a_range_says_once_what_its_ends_share(first: str, last: str, said: str) -> None:
    assert between_words(date.fromisoformat(first), date.fromisoformat(last)) == said


def test_a_weekday_stands_with_a_last_day_alone() -> None:
    assert day_words(date(2005, 7, 6)) == "6 July 2005"
    assert last_day_words(date(2005, 7, 6)) == "Wed 6 July 2005"


def test_an_instant_names_its_clock() -> None:
    at = datetime(2005, 7, 7, 3, 59, tzinfo=UTC)
    assert instant_words(at) == "7 July 2005, 03:59 UTC"
    assert instant_words(at, NEW_YORK) == "6 July 2005, 23:59 EDT"
    assert clock_words(datetime(2005, 12, 1, 21, tzinfo=UTC), NEW_YORK) == "16:00 EST"


def test_an_as_of_is_the_legal_day_and_to_the_second_otherwise() -> None:
    assert as_of_words(end_of_day(date(2005, 7, 6), NEW_YORK), NEW_YORK) == "the end of 6 July 2005 (America/New_York)"
    midnight = datetime(2005, 7, 7, 4, tzinfo=UTC)
    assert as_of_words(midnight, NEW_YORK) == "7 July 2005, 00:00:00 EDT (America/New_York)"


TOLD = [
    ("2005-06-16", "16 June 2005"), ("2005-06-16..2005-06-18", "between 16 and 18 June 2005"),
    ("2005-06-16T14:30:00.000000Z", "16 June 2005, 14:30 UTC"),
    ("2005-06-16T14:30:00.000000Z..2005-06-17T00:00:00.000000Z",
     "between 16 June 2005, 14:30 UTC and 17 June 2005, 00:00 UTC"),
    ("on or about midsummer", "on or about midsummer"), ("", ""),
]


@pytest.mark.parametrize(("kept", "said"), TOLD)
def test_what_evidence_carries_is_told_in_words(kept: str, said: str) -> None:
    assert told_words(kept) == said
