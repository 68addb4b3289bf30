"""Facts files: what their entries mean, in YAML and in JSON Lines."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.facts import Fact, When, end_of_day, fact_id, local_date
from monitor.rulebook import RulebookError, fact_to_mapping, load_instrument, load_rulebook, parse_fact, read_facts

BOOK = load_rulebook()
NOTE, FORM = load_instrument("roo-petty-2005", BOOK)


def facts_of(tmp_path: Path, text: str, name: str = "facts.yaml") -> tuple[Fact, ...]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return read_facts(file, BOOK, NOTE, FORM)


def one(**entry: Any) -> Fact:
    return parse_fact({"matter": "NY-123", "happened_on": "2005-06-16", **entry}, BOOK, NOTE, FORM)


def test_a_bare_date_is_known_at_its_end_in_new_york() -> None:
    assert one(kind="lien_filed").known_at == datetime(2005, 6, 17, 3, 59, 59, 999999, tzinfo=UTC)
    assert one(kind="lien_filed", known_at="2005-12-01").known_at == datetime(
        2005, 12, 2, 4, 59, 59, 999999, tzinfo=UTC
    )


def test_a_range_is_known_at_the_end_of_its_last_day() -> None:
    fact = one(kind="lien_filed", happened_on={"from": "2005-06-16", "to": "2005-06-20"})
    assert fact.happened_on == When(date(2005, 6, 16), date(2005, 6, 20))
    assert fact.known_at == end_of_day(date(2005, 6, 20), "America/New_York")


def test_subject_and_matter_have_their_defaults() -> None:
    fact = parse_fact({"kind": "listing_removed", "happened_on": "2005-06-16", "venue": "otcbb"}, BOOK, NOTE, FORM)
    assert (fact.subject, fact.matter, fact.source) == ("roo-group", "common stock listing", "facts")


def test_words_that_look_like_something_else_stay_words(tmp_path: Path) -> None:
    entry = "- {kind: lien_filed, matter: 12:30, happened_on: 2005-06-16, creditor: NO, lien_type: on}"
    (fact,) = facts_of(tmp_path, entry)
    assert (fact.matter, fact.fields["creditor"], fact.fields["lien_type"]) == ("12:30", "NO", "on")


def test_money_keeps_every_digit() -> None:
    assert one(kind="lien_filed", amount="123456789012345678.01").fields["amount"] == Decimal("123456789012345678.01")
    assert one(kind="lien_filed", amount=Decimal("0.10")).fields["amount"] == Decimal("0.10")


def test_a_record_names_the_fact_and_its_absence_makes_the_content_name_it() -> None:
    kept = one(kind="lien_filed", source="acris", record="2005000123")
    assert kept.id == fact_id("acris", "2005000123", "lien_filed", "roo-group")
    a, b, c = one(kind="lien_filed"), one(kind="lien_filed", known_at="2005-07-01"), one(kind="lien_filed", amount="1")
    assert a.id == b.id != c.id


def test_entries_of_one_id_are_versions(tmp_path: Path) -> None:
    first, second = facts_of(
        tmp_path,
        "- {id: L, kind: lien_filed, matter: M, happened_on: 2005-06-16}\n"
        "- {id: L, kind: lien_filed, matter: M, happened_on: 2005-06-15, known_at: 2005-07-01}\n",
    )
    assert first.id == second.id
    assert first.version != second.version


def test_an_empty_list_is_allowed_and_an_empty_file_is_not(tmp_path: Path) -> None:
    assert facts_of(tmp_path, "[]\n") == ()
    for text in ("", "\n\n", "# nothing\n"):
        with pytest.raises(RulebookError, match=r":1:1: the facts file (is empty|holds no facts)\. Write a list"):
            facts_of(tmp_path, text)


def test_json_lines_and_json_and_yaml_give_the_same_facts(tmp_path: Path) -> None:
    entries = [
        {
            "kind": "lien_filed",
            "matter": "NY-1",
            "happened_on": "2005-06-16",
            "amount": 5000.10,
            "creditor": "Caf\u00e9 \U0001f600",
        },
        {
            "kind": "released",
            "matter": "NY-1",
            "happened_on": {"from": "2005-07-01", "to": "2005-07-02"},
            "partial": True,
        },
    ]
    lines = "\n".join(json.dumps(e) for e in entries) + "\n\n"
    read = facts_of(tmp_path, lines, "facts.jsonl")
    assert [f.matter for f in read] == ["NY-1", "NY-1"]
    assert read[0].fields == {"amount": Decimal("5000.1"), "creditor": "Caf\u00e9 \U0001f600"}
    assert (
        read
        == facts_of(tmp_path, lines, "no-suffix")
        == facts_of(tmp_path, json.dumps(entries, indent=1), "facts.json")
    )
    assert read == facts_of(tmp_path, json.dumps(entries, ensure_ascii=False), "facts.yaml")


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("2005-06-16T23:30:00-04:00", None),  # New York's own offset in June
        ("2005-01-14T23:30:00-05:00", None),  # and in January
        ("2005-06-16T23:30:00-05:00", "Etc/GMT+5"),
        ("2005-06-16T01:00:00+02:00", "Etc/GMT-2"),
    ],
)
def test_a_court_s_date_is_the_date_as_written(written: str, zone: str | None) -> None:
    fact = one(kind="involuntary_petition", happened_on=written)
    assert fact.zone == zone
    assert local_date(fact.happened_on.first, fact.zone or FORM.zone).isoformat() == written[:10]


def test_an_instant_of_a_governing_clock_kind_takes_no_zone_from_its_offset() -> None:
    fact = one(kind="lien_filed", happened_on="2005-06-16T01:00:00+02:00")
    assert fact.zone is None
    assert local_date(fact.happened_on.first, FORM.zone) == date(2005, 6, 15)


def test_utc_is_nobody_s_clock_and_counts_on_the_governing_one() -> None:
    fact = one(kind="involuntary_petition", happened_on="2005-06-17T01:00:00Z")
    assert fact.zone is None
    assert local_date(fact.happened_on.first, FORM.zone) == date(2005, 6, 16)


def test_a_named_zone_wins_over_the_offset() -> None:
    assert one(kind="involuntary_petition", happened_on="2005-06-16T10:00:00-05:00", zone="America/Chicago").zone == (
        "America/Chicago"
    )
    half = one(kind="involuntary_petition", happened_on="2005-06-16T10:00:00+05:30", zone="Asia/Kolkata")
    assert half.zone == "Asia/Kolkata"


def test_a_source_read_carries_its_source_both_ways() -> None:
    fact = parse_fact(
        {"kind": "source_read", "happened_on": "2005-07-06", "source": "acris", "through": "2005-07-06"},
        BOOK,
        NOTE,
        FORM,
    )
    assert (fact.source, fact.fields["source"], fact.fields["through"]) == ("acris", "acris", date(2005, 7, 6))


def test_two_payments_of_one_amount_on_one_day_need_names(tmp_path: Path) -> None:
    entry = "{kind: payment_received, happened_on: 2005-07-01, amount: 9166.67"
    with pytest.raises(RulebookError, match=r":2:3: the same payment_received stands on line 1"):
        facts_of(tmp_path, f"- {entry}}}\n- {entry}}}\n")
    assert len({f.id for f in facts_of(tmp_path, f"- {entry}, record: A}}\n- {entry}, record: B}}\n")}) == 2


def test_every_mistake_of_a_long_file_is_found_at_once(tmp_path: Path) -> None:
    lines = ["- {kind: lien_filed, matter: M, happened_on: 2005-06-16, amount: -1}\n"] * 500
    with pytest.raises(RulebookError) as caught:
        facts_of(tmp_path, "".join(lines))
    assert [p.line for p in caught.value.problems] == list(range(1, 501))


@pytest.mark.parametrize(
    "text",
    [
        "- " * 5000 + "x\n",
        "[" * 100000,
        "&a [*a]\n",
        '{"kind": ' + "[" * 100000,
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
        + "".join(f"{chr(100 + n)}: &{chr(100 + n)} [*{chr(99 + n)}, *{chr(99 + n)}]\n" for n in range(20)),
        "- !!python/object/apply:os.system [echo]\n",
        "\u0000",
        "- {kind: lien_filed, \ufeff}\n",
        "%YAML 9.9\n---\n[]\n",
    ],
)
def test_hostile_files_are_refused_in_a_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(RulebookError) as caught:
        facts_of(tmp_path, text)
    assert all("\n" not in str(problem) for problem in caught.value.problems)


def test_bytes_that_are_no_text_are_refused_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "facts.yaml"
    file.write_bytes(b"- kind: lien_filed\n  matter: \xff\xfe\n")
    with pytest.raises(RulebookError, match=r"facts\.yaml:2:11: this is not UTF-8 text\. Save the file as UTF-8\.$"):
        read_facts(file, BOOK, NOTE, FORM)


days = st.dates(date(1991, 1, 1), date(2040, 1, 1))
instants = st.builds(
    lambda day, seconds: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds),
    days,
    st.integers(0, 86399),
)
words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Zs")), min_size=1
)


@given(
    when=st.one_of(days.map(When.on), instants.map(When.on), st.tuples(days, days).map(lambda d: When(min(d), max(d)))),
    matter=words.filter(lambda w: w not in ("true", "false")),
    known_at=instants,
    amount=st.decimals(0, 10**12, places=2),
    kind=st.sampled_from(["lien_filed", "financing_statement_filed"]),
    zone=st.sampled_from([None, "America/Chicago"]),
)
def test_a_fact_written_out_and_read_again_is_the_same_fact(
    when: When, matter: str, known_at: datetime, amount: Decimal, kind: str, zone: str | None
) -> None:
    fact = Fact(
        id="F",
        kind=kind,
        subject="roo-group",
        matter=matter,
        happened_on=when,
        known_at=known_at,
        source="acris",
        record="R",
        zone=zone,
        fields={"amount": amount, "in_favour_of_payee": True, "creditor": matter},
    )
    again = parse_fact(json.loads(json.dumps(fact_to_mapping(fact))), BOOK, NOTE, FORM)
    assert again == fact
    assert again.version == fact.version
