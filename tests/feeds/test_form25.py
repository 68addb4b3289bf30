"""The text of a form 25. Payloads are hand-written in the real format, of an invented company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from feeds.base import FeedChanged, Parsed, Payload, Watch
from feeds.edgar import EdgarFeed
from monitor.core.clause import Obligor
from monitor.core.facts import Fact
from tests.feeds.loopback import recorded
from tests.golden import golden

AT = datetime(2021, 6, 10, 12, tzinfo=UTC)
HARBOR = Obligor(id="harbor", name="Harbor Lantern Corp.", cik="9990001")
FEED = EdgarFeed()
COMMON = b"<descriptionClassSecurity>Common Stock, par value $0.01</descriptionClassSecurity>"
NASDAQ = {"venues": {"harbor": ["nasdaq_gm"]}}


def payload(name: str, *changes: tuple[bytes, bytes]) -> Payload:
    found = recorded("edgar", f"{name}.txt", AT, "form25")
    body = found.body
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    return replace(found, body=body)


def parse(name: str, *changes: tuple[bytes, bytes], settings: Mapping[str, object] | None = None) -> Parsed:
    return FEED.parse(payload(name, *changes), Watch([HARBOR], settings or {}))


def kinds(parsed: Parsed) -> list[str]:
    return [f.kind for f in parsed.facts]


def settled(parsed: Parsed) -> Fact:
    return next(f for f in parsed.facts if f.kind == "delisting_settled")


def described(words: str) -> tuple[bytes, bytes]:
    return COMMON, f"<descriptionClassSecurity>{words}</descriptionClassSecurity>".encode()


@pytest.mark.parametrize("name", ["common_struck", "units_and_warrants", "issuer_withdraws_wingdings"])
def test_each_text_gives_what_the_golden_says(name: str) -> None:
    golden(f"form25/{name}", parse(name))


def test_common_stock_struck_is_suspended_then_removed() -> None:
    parsed = parse("common_struck")
    dated = {f.kind: (f.happened_on.first, f.fields.get("venue"), f.fields.get("effective")) for f in parsed.facts}
    assert dated["listing_suspended"] == (date(2021, 5, 3), "nyse", "after_close")
    assert dated["listing_removed"] == (date(2021, 5, 25), "nyse", "before_open")


def test_the_matter_is_that_of_the_index_hint() -> None:
    assert settled(parse("common_struck")).matter == "edgar 0000876661-21-000404"
    assert settled(parse("units_and_warrants")).fields["security_class"] == "units"


@pytest.mark.parametrize("name", ["units_and_warrants"])
def test_other_classes_settle_the_hint_and_touch_no_listing(name: str) -> None:
    assert kinds(parse(name)) == ["delisting_settled"]


def test_an_issuers_own_withdrawal_of_common_stock_touches_no_listing() -> None:
    """A move to another exchange looks the same: only a person can say that it is listed nowhere."""
    parsed = parse("issuer_withdraws_wingdings")
    assert kinds(parsed) == ["delisting_settled"]
    assert settled(parsed).fields["removal_on"] == date(2019, 6, 20)


def test_without_a_stated_day_removal_takes_effect_ten_days_after_filing() -> None:
    unsaid = parse("common_struck", (b"at the opening of business on May 25, 2021", b"soon"))
    removed = next(f for f in unsaid.facts if f.kind == "listing_removed")
    assert removed.happened_on.first == settled(unsaid).happened_on.first + timedelta(days=10)
    assert (removed.fields["venue"], removed.fields["effective"]) == ("nyse", "unknown")


def test_wingdings_letters_are_read_as_boxes() -> None:
    assert settled(parse("issuer_withdraws_wingdings")).fields["rule"] == "17 CFR 240.12d2-2(c)"


def test_two_ticked_boxes_settle_nothing() -> None:
    box = b'<FONT FACE="Wingdings">o</FONT></TD><TD><P>Pursuant to 17 CFR 240.12d2-2(b)'
    parsed = parse("issuer_withdraws_wingdings", (box, box.replace(b">o<", b">x<")))
    assert parsed.facts == ()
    assert [u.label for u in parsed.unmapped] == ["rule provision: none or several boxes ticked"]


def test_a_nasdaq_form_gives_a_listing_fact_only_when_the_tier_is_known() -> None:
    assert kinds(parse("nasdaq_tier_unnamed")) == ["delisting_settled"]
    assert [u.label for u in parse("nasdaq_tier_unnamed").unmapped] == [
        "exchange: Nasdaq Stock Market LLC, tier not named"
    ]
    parsed = parse("nasdaq_tier_unnamed", settings=NASDAQ)
    assert [(f.kind, f.fields.get("venue")) for f in parsed.facts[1:]] == [
        ("listing_suspended", "nasdaq_gm"), ("listing_removed", "nasdaq_gm"),
    ]


def test_a_tier_named_in_the_exhibit_goes_before_the_setting() -> None:
    named = (b"to remove from listing the", b"to remove from listing on The Nasdaq Capital Market the")
    parsed = parse("nasdaq_tier_unnamed", named, settings=NASDAQ)
    assert {f.fields.get("venue") for f in parsed.facts[1:]} == {"nasdaq_cm"}


def test_a_venue_that_is_no_nasdaq_tier_is_not_taken_for_one() -> None:
    assert kinds(parse("nasdaq_tier_unnamed", settings={"venues": {"harbor": "nyse"}})) == ["delisting_settled"]


@pytest.mark.parametrize(
    ("words", "security_class"),
    [
        ("Class A Common Stock", "common"),
        ("Ordinary Shares", "common"),
        ("Common Stock and associated Preferred Share Purchase Rights", "common"),
        ("Units, each consisting of one Common Stock and one Warrant; Class A Common Stock; Warrants", "common"),
        ("Common Stock Purchase Warrants", "warrants"),
        ("Warrants, each exercisable for one share of Class A Common Stock", "warrants"),
        ("Units, each consisting of one Warrant and one share of Common Stock", "units"),
        ("6.25% Series B Cumulative Preferred Stock", "preferred"),
        ("2.125% Notes due 2021", "notes"),
        ("Preferred Share Purchase Rights", "rights"),
        ("Common Stock, par value $0.01, and associated Preferred Stock Purchase Rights", "common"),
        ("Common Stock (including preferred share purchase rights)", "common"),
        ("Common Stock, par value $0.01 per share (together with associated Series A Rights)", "common"),
        ("Common Shares of Beneficial Interest, no par value", "common"),
        ("Common Stock par value $.01 per share", "common"),
        ("Class A Common Stock, $.0001 par value; Warrants to purchase Class A Common Stock", "common"),
        ("Class A Warrants, each exercisable for one share of Common Stock", "warrants"),
        ("Series B Warrants to purchase Common Stock", "warrants"),
        ("Common Stock Warrants", "warrants"),
        ("Ordinary Share Warrants", "warrants"),
        ("Common Stock Subscription Rights", "rights"),
        ("Common Stock Purchase Rights", "rights"),
        ("Common Stock Purchase Contracts", "other"),
        ("Series C Units (one share of Common Stock and one warrant)", "units"),
        ("Class A Units consisting of one Class A ordinary share", "units"),
        ("Series A Convertible Preferred Stock (convertible into Common Stock)", "preferred"),
        ("American Depositary Shares, each representing one Ordinary Share", "other"),
        ("5% Convertible Debentures due 2021, convertible into Common Stock", "notes"),
    ],
)
def test_the_class_is_read_from_the_description(words: str, security_class: str) -> None:
    parsed = parse("common_struck", described(words))
    assert settled(parsed).fields["security_class"] == security_class
    assert ("listing_removed" in kinds(parsed)) is (security_class == "common")


@pytest.mark.parametrize(
    "words",
    [
        "Units, Class A Common Stock, Warrants", "Shares of Something New", " ", "Common Stock and Warrants",
        "Common Stock (and Warrants)", "Common Stock and 6% Notes due 2021", "Warrants and Common Stock",
        "Common Stock/Warrants", "Common Stock, Warrants", "Common Stock Equivalents", "Common Stock Linked Securities",
        "Common Stock issuable upon exercise of Warrants", "Ordinary Shares represented by American Depositary Shares",
        "Units, each consisting of one Common Stock and one Warrant, Class A Common Stock, and Warrants",
    ],
)
def test_a_class_that_cannot_be_told_leaves_the_hint_open(words: str) -> None:
    parsed = parse("common_struck", described(words))
    assert parsed.facts == ()
    assert parsed.unmapped[0].label.startswith("class: ")


def test_an_unknown_exchange_is_reported_and_gives_no_listing_fact() -> None:
    parsed = parse("common_struck", (b"<entityName>NEW YORK STOCK EXCHANGE LLC", b"<entityName>SOME NEW EXCHANGE"))
    assert kinds(parsed) == ["delisting_settled"]
    assert [u.label for u in parsed.unmapped] == ["exchange: SOME NEW EXCHANGE"]


def test_an_amended_form_asks_for_a_person_and_gives_no_listing_fact() -> None:
    parsed = parse("common_struck", (b"TYPE:	25-NSE", b"TYPE:	25-NSE/A"))
    assert kinds(parsed) == ["delisting_settled"]
    assert "retract what it corrects" in parsed.errors[0]


@pytest.mark.parametrize("day", ["May 25, 20221", "May 36, 2021", "May 25, 2031", "32 May 2021"])
def test_a_removal_day_that_cannot_be_right_leaves_the_hint_open(day: str) -> None:
    parsed = parse("common_struck", (b"on May 25, 2021", f"on {day}".encode()))
    assert kinds(parsed) == ["listing_suspended"]
    assert [u.label for u in parsed.unmapped] == [f"exhibit: removal on {day}"]


def test_a_suspension_day_that_cannot_be_right_leaves_the_hint_open() -> None:
    parsed = parse("common_struck", (b"on May 3, 2021, the Exchange", b"on May 33, 2021, the Exchange"))
    assert kinds(parsed) == ["listing_removed"]
    assert [u.label for u in parsed.unmapped] == ["exhibit: suspended on May 33, 2021"]


@pytest.mark.parametrize("day", ["the 25th day of May 2021", "25 May 2021", "May 25th, 2021", "25th day of May, 2021"])
def test_a_day_is_read_however_it_is_spelt(day: str) -> None:
    parsed = parse("common_struck", (b"on May 25, 2021", f"on {day}".encode()))
    removed = next(f for f in parsed.facts if f.kind == "listing_removed")
    assert (removed.happened_on.first, parsed.unmapped) == (date(2021, 5, 25), ())


def test_a_suspension_that_the_exhibit_denies_is_none() -> None:
    parsed = parse("common_struck", (b"should be suspended", b"should not be suspended"))
    assert (kinds(parsed), parsed.unmapped) == (["delisting_settled", "listing_removed"], ())


@pytest.mark.parametrize("day", ["the 3rd day of May 2021", "3 May 2021"])
def test_a_suspension_day_is_read_however_it_is_spelt(day: str) -> None:
    parsed = parse("common_struck", (b"on May 3, 2021, the Exchange", f"on {day}, the Exchange".encode()))
    assert [f.happened_on.first for f in parsed.facts if f.kind == "listing_suspended"] == [date(2021, 5, 3)]


def test_a_suspension_without_a_day_is_left_out() -> None:
    parsed = parse("common_struck", (b"on May 3, 2021, the Exchange", b"later the Exchange"))
    assert kinds(parsed) == ["delisting_settled", "listing_removed"]


def test_a_form_of_another_company_gives_nothing() -> None:
    parsed = FEED.parse(payload("common_struck"), Watch([Obligor(id="other", name="Other", cik="876661")]))
    assert (parsed.facts, parsed.records) == ((), 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((b"TYPE:	25-NSE", b"TYPE:	8-K"), "not a form 25"),
        ((b"FILED AS OF DATE:		20210514", b"FILED AS OF DATE:		20211314"), "is no date"),
        ((b"ACCESSION NUMBER:", b"NUMBER:"), "no ACCESSION NUMBER"),
        ((b"SUBJECT COMPANY:", b"SOMEBODY:"), "names no company"),
        ((b"<ruleProvision>", b"<rule>"), "not readable XML"),
        ((b"descriptionClassSecurity>", b"classOfSecurity>"), "lacks exchange, class or rule"),
    ],
)
def test_a_changed_format_is_refused_in_one_line(change: tuple[bytes, bytes], says: str) -> None:
    with pytest.raises(FeedChanged, match=says) as refused:
        parse("common_struck", change)
    assert "\n" not in str(refused.value)


def test_a_form_typed_in_a_way_of_its_own_is_left_to_a_person_and_stops_nothing_else() -> None:
    parsed = parse("issuer_withdraws_wingdings", (b"(Description of class of securities)", b"(Securities)"))
    assert parsed.facts == ()
    assert parsed.errors == (
        "issuer_withdraws_wingdings.txt: the captions of form 25 are not where they should be. Read it by hand.",
    )
    assert (parsed.through, parsed.aside) == (None, True)


@pytest.mark.parametrize("name", ["common_struck", "issuer_withdraws_wingdings", "units_and_warrants"])
def test_the_text_of_one_form_proves_no_absence_of_another(name: str) -> None:
    assert parse(name).through is None


def test_entities_in_the_xml_are_not_expanded() -> None:
    with pytest.raises(FeedChanged, match="not readable XML"):
        parse("common_struck", described("&common;"))


# --- real recordings ---


def shared(folder: Path, name: str, cik: str) -> Parsed:
    body = (folder / "edgar" / "form25" / name).read_bytes()
    return FEED.parse(Payload("edgar", name, "", body, AT), Watch([Obligor(id="maker", name="Maker", cik=cik)]))


def test_spirit_was_suspended_on_18_november_and_removed_on_16_december_2024(shared_feeds: Path) -> None:
    parsed = shared(shared_feeds, "save_25nse.txt", "1498710")
    assert [(f.kind, f.happened_on.first) for f in parsed.facts] == [
        ("delisting_settled", date(2024, 12, 5)), ("listing_suspended", date(2024, 11, 18)),
        ("listing_removed", date(2024, 12, 16)),
    ]
    assert settled(parsed).fields["rule"] == "17 CFR 240.12d2-2(b)"


def test_apples_notes_settle_the_hint_and_touch_no_listing(shared_feeds: Path) -> None:
    parsed = shared(shared_feeds, "aapl_25_notes_issuer_filed.abridged.txt", "320193")
    fields = settled(parsed).fields
    assert (fields["security_class"], fields["rule"]) == ("notes", "17 CFR 240.12d2-2(c)")
    assert kinds(parsed) == ["delisting_settled"]


def test_leggett_left_by_merger_which_a_person_decides(shared_feeds: Path) -> None:
    parsed = shared(shared_feeds, "leg_25nse_2026.txt", "58492")
    assert kinds(parsed) == ["delisting_settled"]
    assert settled(parsed).fields["rule"] == "17 CFR 240.12d2-2(a)(3)"
    assert settled(parsed).fields["suspended_on"] == date(2026, 8, 27)
