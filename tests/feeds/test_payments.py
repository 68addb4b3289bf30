"""Bank statements: payments on the note, none twice, none lost. Hand-written; nothing in them ever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from feeds.bank_words import Numbers, Unreadable, date_order, read_amount, read_date
from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from feeds.payments import PaymentsFeed
from monitor.core.clause import Obligor
from tests.feeds.loopback import RECORDED, LoopbackHttp, recorded
from tests.golden import golden

AT = datetime(2006, 2, 1, 12, tzinfo=UTC)
ROO = Obligor(id="roo-group", name="ROO Group, Inc.")
FEED = PaymentsFeed()


def parse(name: str, **settings: object) -> Parsed:
    return FEED.parse(recorded("payments", name, AT), Watch([ROO], settings))


def text(*lines: str, at: datetime = AT, **settings: object) -> Parsed:
    body = "\n".join(lines).encode()
    return FEED.parse(Payload("payments", "bank.csv", "", body, at), Watch([ROO], settings))


def sums(parsed: Parsed) -> list[tuple[date, Decimal]]:
    return [(f.happened_on.first, f.fields["amount"]) for f in parsed.facts]  # type: ignore[misc]


@pytest.mark.parametrize("name", ["us_preamble", "german_semicolon", "two_equal"])
def test_each_statement_gives_what_the_golden_says(name: str) -> None:
    golden(f"payments/{name}", parse(f"{name}.csv"))


def test_only_credits_that_name_the_maker_are_payments() -> None:
    assert sums(parse("us_preamble.csv")) == [
        (date(2005, 6, 1), Decimal("4277.78")), (date(2005, 7, 1), Decimal("9166.67")),
    ]


def test_other_words_may_name_the_payer() -> None:
    assert sums(parse("us_preamble.csv", match=["someone else"])) == [(date(2005, 7, 5), Decimal("9166.67"))]
    assert sums(parse("us_preamble.csv", match={"roo-group": ["note interest"]})) == [
        (date(2005, 6, 1), Decimal("4277.78"))
    ]


def test_a_name_inside_a_longer_word_is_not_the_maker() -> None:
    assert text("Date,Description,Amount", "2005-06-01,KANGAROO GROUP INC,5.00").facts == ()


def test_a_comma_for_cents_and_a_point_for_thousands() -> None:
    assert sums(parse("german_semicolon.csv")) == [(date(2005, 8, 1), Decimal("9472.22"))]


def test_a_column_that_no_label_covers_is_reported() -> None:
    assert [u.label for u in parse("german_semicolon.csv").unmapped] == ["column: Währung"]


def test_two_equal_payments_on_one_day_are_two() -> None:
    parsed = parse("two_equal.csv")
    assert [a for _, a in sums(parsed)] == [Decimal("5000.00")] * 2
    assert len({f.id for f in parsed.facts}) == 2


def test_overlapping_statements_do_not_double() -> None:
    ids = [f.id for name in ("two_equal.csv", "overlap.csv") for f in parse(name).facts]
    assert (len(ids), len(set(ids))) == (5, 3)


def test_the_banks_reference_names_a_row_in_every_statement() -> None:
    one = text("Date,Description,Reference,Amount", "2005-06-01,ROO GROUP INC,F7,5.00")
    other = text("Date,Details,Reference,Balance,Amount", "2005-06-01,ROO GROUP INC (WIRE),F7,9.00,5.00")
    assert [f.id for f in one.facts] == [f.id for f in other.facts]


def test_a_reference_that_is_the_same_every_month_does_not_merge_payments() -> None:
    parsed = text(
        "Date,Description,Reference,Amount", "2005-06-01,ROO GROUP INC,NOTE,5.00", "2005-07-01,ROO GROUP INC,NOTE,5.00"
    )
    assert len({f.id for f in parsed.facts}) == 2


def test_the_statement_proves_absence_through_its_latest_booking() -> None:
    assert parse("us_preamble.csv").through == date(2005, 7, 5)


def test_the_setting_says_how_far_the_statement_goes_but_not_past_its_capture() -> None:
    assert parse("us_preamble.csv", through="2005-07-31").through == date(2005, 7, 31)
    assert parse("us_preamble.csv", through=date(2006, 12, 31)).through == date(2006, 2, 1)


def test_a_statement_without_rows_proves_what_the_setting_says() -> None:
    assert text("Date,Description,Amount").through is None
    assert text("Date,Description,Amount", through="2005-07-31").through == date(2005, 7, 31)


def test_a_returned_payment_is_told_to_a_person_and_ends_what_is_proved() -> None:
    parsed = parse("returned.csv")
    assert parsed.errors == (
        "returned.csv:3:1: 9166.67 taken back on 2005-10-06 (RETURNED ITEM ROO GROUP INC). "
        "Attest payment_reversed if it was the maker's payment.",
    )
    assert (sums(parsed), parsed.through) == ([(date(2005, 10, 3), Decimal("9166.67"))], date(2005, 10, 5))


def test_a_reversal_without_the_makers_name_is_known_by_its_amount() -> None:
    parsed = text("Date,Description,Amount", "2005-10-03,ROO GROUP INC,70.00", "2005-10-04,NSF RETURNED,-70.00")
    assert "bank.csv:3:1: 70.00 taken back" in parsed.errors[0]
    assert text("Date,Description,Amount", "2005-10-04,NSF RETURNED,-71.00").errors == ()


def test_rows_that_cannot_be_read_are_told_one_by_one_and_the_file_goes_on() -> None:
    parsed = parse("broken_rows.csv")
    assert [e.split(": ")[0] for e in parsed.errors] == [
        "broken_rows.csv:3:1", "broken_rows.csv:4:1", "broken_rows.csv:5:1", "broken_rows.csv:6:1",
    ]
    assert sums(parsed) == [(date(2005, 11, 1), Decimal("9472.22")), (date(2005, 11, 8), Decimal("2.00"))]
    assert parsed.through is None


def test_a_row_with_a_day_but_no_amount_ends_what_is_proved_the_day_before() -> None:
    parsed = text("Date,Description,Amount", "2005-11-01,A,1.00", "2005-11-05,B,ten", "2005-11-09,C,1.00")
    assert parsed.through == date(2005, 11, 4)


def test_dates_that_do_not_tell_day_from_month_are_asked_for() -> None:
    with pytest.raises(FeedChanged, match="Set `date_order: mdy`"):
        parse("ambiguous_dates.csv")
    assert sums(parse("ambiguous_dates.csv", date_order="mdy"))[0][0] == date(2005, 2, 3)
    assert sums(parse("ambiguous_dates.csv", date_order="dmy"))[0][0] == date(2005, 3, 2)


def test_pending_rows_are_not_received_and_unknown_statuses_are_reported() -> None:
    head = "Date,Status,Description,Amount"
    assert text(head, "2005-06-01,Pending,ROO GROUP INC,5.00").facts == ()
    held = text(head, "2005-06-01,Held,ROO GROUP INC,5.00", "2005-06-02,Posted,Fee,-1.00")
    assert [u.label for u in held.unmapped] == ["status: Held"]
    assert (held.facts, held.through) == ((), date(2005, 5, 31))


def test_a_payment_in_another_currency_is_left_to_a_person() -> None:
    parsed = text("Booking Date,Partner Name,Amount (EUR)", "2005-06-01,ROO Group Inc,5.00")
    assert parsed.facts == ()
    assert "a payment in EUR, not USD" in parsed.errors[0]
    assert sums(text("Booking Date,Partner Name,Amount (EUR)", "2005-06-01,ROO Group Inc,5.00", currency="EUR"))


def test_a_file_without_headers_is_read_by_the_setting() -> None:
    row = '6/13/05,ROO GROUP INC,"2,000.00",credit'
    with pytest.raises(FeedChanged, match="setting `columns`"):
        text(row)
    columns = ["date", "description", "amount", "direction"]
    assert sums(text(row, columns=columns)) == [(date(2005, 6, 13), Decimal("2000.00"))]
    assert text(row.replace("credit", "debit"), columns=columns).facts == ()


def test_a_negative_credit_is_no_payment() -> None:
    assert text("Date,Description,Debit,Credit", "2005-06-01,ROO GROUP INC,,-5.00").facts == ()


def test_both_a_debit_and_a_credit_is_an_error() -> None:
    assert "both a debit and a credit" in text("Date,Description,Debit,Credit", "2005-06-01,X,1.00,2.00").errors[0]


def test_the_note_is_named_when_the_maker_has_several() -> None:
    assert {f.instrument for f in parse("two_equal.csv", instrument="roo-petty-2005").facts} == {"roo-petty-2005"}
    assert {f.instrument for f in parse("two_equal.csv").facts} == {None}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("<html><body>Log in</body></html>",), "not a CSV statement"),
        (("Some,Other,Table", "1,2,3"), "no line of known headers"),
        (("Description,Amount", "x,1.00"), "no date column"),
        (("Date,Description", "2005-06-01,x"), "no amount or credit column"),
        (("",), "no line of known headers"),
    ],
)
def test_what_is_no_statement_is_refused_in_one_line(lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(FeedChanged, match=says) as refused:
        text(*lines)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("setting", [{"date_order": "ymd"}, {"decimal": "'"}, {"through": "July"}])
def test_a_wrong_setting_is_refused(setting: dict[str, object]) -> None:
    with pytest.raises(FeedChanged, match=next(iter(setting))):
        parse("us_preamble.csv", **setting)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("$1,000.00", "1000.00"), ("(25.00)", "-25.00"), ("25.00-", "-25.00"), ("1.234,56", "1234.56"),
        ("11'373.94", "11373.94"), ("1,000", "1000"), ("12,5", "12.5"), ("USD 9,166.67", "9166.67"),
        ("-$0.05", "-0.05"), ("1 234,56 €", "1234.56"), (".75", "0.75"), ("1.234.567", "1234567"),
    ],
)
def test_amounts_are_read_as_banks_write_them(written: str, amount: str) -> None:
    assert read_amount(written, Numbers()) == Decimal(amount)


@pytest.mark.parametrize("written", ["", "ten", "1.000", "1,00,0", "1.2.3", "--", "1e5", "NaN", "12.34.56", "1,0.0,0"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match=r"no amount|thousands or decimals"):
        read_amount(written, Numbers())


def test_a_setting_tells_thousands_from_decimals() -> None:
    assert read_amount("1.000", Numbers(",")) == Decimal(1000)
    assert read_amount("1.000", Numbers(".")) == Decimal("1.000")


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("2005-06-01", ""), ("2005/06/01", ""), ("20050601", ""), ("01.06.2005", ""), ("1.6.05", ""),
        ("06/01/2005", "mdy"),
        ("01/06/2005", "dmy"), ("6/1/05", "mdy"), ("01-Jun-2005", ""), ("Jun 1, 2005", ""), ("2005-06-01 13:12", ""),
    ],
)
def test_dates_are_read_as_banks_write_them(written: str, order: str) -> None:
    assert read_date(written, order) == date(2005, 6, 1)


def test_the_order_of_day_and_month_is_told_by_a_day_above_twelve() -> None:
    assert date_order(["01/02/2005", "01/31/2005"], None, "f") == "mdy"
    assert date_order(["01/02/2005", "31/01/2005"], None, "f") == "dmy"
    with pytest.raises(FeedChanged, match="some dates put the day first and some the month"):
        date_order(["13/01/2005", "01/31/2005"], None, "f")


def test_fetch_reads_a_banks_export(httpserver: HTTPServer) -> None:
    body = (RECORDED / "payments" / "two_equal.csv").read_bytes()
    httpserver.expect_request("/bank.example/export.csv").respond_with_data(body)
    http = LoopbackHttp(httpserver.url_for(""))
    payloads = list(FEED.fetch(http, Watch([ROO], {"urls": ["https://bank.example/export.csv?account=1"]})))
    assert [(p.name, len(FEED.parse(p, Watch([ROO])).facts)) for p in payloads] == [("export.csv", 2)]


def test_without_a_source_the_setting_is_named() -> None:
    with pytest.raises(FeedFailed, match="Set `urls`"):
        list(FEED.fetch(LoopbackHttp("http://127.0.0.1:9"), Watch([ROO])))


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("capitalone.csv", {"match": ["AUTOPAY"]}, [(date(2016, 1, 2), "1000.00")]),
        ("n26-fr.csv", {"match": ["compte courant"], "currency": "EUR"}, [(date(2020, 3, 7), "328.00")]),
        ("schwab-checking.csv", {"match": ["mobile banking"]}, [(date(2022, 8, 17), "20.00")]),
        ("schwab-checking-baltest-case2.csv", {"match": ["mobile banking"]}, [(date(2022, 8, 17), "20.00")]),
        ("ubs-ch-fr_trimmed.csv", {"match": ["foo bar"], "currency": "CHF"}, [(date(2019, 2, 28), "240.00")]),
        ("creditunion.csv", {"match": ["Habib\u0153 Said"]}, [(date(2015, 2, 28), "65000")]),
        (
            "mint_headerless.csv",
            {"match": ["transfer to savings"], "columns": ["date", "description", "", "amount", "direction", "", ""]},
            [(date(2015, 6, 13), "2000.00")],
        ),
    ],
)
def test_recorded_dialects_are_read(
    shared_feeds: Path, name: str, settings: dict[str, object], expected: list[tuple[date, str]]
) -> None:
    body = (shared_feeds / "payments" / "csv" / name).read_bytes()
    payload = replace(Payload("payments", name, "", body, AT), captured_at=datetime(2026, 1, 1, tzinfo=UTC))
    parsed = FEED.parse(payload, Watch([ROO], settings))
    assert sums(parsed) == [(day, Decimal(amount)) for day, amount in expected]
    assert (parsed.unmapped, parsed.errors) == ((), ())
