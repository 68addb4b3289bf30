"""Sessions and public holidays, against an independent library and against days looked up by hand."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.core.days import OutsideCalendar
from monitor.rulebook import Rulebook
from monitor.rulebook.calendars import FIRST, LAST, exchange_sessions

ORACLE_FROM, ORACLE_TO = date(1990, 1, 1), date(2027, 12, 31)
EARLY_CLOSES_APART = {
    # These closed at 14:00. Sessions know one early close, 13:00, so they are kept full days: a window ripens two
    # hours late there, on the same date. (The snowstorm of 1994-02-11, closed at 14:30, is a full day on both sides.)
    date(1990, 12, 24),
    date(1991, 12, 24),
    date(1992, 11, 27),
    date(1992, 12, 24),
}


def test_sessions_agree_with_exchange_calendars_from_1990_to_2027() -> None:
    exchange_calendars = pytest.importorskip("exchange_calendars", reason="the oracle is a development dependency")
    oracle = exchange_calendars.get_calendar("XNYS", start=ORACLE_FROM.isoformat(), end=ORACLE_TO.isoformat())
    ours = exchange_sessions()
    assert [day for day in ours.dates if day <= ORACLE_TO] == [stamp.date() for stamp in oracle.sessions]
    theirs = {stamp.date() for stamp in oracle.early_closes}
    assert {day for day in ours.half_days if day <= ORACLE_TO} ^ theirs == EARLY_CLOSES_APART


def test_closes_agree_with_exchange_calendars_on_every_half_day() -> None:
    exchange_calendars = pytest.importorskip("exchange_calendars", reason="the oracle is a development dependency")
    oracle = exchange_calendars.get_calendar("XNYS", start=ORACLE_FROM.isoformat(), end=ORACLE_TO.isoformat())
    ours = exchange_sessions()
    days = sorted(day for day in ours.half_days if day <= ORACLE_TO)
    assert len(days) > 70
    assert [ours.close_at(day) for day in days] == [oracle.session_close(day).to_pydatetime() for day in days]


@pytest.mark.parametrize(
    ("day", "is_session"),
    [
        (date(2001, 9, 10), True),
        (date(2001, 9, 11), False),
        (date(2001, 9, 14), False),
        (date(2001, 9, 17), True),
        (date(2012, 10, 29), False),
        (date(2012, 10, 30), False),  # a hurricane
        (date(2005, 3, 25), False),  # Good Friday: no session, though no public holiday
        (date(2005, 11, 8), True),
        (date(2005, 11, 11), True),  # Election Day, Veterans Day: sessions
        (date(2025, 1, 9), False),  # a day of mourning
        (date(2005, 7, 2), False),
    ],
)
def test_the_exchange_was_open_or_not(day: date, is_session: bool) -> None:
    assert exchange_sessions().is_session(day) is is_session


def test_a_day_outside_the_sessions_is_refused_with_the_range() -> None:
    assert (date(1990, 1, 1), date(2040, 12, 31)) == (FIRST, LAST)
    assert (exchange_sessions().first, exchange_sessions().last) == (FIRST, LAST)
    with pytest.raises(OutsideCalendar, match=r"1989-12-29 .*1990-01-01 to 2040-12-31"):
        exchange_sessions().is_session(date(1989, 12, 29))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2006, 1, 1), "Sunday"),
        (date(2006, 1, 2), "New Year's Day (observed)"),
        (date(2006, 1, 3), None),
        (date(2005, 2, 14), None),  # Lincoln's Birthday fell on a Saturday: it never moves
        (date(2006, 2, 13), "Lincoln's Birthday (observed)"),  # and here on a Sunday
        (date(2005, 2, 21), "Washington's Birthday"),
        (date(2005, 3, 25), None),  # Good Friday
        (date(2005, 5, 30), "Memorial Day"),
        (date(2005, 6, 13), None),  # Flag Day is always a Sunday and does not move
        (date(2010, 7, 5), "Independence Day (observed)"),
        (date(2010, 12, 24), None),  # Christmas on a Saturday
        (date(2010, 12, 31), None),  # New Year's Day 2011 on a Saturday
        (date(2005, 11, 8), "General Election Day"),
        (date(2011, 11, 8), "General Election Day"),  # the month begins on a Tuesday: the second Tuesday
        (date(2011, 11, 1), None),
        (date(2012, 11, 12), "Veterans Day (observed)"),
        (date(2020, 6, 19), None),  # the law is of October 2020
        (date(2021, 6, 18), None),
        (date(2022, 6, 20), "Juneteenth (observed)"),
        (date(2023, 6, 19), "Juneteenth"),
        (date(2005, 11, 24), "Thanksgiving Day"),
        (date(2005, 11, 25), None),
        (date(1985, 1, 21), None),
        (date(1986, 1, 20), "Martin Luther King Day"),
    ],
)
def test_a_public_holiday_of_new_york_or_not(rulebook: Rulebook, day: date, why: str | None) -> None:
    assert rulebook.calendars.holidays.why_not_business(day) == why


def test_election_day_is_a_tuesday_from_the_second_to_the_eighth_in_every_year(rulebook: Rulebook) -> None:
    days = [day for day, name in rulebook.calendars.holidays.names.items() if name == "General Election Day"]
    assert len(days) == 151
    assert all(day.weekday() == 1 and day.month == 11 and 2 <= day.day <= 8 for day in days)


def test_every_holiday_that_moves_moves_to_a_monday(rulebook: Rulebook) -> None:
    moved = [day for day, name in rulebook.calendars.holidays.names.items() if "(observed)" in name]
    assert moved
    assert all(day.weekday() == 0 for day in moved)


def test_counting_rules_name_their_authority_and_keep_their_marks(rulebook: Rulebook) -> None:
    counting = rulebook.laws["us-ny"].counting
    assert {rule.authority.removesuffix(" (verify)") for rule in counting.values()} == {
        "GCL 19",
        "GCL 20",
        "GCL 25(1)",
        "GCL 25(2)",
        "GCL 25-a",
        "GCL 30",
        "CPLR 5004",
    }
    assert counting["roll_interest"].authority.endswith("(verify)")
    assert counting["roll"].readings == ("maturity_roll", "cure_roll")
