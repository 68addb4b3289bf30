"""Attested statements: each with who states it and a file that shows it. Nothing stated here ever happened."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from feeds import FEEDS, load_feed
from feeds.attested import AttestedFeed
from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from monitor.core.clause import Obligor
from monitor.core.facts import When
from tests.feeds.loopback import RECORDED, LoopbackHttp, recorded
from tests.golden import golden

AT = datetime(2005, 10, 1, 12, tzinfo=UTC)
ROO = Obligor(id="roo-group", name="ROO Group, Inc.")
OTHER = Obligor(id="other", name="Other Corp.")
FEED = AttestedFeed()
FINE = "- {kind: general_assignment, happened_on: 2005-09-12, stated_by: A, stated_at: 2005-09-14, evidence: e.txt}\n"


def parse(name: str, *obligors: Obligor) -> Parsed:
    return FEED.parse(recorded("attested", name, AT), Watch(obligors or [ROO]))


def text(body: str, folder: Path, *obligors: Obligor) -> Parsed:
    (folder / "e.txt").write_text("shown")
    payload = Payload("attested", "s.yaml", (folder / "s.yaml").as_uri(), body.encode(), AT)
    return FEED.parse(payload, Watch(obligors or [ROO]))


def test_the_statements_give_what_the_golden_says() -> None:
    golden("attested/statements", parse("statements.yaml"))


def test_a_statement_is_known_when_read_and_published_when_stated() -> None:
    default, search = parse("statements.yaml").facts
    assert (default.known_at, default.published_at) == (AT, datetime(2005, 9, 15, 3, 59, 59, 999999, UTC))
    assert search.published_at == datetime(2005, 9, 30, 19, tzinfo=UTC)


def test_fields_have_the_types_of_the_vocabulary() -> None:
    default = parse("statements.yaml").facts[0]
    assert (default.source, default.subject, default.matter) == ("attested", "roo-group", "Invented Bank term loan")
    assert default.fields == {"amount": Decimal("25000.00"), "principal_outstanding": Decimal("400000.00")}
    assert default.happened_on == When.on(date(2005, 9, 12))


def test_a_search_that_found_nothing_is_a_fact_about_another_source() -> None:
    search = parse("statements.yaml").facts[1]
    assert (search.kind, search.source, search.record) == ("source_read", "attested", "search 17")
    assert search.fields == {"source": "judgment_search", "jurisdiction": "NY", "through": date(2005, 9, 28)}


def test_reading_statements_proves_no_absence_by_itself() -> None:
    assert parse("statements.yaml").through is None


def test_who_stated_it_and_the_digest_of_the_evidence_are_kept() -> None:
    digest = hashlib.sha256((RECORDED / "attested" / "evidence" / "notice.txt").read_bytes()).hexdigest()
    assert parse("statements.yaml").texts["search 17"] == (
        f"Stated by Jane Roe, counsel to the holder on 2005-09-30; evidence evidence/notice.txt sha256 {digest}"
    )


def test_the_bytes_of_the_evidence_come_with_the_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = parse("statements.yaml").exhibits["search 17"]
    assert (shown.name, shown.body) == (
        "evidence/notice.txt", (RECORDED / "attested" / "evidence" / "notice.txt").read_bytes())
    monkeypatch.setattr("feeds.attested.LARGEST", 3)
    assert "is larger than 64 MB. Name the page that matters alone." in parse("statements.yaml").errors[0]


def test_each_mistake_is_one_line_with_its_place_and_the_sound_statement_counts() -> None:
    parsed = parse("mistakes.yaml")
    assert [f.happened_on.first for f in parsed.facts] == [date(2005, 9, 16)]
    assert parsed.errors == (
        "mistakes.yaml:2:3: the statement has no `stated_by`. Add `stated_by: ...`, who states this.",
        "mistakes.yaml:10:13: evidence `evidence/lost.txt` cannot be read (No such file or directory). "
        "Write its path relative to this file.",
        "mistakes.yaml:11:9: unknown kind `general_asignment`. Did you mean `general_assignment`?",
        "mistakes.yaml:18:3: `known_at` is not stated by hand. Write `stated_at`.",
    )
    assert parsed.records == 5


def test_the_same_statement_twice_is_told(tmp_path: Path) -> None:
    parsed = text(FINE + FINE, tmp_path)
    assert len(parsed.facts) == 1
    assert parsed.errors == (
        "s.yaml:2:3: the same statement stands above. Give each a `record` of its own, or remove one.",
    )


def test_a_record_keeps_its_identity_when_its_content_is_corrected(tmp_path: Path) -> None:
    first = text(FINE.replace("{kind", "{record: r1, kind"), tmp_path).facts[0]
    second = text(FINE.replace("{kind", "{record: r1, kind").replace("09-12", "09-11"), tmp_path).facts[0]
    assert first.id == second.id
    assert first.version != second.version


def test_with_several_obligors_the_subject_must_be_named(tmp_path: Path) -> None:
    assert "names none. Add `subject: ...`" in text(FINE, tmp_path, ROO, OTHER).errors[0]
    named = FINE.replace("{kind", "{subject: OTHER CORP, kind")
    assert [f.subject for f in text(named, tmp_path, ROO, OTHER).facts] == ["other"]


def test_evidence_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    assert "evidence `.` cannot be read" in text(FINE.replace("e.txt", "."), tmp_path).errors[0]


def test_a_folder_may_be_set_when_the_payload_has_no_file_address(tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text("shown")
    payload = Payload("attested", "s.yaml", "", FINE.encode(), AT)
    assert len(FEED.parse(payload, Watch([ROO], {"folder": str(tmp_path)})).facts) == 1
    assert "Set `folder`" in FEED.parse(payload, Watch([ROO])).errors[0]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("", "s.yaml:1:1: no statements."),
        ("# nothing yet\n", "s.yaml:1:1: no statements."),
        ("kind: x\n", "s.yaml:1:1: a list of statements is needed"),
        ("- [", "s.yaml:"),
        ("- a: \t\n  b\n c", "s.yaml:"),
    ],
)
def test_what_is_no_list_of_statements_is_refused_in_one_line(body: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(FeedChanged) as refused:
        text(body, tmp_path)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_evidence_lying_among_the_statements_is_told_and_stops_nothing() -> None:
    parsed = FEED.parse(Payload("attested", "notice.pdf", "", b"%PDF-1.4 \xff", AT), Watch([ROO]))
    assert parsed.errors == ("notice.pdf:1:1: not a .yaml file. Keep evidence in a folder below the statements.",)


def test_an_empty_list_states_nothing(tmp_path: Path) -> None:
    assert text("[]", tmp_path) == Parsed()


def test_statements_are_not_fetched() -> None:
    with pytest.raises(FeedFailed, match="source: recorded"):
        list(FEED.fetch(LoopbackHttp("http://127.0.0.1:9"), Watch([ROO])))


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_every_row_of_the_registry_is_a_feed_of_that_name(name: str) -> None:
    feed = load_feed(name)
    assert (feed.name, feed.proves in ("evidence", "hint")) == (name, True)
    assert feed.cadence_minutes > 0
    assert feed.captured_at(b"", "empty") is None
