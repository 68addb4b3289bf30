"""EDGAR's index: hints only, each once. Payloads are hand-written in the real format, the company invented."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from feeds.edgar import EdgarFeed
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When
from monitor.rulebook.rulebook import Rulebook
from tests.feeds.loopback import RECORDED, LoopbackHttp, fetched, recorded
from tests.golden import golden

AT = datetime(2022, 3, 1, 12, tzinfo=UTC)
HARBOR = Obligor(id="harbor", name="Harbor Lantern Corp.", cik="9990001")
AGENT = {"user_agent": "Harbor Holdings LLC legal@example.com"}
FEED = EdgarFeed()


def parse(name: str = "CIK0009990001.json", change: Callable[[Any], None] | None = None) -> Parsed:
    payload = recorded("edgar", name, AT)
    if change:
        document = json.loads(payload.body)
        change(document)
        payload = replace(payload, body=json.dumps(document).encode())
    return FEED.parse(payload, Watch([HARBOR]))


def of(parsed: Parsed, kind: str) -> list[Fact]:
    return [f for f in parsed.facts if f.kind == kind]


def shared(folder: Path, name: str, cik: str) -> Parsed:
    payload = Payload("edgar", name, "", (folder / "edgar" / "submissions" / name).read_bytes(), AT)
    return FEED.parse(payload, Watch([Obligor(id="maker", name="Maker", cik=cik)]))


def test_the_index_gives_what_the_golden_says() -> None:
    golden("edgar/index", parse())


def test_an_older_page_gives_what_the_golden_says() -> None:
    golden("edgar/older_page", parse("CIK0009990001-submissions-001.json"))


def test_the_index_alone_never_gives_evidence(rulebook: Rulebook) -> None:
    kinds = {f.kind for f in parse().facts}
    assert {rulebook.vocabulary.kinds[k].proves for k in kinds} <= {"hint", "information"}
    assert len(kinds) == 7


def test_an_8k_happened_between_its_report_date_and_its_filing_date() -> None:
    fact = of(parse(), "acceleration_reported")[0]
    assert fact.happened_on == When(date(2021, 4, 30), date(2021, 5, 3))


def test_a_report_date_after_the_filing_is_not_believed() -> None:
    fact = next(f for f in of(parse(), "listing_notice_reported") if f.record.startswith("0009990001-21-000018"))
    assert fact.happened_on == When.on(date(2021, 4, 20))


def test_the_period_of_a_late_filing_notice_is_no_event() -> None:
    assert of(parse(), "late_filing_reported")[0].happened_on == When.on(date(2021, 3, 31))


def test_a_filing_is_published_at_the_end_of_its_day_in_new_york_whatever_acceptance_says() -> None:
    def accept(document: Any) -> None:
        columns = document["filings"]["recent"]
        columns["acceptanceDateTime"] = ["2021-05-03T06:31:05.000Z"] * len(columns["form"])

    ends = {f.record: f.published_at for f in parse().facts}
    assert ends["0009990001-21-000021 1.03"] == datetime(2021, 5, 4, 3, 59, 59, 999999, UTC)
    assert {f.record: f.published_at for f in parse(change=accept).facts} == ends


def test_reports_of_bankruptcy_within_sixty_days_of_the_first_are_one_matter() -> None:
    matters = {f.record: f.matter for f in of(parse(), "bankruptcy_reported")}
    assert matters == {
        "0009990001-21-000021 1.03": "edgar 0009990001-21-000021",
        "0009990001-21-000033 1.03": "edgar 0009990001-21-000021",
        "0009990001-21-000041 1.03": "edgar 0009990001-21-000041",
    }


@pytest.mark.parametrize(("filed", "joined"), [("2021-07-02", True), ("2021-07-03", False)])
def test_day_sixty_is_the_same_case_and_day_sixty_one_is_not(filed: str, joined: bool) -> None:
    def move(document: Any) -> None:
        document["filings"]["recent"]["filingDate"][2] = filed

    later = next(f for f in of(parse(change=move), "bankruptcy_reported") if "000033" in f.record)
    assert (later.matter == "edgar 0009990001-21-000021") is joined


def test_the_matter_does_not_depend_on_the_order_of_the_rows() -> None:
    def reverse(document: Any) -> None:
        columns = document["filings"]["recent"]
        for column in columns.values():
            column.reverse()

    assert {f.version for f in parse().facts} == {f.version for f in parse(change=reverse).facts}


def test_items_of_one_8k_and_the_form_25_are_matters_of_their_own() -> None:
    parsed = parse()
    assert [f.matter for f in of(parsed, "delisting_filed")] == ["edgar 0000876661-21-000404"]
    first = [f.matter for f in parsed.facts if f.record.startswith("0009990001-21-000021 ")]
    assert first == ["edgar 0009990001-21-000021", "edgar 0009990001-21-000021 2.04", "edgar 0009990001-21-000021 3.01"]


def test_item_3_means_bankruptcy_only_before_23_august_2004() -> None:
    old = parse("CIK0009990001-submissions-001.json")
    assert [(f.record, f.kind) for f in old.facts] == [("0009990001-03-000020 3", "bankruptcy_reported")]


@pytest.mark.parametrize(("filed", "kinds"), [("2004-08-22", ["bankruptcy_reported"]), ("2004-08-23", [])])
def test_a_one_digit_item_since_then_is_reported_and_not_guessed(filed: str, kinds: list[str]) -> None:
    def single(document: Any) -> None:
        columns = document["filings"]["recent"]
        for name, column in columns.items():
            columns[name] = {"filingDate": filed, "form": "8-K", "items": "3", "reportDate": ""}.get(name, column[0])
            columns[name] = [columns[name]]

    parsed = parse(change=single)
    assert [f.kind for f in parsed.facts] == kinds
    assert [u.label for u in parsed.unmapped] == ([] if kinds else ["8-K 3"])


def test_the_newest_page_is_read_through_its_capture_and_an_older_one_says_nothing_of_today() -> None:
    assert [parse(n).through for n in ("CIK0009990001-submissions-001.json", "CIK0009990001.json")] == [None, AT]


def test_unknown_forms_and_items_are_reported() -> None:
    assert {u.label for u in parse().unmapped} == {"8-K 9.99", "ZZ-NEW"}
    assert [u.label for u in parse("CIK0009990001-submissions-001.json").unmapped] == ["8-K without items"]


def test_another_company_gives_no_facts_and_proves_nothing() -> None:
    payload = recorded("edgar", "CIK0009990001.json", AT)
    parsed = FEED.parse(payload, Watch([Obligor(id="other", name="Other", cik="0009990002")]))
    assert (parsed.facts, parsed.through, parsed.records) == ((), None, 10)


def test_the_address_of_a_hint_is_the_filing_index_on_sec_gov() -> None:
    assert of(parse(), "delisting_filed")[0].fields["url"] == (
        "https://www.sec.gov/Archives/edgar/data/9990001/000087666121000404/0000876661-21-000404-index.htm"
    )


def test_a_row_with_a_bad_date_is_one_line_and_the_rest_still_counts() -> None:
    def spoil(document: Any) -> None:
        document["filings"]["recent"]["filingDate"][0] = "2022-02-31"

    parsed = parse(change=spoil)
    assert len(parsed.facts) == len(parse().facts) - 1
    assert parsed.errors[0].startswith("CIK0009990001.json: filing 0009990001-22-000003: ")
    assert parsed.through is None


def drop(document: Any) -> None:
    del document["filings"]["recent"]["items"]


def cut(document: Any) -> None:
    document["filings"]["recent"]["items"].pop()


def move_away(document: Any) -> None:
    document["filings"] = {"newest": document["filings"]["recent"]}


@pytest.mark.parametrize(
    ("change", "says"), [(drop, "column items is missing"), (cut, "unequal length"), (move_away, "no filings.recent")]
)
def test_a_changed_format_is_refused_in_one_line(change: Callable[[Any], None], says: str) -> None:
    with pytest.raises(FeedChanged, match=says) as refused:
        parse(change=change)
    assert "\n" not in str(refused.value)


def test_an_older_page_without_the_secs_file_name_is_refused() -> None:
    payload = replace(recorded("edgar", "CIK0009990001-submissions-001.json", AT), name="old.json", url="")
    with pytest.raises(FeedChanged, match="does not name its company"):
        FEED.parse(payload, Watch([HARBOR]))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe{}", b"[" * 100_000, b"<html><title>hello</title>"])
def test_what_is_not_a_submissions_file_is_refused(body: bytes) -> None:
    with pytest.raises(FeedChanged, match=r"CIK0009990001\.json"):
        FEED.parse(replace(recorded("edgar", "CIK0009990001.json", AT), body=body), Watch([HARBOR]))


# --- live: a loopback server that behaves as the SEC does ---


def serve(server: HTTPServer, path: str, body: bytes, status: int = 200) -> None:
    server.expect_request(path).respond_with_data(body, status=status)


def test_fetch_reads_the_index_the_pages_it_names_and_recent_forms_25(httpserver: HTTPServer) -> None:
    for name in ("CIK0009990001.json", "CIK0009990001-submissions-001.json"):
        serve(httpserver, f"/data.sec.gov/submissions/{name}", (RECORDED / "edgar" / name).read_bytes())
    text = (RECORDED / "form25" / "common_struck.txt").read_bytes()
    serve(httpserver, "/www.sec.gov/Archives/edgar/data/9990001/000087666121000404/0000876661-21-000404.txt", text)
    http = LoopbackHttp(httpserver.url_for(""))
    payloads = list(FEED.fetch(http, Watch([HARBOR, replace(HARBOR, id="same-company")], AGENT)))
    assert [p.name for p in payloads] == [
        "CIK0009990001.json", "CIK0009990001-submissions-001.json", "0000876661-21-000404.txt",
    ]
    assert {headers["User-Agent"] for _, headers in http.asked} == {AGENT["user_agent"]}
    kinds = [f.kind for p in payloads for f in FEED.parse(p, Watch([HARBOR])).facts]
    assert {"delisting_filed", "delisting_settled", "listing_removed"} <= set(kinds)


def test_pages_that_end_before_since_are_left_alone(httpserver: HTTPServer) -> None:
    body = (RECORDED / "edgar" / "CIK0009990001.json").read_bytes()
    serve(httpserver, "/data.sec.gov/submissions/CIK0009990001.json", body)
    settings = AGENT | {"since": "2003-11-06", "form25_days": 1}
    payloads = list(FEED.fetch(LoopbackHttp(httpserver.url_for("")), Watch([HARBOR], settings)))
    assert [p.name for p in payloads] == ["CIK0009990001.json"]


@pytest.mark.parametrize("agent", [None, "", "me", "legal@example.com", "Harbor Holdings LLC"])
def test_without_company_and_e_mail_nothing_is_asked(agent: str | None) -> None:
    http = LoopbackHttp("http://127.0.0.1:9")
    with pytest.raises(FeedFailed, match="user_agent: Your Company"):
        list(FEED.fetch(http, Watch([HARBOR], {"user_agent": agent})))
    assert http.asked == []


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "knows no such file"),
        (403, b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "refuses access"),
        (403, b"<html><title>SEC.gov | Request Rate Threshold Exceeded</title></html>", "ten quiet minutes"),
        (503, b"<html><title>SEC.gov | File Unavailable</title></html>", "temporarily unavailable"),
        (200, b"<html><title>Welcome</title></html>", "HTML or XML page"),
    ],
)
def test_each_refusal_of_the_sec_is_one_line(httpserver: HTTPServer, status: int, body: bytes, says: str) -> None:
    serve(httpserver, "/data.sec.gov/submissions/CIK0009990001.json", body, status)
    with pytest.raises(FeedFailed, match=says) as refused:
        list(FEED.fetch(LoopbackHttp(httpserver.url_for("")), Watch([HARBOR], AGENT)))
    assert "\n" not in str(refused.value)


def test_one_company_that_fails_does_not_hide_the_others(httpserver: HTTPServer) -> None:
    body = (RECORDED / "edgar" / "CIK0009990001.json").read_bytes()
    serve(httpserver, "/data.sec.gov/submissions/CIK0009990001.json", body)
    serve(httpserver, "/data.sec.gov/submissions/CIK0009990002.json", b"", 404)
    lost = Obligor(id="lost", name="Lost Corp", cik="9990002")
    watch = Watch([lost, HARBOR], AGENT | {"since": "2020-01-01", "form25_days": "1"})
    names, failure = fetched(FEED, LoopbackHttp(httpserver.url_for("")), watch)
    assert names == ["CIK0009990001.json"]
    assert failure.startswith("Lost Corp: CIK0009990002.json: ")


@pytest.mark.parametrize("setting", [{"since": "soon"}, {"form25_days": "ten"}])
def test_a_wrong_setting_is_told_in_one_line(httpserver: HTTPServer, setting: dict[str, str]) -> None:
    body = (RECORDED / "edgar" / "CIK0009990001.json").read_bytes()
    for name in ("CIK0009990001.json", "CIK0009990001-submissions-001.json"):
        serve(httpserver, f"/data.sec.gov/submissions/{name}", body)
    _, failure = fetched(FEED, LoopbackHttp(httpserver.url_for("")), Watch([HARBOR], AGENT | setting))
    assert f"setting {next(iter(setting))} is" in failure


# --- real recordings ---


def test_carbo_opens_listing_hints_and_one_bankruptcy_matter(shared_feeds: Path) -> None:
    facts = shared(shared_feeds, "CIK0001009672.json", "1009672").facts
    since = [f for f in facts if f.published_at and f.published_at.year >= 2019]
    notices = [f.happened_on.last for f in since if f.kind == "listing_notice_reported"]
    assert notices == [date(2019, 12, 13), date(2019, 12, 20)]
    filed = [(f.happened_on.last, f.matter) for f in since if f.kind == "delisting_filed"]
    assert filed == [(date(2020, 1, 10), "edgar 0000876661-20-000021")]
    cases = [(f.happened_on.last, f.matter) for f in since if f.kind == "bankruptcy_reported"]
    first = "edgar 0001564590-20-013833"
    assert cases == [(date(2020, 3, 30), first), (date(2020, 4, 3), first)]


@pytest.mark.parametrize(
    ("name", "cik"),
    [
        ("CIK0000320193.json", "320193"), ("CIK0000789019.json", "789019"), ("CIK0001324424.json", "1324424"),
        ("CIK0001324424-submissions-001.json", "1324424"), ("CIK0001009672.json", "1009672"),
        ("CIK0000895419.json", "895419"), ("CIK0001677077.json", "1677077"), ("CIK0001881551.json", "1881551"),
    ],
)
def test_no_recorded_index_gives_evidence_or_an_unmapped_label(
    shared_feeds: Path, rulebook: Rulebook, name: str, cik: str
) -> None:
    parsed = shared(shared_feeds, name, cik)
    assert "evidence" not in {rulebook.vocabulary.kinds[f.kind].proves for f in parsed.facts}
    assert parsed.facts
    assert (parsed.unmapped, parsed.errors) == ((), ())


@pytest.mark.parametrize(
    "name",
    ["403_access_denied.xml", "404_no_such_key.xml", "503_file_unavailable.html", "rate_threshold_exceeded.html"],
)
def test_recorded_error_pages_are_refused(shared_feeds: Path, name: str) -> None:
    body = (shared_feeds / "edgar" / "errors" / name).read_bytes()
    with pytest.raises(FeedChanged, match="the SEC"):
        FEED.parse(Payload("edgar", name, "", body, AT), Watch([HARBOR]))
