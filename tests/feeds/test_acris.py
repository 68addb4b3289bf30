"""New York City's register: liens, releases found through References, and names that strangers share."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from feeds.acris import DATASETS, AcrisFeed
from feeds.acris_rows import amount_of, day_of, read_bundle
from feeds.addresses import same_door, street_of
from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from feeds.labels import load_labels
from feeds.socrata import rows
from monitor.core.clause import Obligor
from monitor.core.facts import Fact
from monitor.http import HttpClient, Limits
from tests.golden import golden

RECORDED = Path(__file__).resolve().parent.parent / "recorded" / "acris"
MAKER = Obligor("quill", "Quillfeather Media, Inc.", address="17 Imaginary Way, Suite 4, New York, NY 10013")
FEED = AcrisFeed()
AT = datetime(2005, 8, 20, tzinfo=UTC)
LIEN = "acris 2005000900001"


def parse(body: bytes, maker: Obligor = MAKER, **settings: object) -> Parsed:
    return FEED.parse(Payload("acris", "acris.json", "", body, AT), Watch([maker], settings))


@pytest.fixture(scope="module")
def body() -> bytes:
    (payload,) = FEED.recorded(RECORDED)
    return payload.body


def of(parsed: Parsed, document: str) -> Fact:
    return next(f for f in parsed.facts if f.record.startswith(document))


def bundle(*documents: dict[str, object], references: list[dict[str, str]] | None = None) -> bytes:
    """Documents in short: id, type, recorded, and the debtor's name and address."""
    master = [{"document_id": d["id"], "crfn": d.get("crfn", ""), "doc_type": d["type"],
               "recorded_datetime": d["on"], "good_through_date": "2005-07-29"} for d in documents]
    parties = [{"document_id": d["id"], "party_type": d.get("party", "1"), "name": d.get("name", MAKER.name),
                "address_1": d.get("at", "17 Imaginary Way"), "zip": "10013"} for d in documents]
    return json.dumps({"master": master, "parties": parties, "references": references or [], "remarks": []}).encode()


# --- what documents prove -------------------------------------------------------------------------------------------


def test_a_federal_lien_is_filed_on_its_recording(body: bytes) -> None:
    lien = of(parse(body), "2005061600001001")
    assert (lien.kind, lien.matter, lien.happened_on.first) == ("lien_filed", LIEN, date(2005, 6, 16))
    assert lien.fields == {
        "lien_type": "federal_tax", "amount": Decimal("81234.56"), "in_favour_of_payee": False, "jurisdiction": "NY",
        "creditor": "INTERNAL REVENUE SERVICE",
    }


def test_a_lien_its_release_and_the_releases_revocation_are_one_matter(body: bytes) -> None:
    life = [(f.kind, f.happened_on.first) for f in parse(body).facts if f.matter == LIEN]
    assert life == [
        ("lien_filed", date(2005, 6, 16)), ("released", date(2005, 7, 6)), ("released", date(2005, 7, 12)),
        ("release_revoked", date(2005, 7, 20)),
    ]


def test_a_partial_release_says_so(body: bytes) -> None:
    parsed = parse(body)
    assert of(parsed, "2005070600002001").fields["partial"] is False
    assert of(parsed, "2005071200008001").fields == {"recorded_on": date(2005, 7, 12), "partial": True}


def test_a_release_is_about_whomever_its_lien_is_about(body: bytes) -> None:
    ended = of(parse(body), "2005062800005001")  # its own party is spelled otherwise and lives elsewhere
    assert (ended.kind, ended.matter) == ("released", "acris 2005000900004")  # found by the file number


def test_a_release_that_names_no_known_document_is_reported_and_never_guessed(body: bytes) -> None:
    parsed = parse(body)
    lost = of(parsed, "2005063000006001")
    assert (lost.kind, lost.fields["becomes"], lost.fields["refers_to"]) == ("lien_reported", "released", "99PN99999")
    assert any("2005000900006" in e and "leads to no known document" in e for e in parsed.errors)


def test_a_name_without_the_address_is_a_hint(body: bytes) -> None:
    hint = of(parse(body), "2005060800007001")
    assert (hint.kind, hint.fields["becomes"], hint.fields["document_type"]) == ("lien_reported", "lien_filed", "FTL")
    moved = parse(body, MAKER, addresses=["900 Other Ave, Buffalo, NY 14203"])
    assert of(moved, "2005060800007001").kind == "lien_filed"


def test_a_recorded_judgment_is_a_hint_since_its_entry_is_not_dated(body: bytes) -> None:
    hint = of(parse(body), "2005071300009001")
    assert (hint.kind, hint.fields["becomes"]) == ("lien_reported", "judgment_entered")
    assert "ABSTRACT OF JUDGMENT" in str(hint.fields["title"])


def test_a_mortgage_is_a_lien_and_its_satisfaction_cures_of_record(body: bytes) -> None:
    parsed = parse(body, MAKER, payees=["Wren, Phineas"])
    mortgage, paid = of(parsed, "2005060300020001"), of(parsed, "2005071100021001")
    assert (mortgage.kind, mortgage.fields["in_favour_of_payee"]) == ("lien_filed", True)
    assert (paid.kind, paid.matter, paid.happened_on.first) == (
        "satisfied_of_record", mortgage.matter, date(2005, 7, 11)
    )


def test_an_unknown_type_and_an_unreadable_document_are_reported(body: bytes) -> None:
    parsed = parse(body)
    assert [u.label for u in parsed.unmapped] == ["ZZZZ"]
    assert any("2005071500011001" in e and "not read" in e for e in parsed.errors)


def test_the_register_is_read_as_far_as_its_slower_half(body: bytes) -> None:
    parsed = parse(body)
    assert (parsed.through, parsed.jurisdiction, parsed.records) == (date(2005, 7, 29), "NY", 13)


def test_strangers_get_nothing(body: bytes) -> None:
    assert parse(body, Obligor("x", "Owl Feather Media, Inc.", address=MAKER.address)).facts == ()
    assert parse(body, Obligor("x", "Internal Revenue Service", address="1 Tax Plaza")).facts == ()


def test_the_whole_recorded_folder_gives_what_was_looked_at(body: bytes) -> None:
    golden("acris_recorded", parse(body))


def test_a_secured_party_is_no_debtor() -> None:
    assert parse(bundle({"id": "1", "type": "FL", "on": "2005-06-16", "party": "2"})).facts == ()


def test_a_release_that_refers_to_a_strangers_lien_is_not_taken() -> None:
    made = bundle(
        {"id": "1", "type": "FL", "on": "2005-06-16", "name": "Somebody Else"},
        {"id": "2", "type": "RFL", "on": "2005-07-01"},
        references=[{"document_id": "2", "reference_by_doc_id": "1"}],
    )
    assert parse(made).facts == ()


def test_a_release_of_a_lien_not_at_hand_names_its_number() -> None:
    refers = [{"document_id": "2", "crfn": "2004000000007"}]
    made = bundle({"id": "2", "type": "RFL", "on": "2005-07-01"}, references=refers)
    assert [(f.kind, f.matter) for f in parse(made).facts] == [("released", "acris 2004000000007")]


def test_references_in_a_circle_end() -> None:
    made = bundle(
        {"id": "1", "type": "CONT", "on": "2005-06-16"}, {"id": "2", "type": "RFL", "on": "2005-07-01"},
        references=[{"document_id": "2", "reference_by_doc_id": "1"}, {"document_id": "1", "reference_by_doc_id": "2"}],
    )
    assert {f.kind for f in parse(made).facts} <= {"released", "lien_continued", "lien_reported"}


def test_one_release_of_two_liens_is_two_facts() -> None:
    made = bundle(
        {"id": "1", "type": "MTGE", "on": "2005-06-01"}, {"id": "2", "type": "MTGE", "on": "2005-06-02"},
        {"id": "3", "type": "SAT", "on": "2005-07-01"},
        references=[{"document_id": "3", "reference_by_doc_id": "1"}, {"document_id": "3", "reference_by_doc_id": "2"}],
    )
    cured = [f for f in parse(made).facts if f.kind == "satisfied_of_record"]
    assert {f.matter for f in cured} == {"acris 1", "acris 2"}
    assert len({f.id for f in cured}) == 2


def test_a_document_corrected_in_a_later_batch_is_taken_as_corrected() -> None:
    rows_ = json.loads(bundle({"id": "1", "type": "FL", "on": "2005-06-16"}))
    rows_["master"].append({**rows_["master"][0], "recorded_datetime": "2005-06-17", "good_through_date": "2005-08-31"})
    (lien,) = parse(json.dumps(rows_).encode()).facts
    assert lien.happened_on.first == date(2005, 6, 17)


@pytest.mark.parametrize(
    ("broken", "says"),
    [(b"<html>", "no JSON"), (b"[]", "needs `master`"), (b'{"master": [1], "parties": []}', "not a list of rows"),
     (b'{"master": [{"document_id": "1"}], "parties": []}', "have no doc_type")],
)
def test_what_is_no_bundle_is_refused_in_one_line(broken: bytes, says: str) -> None:
    with pytest.raises(FeedChanged, match=says):
        parse(broken)


def test_every_label_names_a_kind_of_the_vocabulary(rulebook: object) -> None:
    kinds = set(rulebook.vocabulary.kind_infos)  # type: ignore[attr-defined]
    labels = load_labels("acris").all()
    assert {label.kind for label in labels if label.kind} <= kinds
    assert {label.get("becomes") for label in labels} - {""} <= kinds


# --- rows, dates, doors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [("07/31/2015", date(2015, 7, 31)), ("07/31/2015 12:00:00 AM", date(2015, 7, 31)),
     ("2015-07-31T00:00:00.000", date(2015, 7, 31)), ("2015-07-31", date(2015, 7, 31)), ("02/30/2015", None),
     ("someday", None), ("", None), ("07/31/15", None)],
)
def test_dates_come_in_three_forms(text: str, day: date | None) -> None:
    assert day_of(text) == day


def test_an_amount_of_zero_is_no_amount() -> None:
    assert [amount_of(t) for t in ("0", "", "NaN")] == [None, None, None]
    assert [amount_of(t) for t in ("12,345.60", "$7")] == [Decimal("12345.60"), Decimal(7)]


def test_both_column_spellings_are_one_row() -> None:
    held = read_bundle(json.dumps({
        "master": [{"DOCUMENT ID": "1", "DOC. TYPE": " FL ", "RECORDED / FILED": "06/16/2005", "DOC. AMOUNT": None}],
        "parties": [{"DOCUMENT ID": "1", "PARTY TYPE": "1", "NAME": "X", "ADDRESS 1": "1 A ST"}],
        "references": [{"DOCUMENT ID": "1", "REFERENCE BY CRFN ": "7"},
                       {"document_id": "1", "reference_by_crfn_": "7"}],
    }).encode())
    assert held.parts["master"][0] == {"document_id": "1", "doc_type": "FL", "recorded_datetime": "06/16/2005"}
    assert held.parts["references"][0] == held.parts["references"][1] == {"document_id": "1", "crfn": "7"}
    assert held.through is None


@pytest.mark.parametrize(
    ("address", "street"),
    [("62 White Street, Suite 3A, New York, NY 10013", "62 white street"), ("62 WHITE ST.", "62 white street"),
     ("20 EAST 49TH STREET, 6TH FLOOR", "20 east 49 street"), ("20 E. 49 St 6 FL", "20 east 49 street 6"),
     ("106-05 LIBERTY AVENUE", "106-05 liberty avenue"), ("350 Fifth Ave", "350 5 avenue"), ("C/O SOMEBODY", ""),
     ("", "")],
)
def test_a_street_has_one_spelling(address: str, street: str) -> None:
    assert street_of(address) == street


def test_one_door_needs_number_street_and_no_other_zip_code() -> None:
    known = ["62 White Street, Suite 3A, New York, NY 10013"]
    assert same_door(known, ["C/O COUNSEL", "62 WHITE ST"], "10013-2222")
    assert not same_door(known, ["62 WHITE ST"], "14203")
    assert not same_door(known, ["64 WHITE ST"], "10013")
    assert not same_door([""], [""], "")


# --- live: a server that answers as Socrata does --------------------------------------------------------------------


@pytest.fixture
def http() -> Iterator[HttpClient]:
    limits = Limits(connect=1, read=2, total=5, retries=0, per_second=0)
    with HttpClient(limits=limits, failed=FeedFailed) as client:
        yield client


def test_a_poll_asks_for_the_name_then_for_its_documents_and_what_refers_to_them(
    httpserver: HTTPServer, http: HttpClient
) -> None:
    asked: list[tuple[str, str]] = []
    answers = {
        ("personal", "parties"): [{"document_id": "1", "party_type": "1", "name": "QUILLFEATHER MEDIA INC",
                                   "address_1": "17 IMAGINARY WAY", "zip": "10013"}],
        ("personal", "master"): [{"document_id": "1", "crfn": "2005000900001", "doc_type": "FL",
                                  "recorded_datetime": "2005-06-16T00:00:00.000"},
                                 {"document_id": "2", "crfn": "2005000900002", "doc_type": "RFL",
                                  "recorded_datetime": "2005-07-06T00:00:00.000"}],
        ("personal", "references"): [{"document_id": "2", "crfn": "2005000900001"}],
    }

    def answer(request: Request) -> Answer:
        dataset = request.path.split("/")[-1].removesuffix(".json")
        register, part = next((r, p) for r, sets in DATASETS.items() for p, d in sets.items() if d == dataset)
        if "$select" in request.args:
            held: list[dict[str, str]] = [{"g": "2005-07-31T00:00:00.000"}]
        else:
            where = request.args["$where"]
            asked.append((f"{register} {part}", where))
            assert request.args["$order"] == ":id"
            held = answers.get((register, part), [])
            if "document_id in" in where:
                held = [row for row in held if repr(row["document_id"]) in where]
        assert request.headers["X-App-Token"] == "token"
        return Answer(json.dumps(held), content_type="application/json")

    httpserver.expect_request("/resource", method="GET")
    for sets in DATASETS.values():
        for dataset in sets.values():
            httpserver.expect_request(f"/resource/{dataset}.json").respond_with_handler(answer)
    watch = Watch([MAKER], {"site": httpserver.url_for("").rstrip("/"), "app_token": "token"})
    (payload,) = FEED.fetch(http, watch)
    assert ("real parties", "upper(name) like 'QUILLFEATHER%MEDIA%'") in asked
    assert ("personal master", "document_id in ('2')") in asked  # the release, whose own party was never asked for
    parsed = FEED.parse(payload, watch)
    assert [(f.kind, f.matter) for f in parsed.facts] == [("lien_filed", LIEN), ("released", LIEN)]
    assert parsed.through == date(2005, 7, 31)
    assert payload.captured_at.tzinfo is not None


def test_pages_are_followed_to_the_last_one(httpserver: HTTPServer, http: HttpClient) -> None:
    def answer(request: Request) -> Answer:
        start = int(request.args["$offset"])
        held = [{"n": str(n)} for n in range(start, min(start + int(request.args["$limit"]), 2500))]
        return Answer(json.dumps(held), content_type="application/json")

    httpserver.expect_request("/resource/aaaa-bbbb.json").respond_with_handler(answer)
    found = rows(http, httpserver.url_for("").rstrip("/"), "aaaa-bbbb", {"$where": "true"})
    assert [row["n"] for row in found] == [str(n) for n in range(2500)]


@pytest.mark.parametrize(
    ("status", "said", "says"),
    [
        (202, "{}", "not ready"),
        (403, '{"message": "You must be logged in", "error": true}', "403: You must .* app_token"),
        (404, '{"code": "dataset.missing", "error": true, "message": "Not found"}', "404: Not found.* data set's id"),
        (500, "<html>", "HTTP 500"),
    ],
)
def test_what_socrata_refuses_is_one_line(
    httpserver: HTTPServer, http: HttpClient, status: int, said: str, says: str
) -> None:
    httpserver.expect_request("/resource/aaaa-bbbb.json").respond_with_data(said, status=status)
    with pytest.raises(FeedFailed, match=says):
        rows(http, httpserver.url_for("").rstrip("/"), "aaaa-bbbb", {"$where": "true"})


@pytest.mark.parametrize("said", ["<html>", '{"a": 1}', "[1]"])
def test_an_answer_that_is_no_list_of_rows_is_a_change(httpserver: HTTPServer, http: HttpClient, said: str) -> None:
    httpserver.expect_request("/resource/aaaa-bbbb.json").respond_with_data(said)
    with pytest.raises(FeedChanged, match="no list of rows"):
        rows(http, httpserver.url_for("").rstrip("/"), "aaaa-bbbb", {"$where": "true"})


def test_nobody_to_look_for_is_one_line(http: HttpClient) -> None:
    with pytest.raises(FeedFailed, match="nobody to look for"):
        list(FEED.fetch(http, Watch([])))


def test_a_folder_without_rows_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FeedFailed, match="holds no ACRIS rows"):
        list(FEED.recorded(tmp_path))


def test_each_subfolder_is_one_poll(tmp_path: Path) -> None:
    for day in ("20050731", "20050831"):
        (tmp_path / f"{day}-poll").mkdir()
        for path in RECORDED.glob("personal_*"):
            (tmp_path / f"{day}-poll" / path.name).write_bytes(path.read_bytes())
    assert [p.name for p in FEED.recorded(tmp_path)] == ["20050731-poll.json", "20050831-poll.json"]


# --- recorded rows of the real register (not in the repository) -----------------------------------------------------


def test_the_recorded_samples_are_read_whole_and_every_code_has_a_label(shared_feeds: Path) -> None:
    (payload,) = FEED.recorded(shared_feeds / "acris")
    held = read_bundle(payload.body)
    assert {part: len(found) for part, found in held.parts.items()} == {
        "master": 200, "parties": 200, "references": 110, "remarks": 20
    }
    types = Counter((row["register"], row["doc_type"]) for row in held.parts["master"])
    assert [types["personal", code] for code in ("TERM", "FL", "INIC", "INIT", "UCC1")] == [59, 14, 14, 12, 1]
    assert [types["real", code] for code in ("DEED", "MTGE", "SAT", "ASST", "JUDG")] == [24, 24, 19, 11, 0]
    parsed = FEED.parse(payload, Watch([MAKER]))
    assert (parsed.records, parsed.unmapped, parsed.errors, parsed.facts) == (200, (), (), ())


def test_every_document_control_code_is_mapped_or_noise(shared_feeds: Path) -> None:
    with (shared_feeds / "acris" / "acris_document_control_codes.csv").open(newline="") as opened:
        codes = [row["DOC. TYPE"] for row in csv.DictReader(opened)]
    labels = load_labels("acris")
    assert len(codes) == 123
    assert [code for code in codes if labels.lookup(code) is None] == []


def test_recorded_socrata_pages_are_rows(shared_feeds: Path, httpserver: HTTPServer, http: HttpClient) -> None:
    pages = [(shared_feeds / "socrata" / name).read_bytes() for name in ("page1_offset0.json", "page2_offset1000.json")]

    def answer(request: Request) -> Answer:
        page = int(request.args["$offset"]) // 1000
        return Answer(pages[page] if page < 2 else b"[]", content_type="application/json")

    httpserver.expect_request("/resource/uczf-rk3c.json").respond_with_handler(answer)
    found = rows(http, httpserver.url_for("").rstrip("/"), "uczf-rk3c", {"$where": "true"})
    assert len(found) == 2000
    assert all(isinstance(value, str) for row in found for value in row.values())
