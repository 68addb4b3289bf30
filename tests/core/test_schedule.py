"""Money of the note in Decimal: ACT/360 at 10 % on $1,100,000 from 18 May 2005 (semantics.md section 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from monitor.core.clause import LoanTerms
from monitor.core.days import Holidays
from monitor.core.schedule import (
    Balance,
    Payment,
    add_months,
    balance,
    cents,
    interest_dates,
    interest_for,
    paid_in_full_on,
    shortfall,
)
from monitor.rulebook.rulebook import Rulebook

D = Decimal
NOTE = LoanTerms(
    D("1100000.00"), D("0.10"), "ACT/360", date(2005, 5, 18), date(2005, 6, 1), date(2005, 12, 31)
)
FINAL = date(2006, 1, 3)
"""31 December 2005 is a Saturday, 2 January 2006 the observed New Year's Day."""
MONTHS = [
    ("2005-06-01", "4277.78"), ("2005-07-01", "9166.67"), ("2005-08-01", "9472.22"), ("2005-09-01", "9472.22"),
    ("2005-10-01", "9166.67"), ("2005-11-01", "9472.22"), ("2005-12-01", "9166.67"), ("2005-12-31", "9166.67"),
]


@pytest.fixture(scope="module")
def holidays(rulebook: Rulebook) -> Holidays:
    return rulebook.calendars_for("us-ny").holidays


def day(text: str) -> date:
    return date.fromisoformat(text)


def owed(on: str, *payments: Payment, loan: LoanTerms = NOTE) -> Balance:
    return balance(loan, payments, day(on), free_through=FINAL)


def pay(on: str, amount: str, principal: str | None = None, interest: str | None = None) -> Payment:
    return Payment(day(on), D(amount), D(principal) if principal else None, D(interest) if interest else None)


INTEREST = [
    ("2005-05-18", "2005-06-01", "4277.78"), ("2005-06-01", "2005-07-01", "9166.67"),
    ("2005-07-01", "2005-08-01", "9472.22"), ("2005-05-18", "2005-12-31", "69361.11"),
    ("2005-07-01", "2005-07-07", "1833.33"), ("2005-07-07", "2005-07-08", "305.56"),
    ("2004-02-01", "2004-03-01", "8861.11"), ("2005-06-01", "2005-06-01", "0.00"), ("2005-06-02", "2005-06-01", "0.00"),
]


@pytest.mark.parametrize(("start", "end", "amount"), INTEREST)
def test_interest_counts_actual_days_over_360_without_the_last(start: str, end: str, amount: str) -> None:
    assert cents(interest_for(NOTE.principal, NOTE.rate, NOTE.day_count, day(start), day(end))) == D(amount)


OTHER_COUNTS = [
    ("ACT/365", "2005-06-01", "2005-07-01", "9041.10"), ("30/360", "2005-06-01", "2005-07-01", "9166.67"),
    ("30/360", "2005-07-01", "2005-08-01", "9166.67"), ("30/360", "2005-01-31", "2005-03-31", "18333.33"),
    ("30/360", "2005-01-30", "2005-02-28", "8555.56"), ("30/360", "2005-05-18", "2005-12-31", "68138.89"),
]


@pytest.mark.parametrize(("count", "start", "end", "amount"), OTHER_COUNTS)
def test_every_day_count_that_an_instrument_may_name_is_computed(
    count: str, start: str, end: str, amount: str
) -> None:
    assert cents(interest_for(NOTE.principal, NOTE.rate, count, day(start), day(end))) == D(amount)


def test_the_day_counts_of_the_loader_are_those_of_the_schedule() -> None:
    from monitor.core.schedule import YEAR
    from monitor.rulebook.instruments import DAY_COUNTS

    assert set(DAY_COUNTS) == set(YEAR)


def test_month_by_month_rounding_gives_a_cent_more_than_the_total() -> None:
    assert sum(D(amount) for _, amount in MONTHS) == D("69361.12")
    assert owed("2005-12-31").interest == D("69361.11")


def test_interest_dates_are_monthly_and_roll_to_a_business_day(holidays: Holidays) -> None:
    dates = interest_dates(NOTE, holidays)
    assert [(d.nominal.isoformat(), str(d.amount)) for d in dates] == MONTHS
    assert {d.nominal.isoformat(): d.payable.isoformat() for d in dates if d.nominal != d.payable} == {
        "2005-10-01": "2005-10-03", "2005-12-31": "2006-01-03",  # a Saturday; a Saturday before two closed days
    }


def test_an_interest_date_on_election_day_rolls_and_good_friday_does_not(holidays: Holidays) -> None:
    loan = replace(NOTE, dated=day("2005-02-25"), first_payment=day("2005-03-25"), maturity=day("2005-12-08"))
    assert interest_dates(loan, holidays)[0].payable == day("2005-03-25")  # Good Friday 2005 is no GCL 24 holiday
    loan = replace(NOTE, first_payment=day("2005-06-08"), maturity=day("2005-11-09"))
    last = {d.nominal: d.payable for d in interest_dates(loan, holidays)}
    assert last[day("2005-11-08")] == day("2005-11-09")  # general election day


def test_a_period_of_months_ends_at_month_end() -> None:
    assert add_months(day("2005-01-31"), 1) == day("2005-02-28")
    assert add_months(day("2004-01-31"), 1) == day("2004-02-29")
    assert add_months(day("2005-08-31"), 1) == day("2005-09-30")
    assert add_months(day("2005-12-01"), 1) == day("2006-01-01")


def test_interest_paid_to_1_july_leaves_1833_33_on_7_july_and_305_56_a_day() -> None:
    payments = [pay("2005-06-01", "4277.78"), pay("2005-07-01", "9166.67")]
    on = owed("2005-07-07", *payments)
    assert (on.principal, on.interest, on.per_diem) == (D("1100000.00"), D("1833.33"), D("305.56"))
    assert on.total == D("1101833.33")


def test_paying_every_month_and_the_principal_leaves_nothing() -> None:
    payments = [pay(on, amount) for on, amount in MONTHS[:-1]] + [pay("2006-01-03", "1109166.67")]
    on = owed("2006-01-03", *payments)
    assert (on.principal, on.interest) == (D(0), D(0))
    assert owed("2006-03-01", *payments).total == D(0)


def test_a_stray_cent_of_monthly_rounding_is_no_prepayment_of_principal() -> None:
    payments = [pay("2005-06-01", "4277.79")]
    assert owed("2005-06-01", *payments).principal == D("1100000.00")
    assert owed("2005-07-01", *payments).interest == D("9166.65")  # 13,444.44 in all, less what was paid


def test_a_part_of_the_interest_leaves_the_rest() -> None:
    assert owed("2005-06-01", pay("2005-06-01", "4000.00")).interest == D("277.78")


def test_more_than_the_interest_reduces_the_principal_and_the_per_diem() -> None:
    on = owed("2005-06-01", pay("2005-06-01", "104277.78"))
    assert (on.principal, on.interest, on.per_diem) == (D("1000000.00"), D(0), D("277.78"))


def test_prepaying_principal_alone_leaves_its_interest() -> None:
    on = owed("2005-06-01", pay("2005-06-01", "100000.00", principal="100000.00"))
    assert (on.principal, on.interest) == (D("1000000.00"), D("4277.78"))
    later = owed("2005-07-01", pay("2005-06-01", "100000.00", principal="100000.00"))
    assert later.interest == D("4277.78") + D("8333.33")


def test_the_stated_interest_part_holds_and_the_rest_is_principal() -> None:
    on = owed("2005-06-01", pay("2005-06-01", "5000.00", interest="4000.00"))
    assert (on.principal, on.interest) == (D("1099000.00"), D("277.78"))


def test_an_overpayment_leaves_nothing_owed_and_nothing_negative() -> None:
    on = owed("2005-07-01", pay("2005-06-01", "2000000.00"))
    assert (on.principal, on.interest, on.per_diem) == (D(0), D(0), D("0.00"))


def test_interest_paid_ahead_is_set_against_what_accrues_later() -> None:
    on = owed("2005-06-01", pay("2005-05-20", "4277.78", interest="4277.78"))
    assert (on.principal, on.interest) == (D("1100000.00"), D("0.00"))


def test_payments_before_the_note_and_after_the_day_asked_do_not_count() -> None:
    assert owed("2005-06-01", pay("2005-05-17", "4277.78"), pay("2005-06-02", "4277.78")).interest == D("4277.78")


def test_the_order_of_the_statements_rows_does_not_matter() -> None:
    payments = [pay("2005-07-01", "9166.67"), pay("2005-06-01", "4277.78"), pay("2005-06-15", "50000.00")]
    assert owed("2005-08-01", *payments) == owed("2005-08-01", *reversed(payments))


def test_the_days_of_a_rolled_maturity_earn_nothing() -> None:
    assert owed("2006-01-03").interest == D("69361.11")


def test_past_the_rolled_day_interest_runs_from_maturity() -> None:
    assert owed("2006-01-04").interest == cents(interest_for(NOTE.principal, NOTE.rate, "ACT/360", NOTE.dated,
                                                             day("2006-01-04")))


def test_under_roll_interest_the_extra_days_bear_interest() -> None:
    on = balance(NOTE, [], FINAL, free_through=None)
    assert on.interest == D("70277.78")


def test_what_was_paid_within_the_roll_bears_none_and_the_rest_runs_from_maturity() -> None:
    paid = pay("2006-01-02", "669361.11")  # all interest and 600,000 of principal
    assert owed("2006-01-03", paid).total == D("500000.00")
    late = owed("2006-01-10", paid)
    assert (late.principal, late.interest) == (D("500000.00"), cents(D(500000) * D("0.10") * 10 / 360))


def test_after_maturity_the_default_rate_holds_where_there_is_one() -> None:
    loan = replace(NOTE, default_rate=D("0.09"))
    on = balance(loan, [], day("2006-01-10"), free_through=FINAL)
    assert on.interest == D("69361.11") + D("2750.00")
    assert on.per_diem == D("275.00")


SHORT = [
    ("nothing paid", [], "1100000.00", "69361.11"),
    ("principal alone", [pay("2006-01-03", "1100000.00", principal="1100000.00")], "0.00", "69361.11"),
    ("interest alone", [pay("2006-01-03", "69361.11")], "1100000.00", "0.00"),
    ("a cent short", [pay("2006-01-03", "1169361.10")], "0.01", "0.00"),
    ("all of it", [pay("2006-01-03", "1169361.11")], "0.00", "0.00"),
    ("a day late", [pay("2006-01-04", "1169361.11")], "1100000.00", "69361.11"),
]


@pytest.mark.parametrize(("why", "payments", "principal", "interest"), SHORT, ids=[s[0] for s in SHORT])
def test_what_is_short_at_the_end_of_the_rolled_maturity(
    why: str, payments: list[Payment], principal: str, interest: str
) -> None:
    short = shortfall(NOTE, payments, maturity=NOTE.maturity, by=FINAL, roll_interest=False)
    assert (short.principal, short.interest) == (D(principal), D(interest)), why


def test_payment_in_full_is_dated_by_the_payment_after_which_nothing_is_owed() -> None:
    payments = [pay("2005-06-01", "4277.78"), pay("2005-06-11", "1100000.00"), pay("2005-06-20", "3055.55")]
    assert owed("2005-06-11", *payments).total == D("3055.55")
    assert owed("2005-06-20", *payments).total == D("7.64")  # nine days of interest on what was left
    assert paid_in_full_on(NOTE, payments, maturity=NOTE.maturity, free_through=FINAL) is None
    exact = [pay("2005-06-01", "4277.78"), pay("2005-06-11", "1103055.56")]
    assert paid_in_full_on(NOTE, exact, maturity=NOTE.maturity, free_through=FINAL) == day("2005-06-11")


def test_a_payment_before_the_note_was_made_discharges_nothing() -> None:
    early = [pay("2005-05-17", "2000000.00")]
    assert paid_in_full_on(NOTE, early, maturity=NOTE.maturity, free_through=FINAL) is None
