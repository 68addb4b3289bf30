"""Payment at maturity (Unpaid), and the day on which the note was discharged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from monitor.core.clause import Unpaid
from monitor.core.schedule import Payment, paid_in_full_on, shortfall
from monitor.core.select import Case, Event
from monitor.engine.board import Board, Pairs, Sheet, Window
from monitor.engine.debts import scaled
from monitor.engine.items import exception_limit
from monitor.engine.prepare import DISCHARGE, EXTENSION, Combo, Group, as_day, happened

RECEIVED, TENDERED = "payment_received", "payment_tendered"


def _money(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def payments_of(case: Case, combo: Combo, *, tenders: bool) -> list[Payment]:
    """Payments that count by ``as_of``; refused tenders among them if asked."""
    found = []
    for event in case.events:
        if event.kind == RECEIVED or (tenders and event.kind == TENDERED):
            day = happened(case, event, combo.others_last)
            if day is not None:
                found.append(Payment(
                    date.fromordinal(day), _money(event.fields.get("amount")) or Decimal(0),
                    _money(event.fields.get("principal")), _money(event.fields.get("interest")),
                ))
    return found


def maturity_of(sheet: Sheet, combo: Combo, roll: str) -> tuple[int, int]:
    """(maturity, last day to pay) as ordinals, after every signed extension dated by the then last day."""
    case = sheet.case
    due = case.instrument.loan.maturity.toordinal()
    last = sheet.roll(due, roll, combo)
    extensions: list[tuple[int, int, str, Event]] = []
    for event in case.events:
        day = happened(case, event, combo.others_last) if event.kind == EXTENSION else None
        if day is not None and event.text("signed") == "true":
            extensions.append((day, event.order, event.id, event))
    for day, _, _, event in sorted(extensions, key=lambda e: e[:3]):
        moved = as_day(event.fields.get("to"), case.zone)
        if moved is not None and day <= last:
            due = moved.toordinal()
            last = sheet.roll(due, roll, combo)
    return due, last


def roll_of(case: Case) -> str:
    """The reading that rolls maturity, by the form's own limb on it."""
    return next((limb.ripens.roll for limb in case.form.limbs if isinstance(limb.ripens, Unpaid)), "")


def discharged(sheet: Sheet, combo: Combo) -> int | None:
    """Ordinal of the day on which the note was paid in full or acknowledged as paid; tenders do not count."""
    case = sheet.case
    days = [
        day for event in case.events if event.kind == DISCHARGE
        and (day := happened(case, event, combo.others_last)) is not None
    ]
    payments = payments_of(case, combo, tenders=False)
    if payments:
        due, last = maturity_of(sheet, combo, roll_of(case))
        free = None if combo.readings.get("roll_interest") == "on" else date.fromordinal(last)
        full = paid_in_full_on(
            case.instrument.loan, payments, maturity=date.fromordinal(due), free_through=free,
        )
        if full is not None:
            days.append(full.toordinal())
    return min(days, default=None)


def ask_short(sheet: Sheet, group: Group, combo: Combo, board: Board) -> None:
    """Whether principal, and whether interest, is still owed at the end of the last day to pay."""
    ripens, case = group.limb.ripens, sheet.case
    assert isinstance(ripens, Unpaid)
    due, last = maturity_of(sheet, combo, ripens.roll)
    if case.today.toordinal() < due:
        return
    owed = shortfall(
        case.instrument.loan, payments_of(case, combo, tenders=combo.readings.get("tender_is_payment") == "on"),
        maturity=date.fromordinal(due), by=date.fromordinal(last),
        roll_interest=combo.readings.get("roll_interest") == "on",
    )
    for name, amount in (("principal", owed.principal), ("interest", owed.interest)):
        board.put("nothing", (combo.key, name), 0, (combo.key, name))
        board.put("owed", (combo.key, name), scaled(amount), (combo.key, name))


def open_windows(sheet: Sheet, group: Group, combo: Combo, weighed: Pairs) -> None:
    """The one window of the maturity limb, from the maturity date on."""
    ripens, case = group.limb.ripens, sheet.case
    assert isinstance(ripens, Unpaid)
    due, last = maturity_of(sheet, combo, ripens.roll)
    if case.today.toordinal() < due:
        return
    short = [bool(weighed["short"].get((combo.key, name))) for name in ("principal", "interest")]
    lacking = all(short) if combo.readings.get("conjunctive_shortfall") == "on" else any(short)
    sheet.windows.append(Window(
        group=group, combo=combo, trigger=f"maturity:{case.instrument.loan.maturity.isoformat()}", matter="maturity",
        opened=due, low=due, high=last, deadline=last, default=last + 1, deadline_at=sheet.midnight_after(last),
        clock="day", due=last + 1, limit=exception_limit(group, combo, last), cures=None, exceptions=None,
        paid=not lacking,
    ))
