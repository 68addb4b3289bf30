"""The holder's bank statements in CSV: payments received on the note.

Endpoint   files the holder saves (recorded folder), or the setting ``urls`` (a bank's export over HTTP).
Auth       whatever stands in the URL; nothing is logged.
Cadence    daily.
Freshness  a statement covers the days up to its latest booking, or to the setting ``through`` (the statement's own end
           date, when it says more). Non-payment is an absence: without a statement that covers the day it stays
           unverified. A row that cannot be read, or a reversal, ends what the statement proves on the day before.
Volume     setting by setting: one credit a month while interest is paid.
Proves     evidence: ``payment_received`` for each credit whose text contains one of the setting ``match`` (default: the
           maker's name and former names); dated by booking, which is receipt.
Settings   match (list, or {obligor id: list}), through, date_order (mdy | dmy), decimal (. | ,), currency (USD),
           columns (list, for a file without headers), instrument (id, when the maker has several notes), reversal
           (list of further words).
Traps      - 02/03/2005 is two dates: without ``date_order`` and without a day above 12 in the file nothing is read.
           - Overlapping statements repeat rows, and two equal payments on one day are two: a row's identity is the
             bank's reference with date and amount, else date, amount and text, with a running number for equal rows.
           - Banks' "reference" may be the customer's own text, the same every month: never an identity alone.
           - A debit that takes a payment back is reported for a person, who attests ``payment_reversed``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from feeds.bank_table import Row, Table, read_table
from feeds.bank_words import Numbers, Unreadable, date_order, normal, read_amount, read_date
from feeds.base import FeedChanged, FeedFailed, Http, Parsed, Payload, Unmapped, Watch
from feeds.labels import load_labels
from monitor.core.canonical import digest
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When, fact_id, local_date

ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Booking:
    """One row: money in (positive) or out (negative) on a day."""

    line: int
    day: date
    amount: Decimal
    text: str
    reference: str
    currency: str


class PaymentsFeed:
    """CSV statements; one payload is one file."""

    name = "payments"
    proves = "evidence"
    cadence_minutes = 1440
    suffixes: tuple[str, ...] = ("",)
    joins_payloads = True
    settings: tuple[str, ...] = (
        "match", "through", "date_order", "decimal", "currency", "columns", "instrument", "reversal", "urls",
    )
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return True

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        urls = watch.settings.get("urls") or ()
        if not urls:
            raise FeedFailed("payments: no source. Set `urls`, or save statements in a folder with `source: recorded`.")
        for url in [urls] if isinstance(urls, str) else urls:
            answer = http.get(str(url))
            if answer.status != 200:
                raise FeedFailed(f"payments: the bank answered HTTP {answer.status}.")
            name = str(url).split("?")[0].rstrip("/").rsplit("/", 1)[-1]
            yield Payload(self.name, name, answer.url, answer.body, answer.fetched_at, answer.headers)

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        table = read_table(payload, watch.settings.get("columns"))
        bookings, errors, doubtful, unmapped = _bookings(payload, table, watch)
        wanted = str(watch.settings.get("currency", "USD")).upper()
        facts: list[Fact] = []
        texts: dict[str, str] = {}
        seen: Counter[str] = Counter()
        for booking in sorted(bookings, key=lambda b: b.day):
            key = _identity(booking)
            seen[key] += 1
            payer = _payer(booking, watch)
            where = f"{payload.name}:{booking.line}:1"
            if booking.amount < 0:
                if _reverses(booking, bookings, payer, watch):
                    errors.append(f"{where}: {-booking.amount} taken back on {booking.day} ({booking.text[:80]}). "
                                  "Attest payment_reversed if it was the maker's payment.")
                    doubtful.append(booking.day)
            elif payer is not None and booking.currency not in ("", wanted):
                errors.append(f"{where}: a payment in {booking.currency}, not {wanted}. Attest it in {wanted}.")
                doubtful.append(booking.day)
            elif payer is not None and booking.amount > 0:
                record = key if seen[key] == 1 else f"{key} no. {seen[key]}"
                fact = _fact(payload, booking, payer, record, watch)
                facts.append(fact)
                texts[record] = f"{booking.day} {booking.amount} {booking.text}".strip()
        return Parsed(
            facts=tuple(facts), unmapped=(*table.unmapped, *unmapped), errors=tuple(errors),
            through=_through(payload, bookings, doubtful, watch), records=len(table.rows), texts=texts,
            since=min((b.day for b in bookings), default=None),
        )

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        return None


# --- rows -------------------------------------------------------------------------------------------------------


def _bookings(
    payload: Payload, table: Table, watch: Watch
) -> tuple[list[Booking], list[str], list[date | None], list[Unmapped]]:
    """Booked rows; a line for each that cannot be read, and its day (None: unknown); statuses no label covers."""
    order = date_order((table.day(row) for row in table.rows), watch.settings.get("date_order"), payload.name)
    numbers = Numbers(watch.settings.get("decimal"))
    bookings: list[Booking] = []
    errors: list[str] = []
    doubtful: list[date | None] = []
    unmapped: dict[str, Unmapped] = {}
    for row in table.rows:
        day: date | None = None
        try:
            if row.cells is None:
                raise Unreadable(f"{row.why}.")
            day = read_date(table.day(row), order)
            label = f"status: {table.value(row, 'status')}"
            status = load_labels("payments").lookup(label)
            if status is None:
                unmapped.setdefault(label, Unmapped(label, f"{payload.name}:{row.line}"))
                doubtful.append(day)
            elif not status.noise:
                bookings.append(
                    Booking(
                        row.line, day, _amount(table, row, numbers), table.value(row, "description"),
                        table.value(row, "reference"), (table.value(row, "currency") or table.currency).upper(),
                    )
                )
        except Unreadable as error:
            errors.append(f"{payload.name}:{row.line}:1: {error}")
            doubtful.append(day)
    return bookings, errors, doubtful, list(unmapped.values())


def _amount(table: Table, row: Row, numbers: Numbers) -> Decimal:
    """Signed amount of a row: credits positive. Raises Unreadable."""
    if "amount" in table.columns:
        amount = read_amount(table.value(row, "amount"), numbers)
        out = table.value(row, "direction").casefold().startswith(("d", "withdraw"))
        return -abs(amount) if out else amount
    credit, debit = table.value(row, "credit"), table.value(row, "debit")
    if not credit and not debit:
        raise Unreadable("neither a debit nor a credit. Correct the row.")
    into = read_amount(credit, numbers) if credit else Decimal(0)
    out_of = read_amount(debit, numbers) if debit else Decimal(0)
    if into and out_of:
        raise Unreadable("both a debit and a credit. Correct the row.")
    return into - abs(out_of)


def _identity(booking: Booking) -> str:
    """What makes a row this row in every statement that shows it."""
    if booking.reference:
        return f"{booking.reference} {booking.day} {booking.amount:.2f}"
    return digest([booking.day, booking.amount, normal(booking.text), booking.currency])[:16]


def _payer(booking: Booking, watch: Watch) -> Obligor | None:
    """The obligor whose words stand in the row's text."""
    said = f" {normal(f'{booking.text} {booking.reference}')} "
    given = watch.settings.get("match")
    for obligor in watch.obligors:
        words = given.get(obligor.id) if isinstance(given, Mapping) else given
        for word in ([words] if isinstance(words, str) else words) or (obligor.name, *obligor.also):
            if normal(str(word)) and f" {normal(str(word))} " in said:
                return obligor
    return None


def _reverses(booking: Booking, bookings: Sequence[Booking], payer: Obligor | None, watch: Watch) -> bool:
    """A debit in words of a reversal that names the maker, or takes back the amount of a credit of the maker's."""
    own = [normal(str(w)) for w in watch.settings.get("reversal") or ()]
    said = normal(booking.text)
    meaning = load_labels("payments").lookup(f"row: {booking.text}")
    if not (meaning and meaning.get("reversal")) and not any(w and w in said for w in own):
        return False
    credits = (b for b in bookings if b.amount == -booking.amount and b.day <= booking.day)
    return payer is not None or any(_payer(b, watch) for b in credits)


def _through(
    payload: Payload, bookings: Sequence[Booking], doubtful: Sequence[date | None], watch: Watch
) -> date | None:
    """Last day the statement covers: the setting, else the latest booking; never past the day it was captured."""
    if None in doubtful:
        return None
    stated = watch.settings.get("through")
    try:
        through = date.fromisoformat(str(stated)) if stated else max((b.day for b in bookings), default=None)
    except ValueError as error:
        raise FeedChanged(f"payments: setting through is {stated!r}. Write a date such as 2006-01-03.") from error
    ends = [d - timedelta(days=1) for d in doubtful if d is not None]
    return min([through, local_date(payload.captured_at, ZONE), *ends]) if through else None


def _fact(payload: Payload, booking: Booking, payer: Obligor, record: str, watch: Watch) -> Fact:
    # No published_at: a credit is known when the statement that shows it is saved, not on its booking day.
    return Fact(
        id=fact_id(payload.feed, record, "payment_received", payer.id), kind="payment_received", subject=payer.id,
        matter="payments", happened_on=When.on(booking.day), known_at=payload.captured_at, source=payload.feed,
        record=record, instrument=watch.settings.get("instrument"),
        fields={"amount": booking.amount, **({"reference": booking.reference} if booking.reference else {})},
    )
