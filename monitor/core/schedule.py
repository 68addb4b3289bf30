"""Money of a note in Decimal: accrual, payments, what is short, payoff and per diem. Shared by both evaluators.

Day count ACT/360: actual days elapsed over a 360-day year, the day of payment excluded (the note: "on the basis of a
360-day year and actual days elapsed"); ACT/365: over 365 days; 30/360: every month has 30 days. Totals are rounded
once, half up, to the cent, never month by month.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from monitor.core.clause import LoanTerms
from monitor.core.days import Holidays

CENT = Decimal("0.01")
ROUNDING = Decimal("0.05")
YEAR = {"ACT/360": 360, "ACT/365": 365, "30/360": 360}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received on a date. Without a split it goes to accrued interest first, then to principal."""

    on: date
    amount: Decimal
    principal: Decimal | None = None
    interest: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed at the start of ``on``, in the note's currency. ``per_diem``: interest of one more day."""

    on: date
    principal: Decimal
    interest: Decimal
    per_diem: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Shortfall:
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class InterestDue:
    """One monthly interest date: nominal, rolled under GCL 25, and the interest of the period to the cent."""

    nominal: date
    payable: date
    amount: Decimal


def interest_for(principal: Decimal, rate: Decimal, day_count: str, start: date, end: date) -> Decimal:
    """Exact interest from ``start`` (included) to ``end`` (excluded)."""
    days = _thirty(start, end) if day_count == "30/360" else (end - start).days
    return principal * rate * max(days, 0) / YEAR[day_count]


def _thirty(start: date, end: date) -> int:
    """Days between two dates when every month has 30 (the bond basis): the 31st counts as the 30th."""
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def balance(
    loan: LoanTerms, payments: Iterable[Payment], on: date, *,
    maturity: date | None = None, free_through: date | None = None,
) -> Balance:
    """Principal and interest owed on ``on`` after every payment received by then.

    ``free_through``: last day of a rolled maturity; up to it the days after ``maturity`` earn nothing (GCL 25(2)).
    Past it interest runs from ``maturity`` at the default rate, or at the contract rate where there is none; what was
    paid in those days bears none.
    """
    due = maturity or loan.maturity
    after = loan.default_rate or loan.rate
    principal, accrued, paid, since = loan.principal, Decimal(0), Decimal(0), loan.dated

    def accrue(until: date) -> Decimal:
        free = free_through is not None and until <= free_through
        before = interest_for(principal, loan.rate, loan.day_count, since, min(until, due))
        if free:
            return before
        start = due if free_through is not None and since <= free_through else max(since, due)
        return before + interest_for(principal, after, loan.day_count, start, until)

    for payment in sorted((p for p in payments if loan.dated <= p.on <= on), key=lambda p: p.on):
        accrued += accrue(payment.on)
        since = payment.on
        to_interest, to_principal = _split(payment, cents(accrued) - paid)
        paid += to_interest
        principal = max(principal - to_principal, Decimal(0))
    accrued += accrue(on)
    rate = loan.rate if on < due else after
    return Balance(
        on=on, principal=principal, interest=max(cents(accrued) - paid, Decimal(0)),
        per_diem=cents(interest_for(principal, rate, loan.day_count, on, on + timedelta(days=1))),
    )


def _split(payment: Payment, due: Decimal) -> tuple[Decimal, Decimal]:
    """(to interest, to principal). The stated split holds; the rest goes to interest first."""
    if payment.interest is not None and payment.principal is not None:
        return payment.interest, payment.principal
    if payment.interest is not None:
        return payment.interest, payment.amount - payment.interest
    if payment.principal is not None:
        return payment.amount - payment.principal, payment.principal
    to_interest = min(payment.amount, max(due, Decimal(0)))
    excess = payment.amount - to_interest
    # Interest paid month by month is rounded month by month: a stray cent is a rounding, not a prepayment of principal.
    if to_interest and excess <= ROUNDING:
        return payment.amount, Decimal(0)
    return to_interest, excess


def shortfall(
    loan: LoanTerms, payments: Iterable[Payment], *, maturity: date, by: date, roll_interest: bool
) -> Shortfall:
    """What of principal and of interest accrued to maturity was not received by the end of ``by``."""
    owed = balance(loan, payments, by, maturity=maturity, free_through=None if roll_interest else by)
    return Shortfall(owed.principal, owed.interest)


def paid_in_full_on(
    loan: LoanTerms, payments: Iterable[Payment], *, maturity: date, free_through: date | None
) -> date | None:
    """The first payment date after which neither principal nor interest is owed; None while something is."""
    listed = sorted(payments, key=lambda p: p.on)
    for payment in listed:
        owed = balance(
            loan, [p for p in listed if p.on <= payment.on], payment.on, maturity=maturity, free_through=free_through
        )
        if payment.on >= loan.dated and owed.total == 0:
            return payment.on
    return None


def add_months(day: date, months: int) -> date:
    """The same numbered day ``months`` later, or the month's last day (GCL 30)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def interest_dates(loan: LoanTerms, holidays: Holidays, maturity: date | None = None) -> tuple[InterestDue, ...]:
    """Monthly interest dates up to maturity on the full principal. Dates after the first are inferred (section 5)."""
    found: list[InterestDue] = []
    start, month = loan.dated, 0
    end = maturity or loan.maturity
    while start < end:
        nominal = min(add_months(loan.first_payment, month), end)
        amount = cents(interest_for(loan.principal, loan.rate, loan.day_count, start, nominal))
        found.append(InterestDue(nominal, holidays.roll(nominal), amount))
        start, month = nominal, month + 1
    return tuple(found)
