"""How far a folder of saved payloads is read: the last capture of each page, the least far of all pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from feeds.base import Parsed, Payload
from monitor.core.facts import Fact, Moment, When
from monitor.daemon.reading import read_through
from monitor.daemon.recorded import Recording, capture_time
from monitor.daemon.recorded import read_through as read_at
from monitor.daemon.world import Source

AT = datetime(2005, 12, 1, tzinfo=UTC)


def source(*, joins: bool = False) -> Source:
    return cast(Source, SimpleNamespace(feed=SimpleNamespace(joins_payloads=joins, captured_at=lambda *_: None)))


def page(
    name: str, through: Moment | None, *matters: str, errors: tuple[str, ...] = (), aside: bool = False
) -> tuple[Payload, Parsed]:
    facts = tuple(
        Fact(m, "lien_reported", "x", m, When.on(date(2005, 6, 1)), AT, "s", m) for m in matters
    )
    return Payload("feed", name, "", b"", AT), Parsed(facts=facts, through=through, errors=errors, aside=aside)


D = date
CASES: list[tuple[str, list[tuple[Payload, Parsed]], Moment | None]] = [
    ("one page", [page("a.html", D(2005, 6, 1))], D(2005, 6, 1)),
    ("two pages", [page("a.html", D(2005, 6, 1)), page("b.html", D(2005, 7, 1))], D(2005, 6, 1)),
    ("a page that was saved again", [page("20050601-a.xml", D(2005, 6, 1)), page("20050701-a.xml", D(2005, 7, 1))],
     D(2005, 7, 1)),
    ("a register whose pages are each about another matter",
     [page("20050601T1500Z-acris.json", D(2005, 6, 1), "one"), page("20050701T1500Z-acris.json", D(2005, 7, 1), "two"),
      page("20050801T1500Z-acris.json", D(2005, 8, 1))], D(2005, 8, 1)),
    ("a docket saved under other names",
     [page("05-1-june.html", D(2005, 6, 1), "nysb 05-1"), page("05-1-july.html", D(2005, 7, 1), "nysb 05-1")],
     D(2005, 7, 1)),
    ("two dockets", [page("05-1.html", D(2005, 8, 1), "nysb 05-1"), page("05-2.html", D(2005, 7, 1), "nysb 05-2")],
     D(2005, 7, 1)),
    ("a part that proves nothing beside one that does", [page("a", None), page("b", D(2005, 7, 1))], D(2005, 7, 1)),
    ("a part with an error", [page("a", None, errors=("broken",)), page("b", D(2005, 7, 1))], None),
    ("a document beside the index", [page("25.txt", None, errors=("by hand",), aside=True), page("b", D(2005, 7, 1))],
     D(2005, 7, 1)),
    ("a document beside an index that nobody has", [page("25.txt", None, "a form", aside=True)], None),
    ("nothing", [], None),
    ("a date stands for its end", [page("a", D(2005, 7, 1)), page("b", datetime(2005, 7, 1, 12, tzinfo=UTC))],
     datetime(2005, 7, 1, 12, tzinfo=UTC)),
]


@pytest.mark.parametrize(("why", "read", "reached"), CASES, ids=[c[0] for c in CASES])
def test_a_source_is_read_through_the_last_capture_of_its_least_read_page(
    why: str, read: list[tuple[Payload, Parsed]], reached: Moment | None
) -> None:
    assert read_through(source(), read) == reached, why
    assert read_through(source(), read[::-1]) == reached, why


def test_statements_of_one_account_reach_to_the_latest() -> None:
    read = [page("june.csv", D(2005, 6, 30)), page("july.csv", D(2005, 7, 31))]
    assert read_through(source(joins=True), read) == D(2005, 7, 31)


def recording(captured: datetime | None, through: Moment | None, error: str = "") -> Recording:
    payload, parsed = page("x", through)
    return Recording(payload, parsed, captured, error)


def at(day: int) -> datetime:
    return datetime(2005, 6, day, 12, tzinfo=UTC)


def replayed(found: list[Recording], when: datetime, *, changed: bool = False, joins: bool = False) -> Moment | None:
    return read_at(found, when, saved_when_changed=changed, joins=joins)


def test_a_replay_reads_through_the_last_capture_that_has_come() -> None:
    found = [recording(at(1), at(1)), recording(at(10), at(10))]
    assert [replayed(found, at(d)) for d in (1, 9, 10, 20)] == [at(1), at(1), at(10), at(10)]
    assert replayed(found, datetime(2005, 5, 31, tzinfo=UTC)) is None


def test_a_page_saved_only_when_it_changed_is_read_to_the_instant_unless_the_last_is_broken() -> None:
    found = [recording(at(1), at(1)), recording(at(10), None, "broken")]
    assert replayed(found, at(9), changed=True) == at(9)
    assert replayed(found, at(11), changed=True) == at(1)


def test_a_recording_without_a_capture_time_is_read_as_far_as_it_says_and_never_past_now() -> None:
    assert replayed([recording(None, at(30))], at(5)) == at(5)
    assert replayed([recording(None, D(2005, 6, 3))], at(5)) == D(2005, 6, 3)


@pytest.mark.parametrize(("name", "captured"), [
    ("20050705T1400Z-a.csv", datetime(2005, 7, 5, 14, tzinfo=UTC)),
    ("20050705T140730Z_a.csv", datetime(2005, 7, 5, 14, 7, 30, tzinfo=UTC)),
    ("20050705-a.csv", datetime(2005, 7, 6, 3, 59, 59, 999999, tzinfo=UTC)),
    ("20059999-a.csv", None), ("12345678.html", None), ("0001275287-05-002977.txt", None), ("a.csv", None),
])
def test_a_payload_s_name_tells_when_it_was_captured(tmp_path: Path, name: str, captured: datetime | None) -> None:
    given: Any = source()
    assert capture_time(given, Payload("feed", name, "", b"", AT), tmp_path / name) == captured
