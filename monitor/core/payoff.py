"""What the note comes to on a date, and which interest dates passed unpaid: shown with findings, no default here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from monitor.core.clause import SourceNeed, Unpaid
from monitor.core.facts import end_of_day, local_date
from monitor.core.look import Look
from monitor.core.schedule import Balance, InterestDue, balance, interest_dates, interest_for
from monitor.core.select import Case
from monitor.core.verify import read_since, read_to
from monitor.core.windows import discharged_on, maturity_dates


@dataclass(frozen=True, slots=True)
class Payoff:
    """Principal, interest and per diem on a date; ``read_through``: the last whole day whose payments are known (None:
    never read)."""

    balance: Balance
    read_through: date | None
    currency: str


def payoff(case: Case, on: date) -> Payoff:
    look = Look(case, case.chosen)
    maturity, final = _maturity(case, look)
    owed = balance(
        case.instrument.loan, look.payments(tenders=False), on, maturity=maturity,
        free_through=None if look.on("roll_interest") else final,
    )
    return Payoff(owed, _payments_read(case), case.instrument.loan.currency)


@dataclass(frozen=True, slots=True)
class MissedInterest:
    """A monthly interest date that passed with less interest received than had accrued; no event of default here."""

    due: InterestDue
    short: Decimal
    known: bool


def missed_interest(case: Case) -> tuple[MissedInterest, ...]:
    """Interest dates before maturity, up to ``as_of``, whose cumulative interest was not received by the rolled date.

    ``known`` is false where no statement covers its period to that date: then it is unknown, not unpaid. Nothing is due
    after the note was paid or discharged.
    """
    look = Look(case, case.chosen)
    loan = case.instrument.loan
    rule = _rule(case)
    maturity, _ = _maturity(case, look)
    ended = discharged_on(look, rule) or maturity
    payments = look.payments(tenders=True)
    read, since = _payments_read(case), read_since("payments", case)
    found, start = [], loan.dated
    for due in interest_dates(loan, case.calendars.holidays, maturity):
        covered = since is None or since <= start
        start = due.nominal
        if due.nominal >= min(maturity, ended) or due.payable >= case.today:
            continue
        owed = balance(loan, [p for p in payments if p.on <= due.payable], due.payable, maturity=maturity)
        later = interest_for(owed.principal, loan.rate, loan.day_count, due.nominal, due.payable)
        short = owed.interest - later
        if short > Decimal("0.05"):
            known = covered and read is not None and read >= due.payable
            found.append(MissedInterest(due, short.quantize(Decimal("0.01")), known))
    return tuple(found)


def _rule(case: Case) -> Unpaid | None:
    return next((x.ripens for x in case.form.limbs if isinstance(x.ripens, Unpaid)), None)


def _maturity(case: Case, look: Look) -> tuple[date, date]:
    rule = _rule(case)
    if rule:
        return maturity_dates(look, rule)
    return case.instrument.loan.maturity, case.instrument.loan.maturity


def _payments_read(case: Case) -> date | None:
    """The last whole day whose payments are known, from every source the instrument names for them."""
    needs = case.instrument.sources.get("payments") or (SourceNeed("payments"),)
    area = read_to(SourceNeed("payments"), case)
    reached: list[datetime | None] = [area] if area else [read_to(need, case) for need in needs]
    known = [r for r in reached if r]
    if not known or len(known) < len(reached):
        return None
    day = local_date(min(known), case.zone)
    return day if min(known) >= end_of_day(day, case.zone) else day - timedelta(days=1)
