"""Entries lost between two polls stay lost: only what has seen them closes the gap, never the next page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from feeds import load_feed
from feeds.base import Parsed, Payload, Watch
from monitor.cli.status import feed_states
from monitor.config import FeedConfig
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, When
from monitor.daemon.cycle import once
from monitor.daemon.reading import open_gap, source_reads
from monitor.daemon.world import Source, World
from tests.daemon.folder import ROO, Folder, utc

NOON = datetime(2005, 6, 13, 12, tzinfo=UTC)
MAKER = Obligor("quill", "Quillfeather Media, Inc.", dockets=("nysb 05-90017",))
RSS = Source(FeedConfig("court_rss", "court_rss", None, 0), load_feed("court_rss"), Watch([MAKER]))


def poll(at: datetime, held: list[Fact], *, lost: tuple[datetime, datetime] | None = None) -> list[Fact]:
    """What a good poll writes at ``at``, and what stands after it."""
    gap_from, gap_to = lost or (None, None)
    parsed = Parsed(through=at, jurisdiction="nysb", gap_from=gap_from, gap_to=gap_to)
    new = source_reads(RSS, [(Payload("court_rss", "nysb.xml", "", b"", at), parsed)], at, held=held)
    return [*(f for f in held if f.id not in {n.id for n in new}), *new]


def read(source: str, through: datetime, **fields: Any) -> Fact:
    """A ``source_read`` of another source, or of a person."""
    return Fact(f"{source} {through}", "source_read", "quill", "sources", When.on(through), through, "another", "r",
                fields={"source": source, "through": through, **fields})


def with_gap() -> list[Fact]:
    held = poll(NOON, [])
    return poll(NOON + timedelta(hours=9), held, lost=(NOON, NOON + timedelta(hours=6)))


def is_open(held: list[Fact]) -> bool:
    return open_gap(RSS, MAKER, "nysb", held) is not None


def test_the_next_good_page_does_not_close_a_gap() -> None:
    held = with_gap()
    (gap,) = (f for f in held if f.kind == "source_gap")
    assert (gap.happened_on, gap.fields["through"]) == (When(NOON, NOON + timedelta(hours=6)), NOON)
    later = poll(NOON + timedelta(days=3), held)
    assert later == held
    assert [f.fields["through"] for f in later if f.kind == "source_read"] == [NOON]


def test_a_docket_of_that_court_read_through_the_end_of_the_gap_closes_it() -> None:
    held = [*with_gap(), read("court_docket", NOON + timedelta(hours=6))]
    at = NOON + timedelta(days=3)
    assert [f.fields["through"] for f in poll(at, held) if f.source == "court_rss" and f.kind == "source_read"] == [at]


def test_what_has_not_seen_the_gap_leaves_it_open() -> None:
    end = NOON + timedelta(hours=6)
    assert is_open([*with_gap(), read("court_docket", end - timedelta(seconds=1))])
    assert is_open([*with_gap(), read("edgar", end)])
    assert is_open([*with_gap(), read("court_docket", end, jurisdiction="deb")])
    assert is_open([*with_gap(), read("court_rss", end, jurisdiction="deb")])
    elsewhere = Source(RSS.config, RSS.feed, Watch([Obligor("quill", "Quillfeather", dockets=("deb 05-1",))]))
    assert open_gap(elsewhere, elsewhere.watch.obligors[0], "nysb", [*with_gap(), read("court_docket", end)])


def test_a_person_who_states_that_the_court_was_searched_closes_it() -> None:
    assert not is_open([*with_gap(), read("court_rss", NOON + timedelta(hours=6), jurisdiction="nysb")])


def test_a_second_gap_is_told_with_the_first() -> None:
    first = with_gap()
    lost = NOON + timedelta(days=2), NOON + timedelta(days=2, hours=3)
    (gap,) = (f for f in poll(NOON + timedelta(days=3), first, lost=lost) if f.kind == "source_gap")
    assert gap.happened_on == When(NOON, lost[1])


# --- through the ledger -----------------------------------------------------------------------------------------


def page(folder: Path, built: datetime, oldest: datetime) -> None:
    (folder / "nysb.xml").write_text(
        "<rss version='2.0'><channel><title>nysb</title><link>https://ecf.nysb.uscourts.gov</link>"
        f"<lastBuildDate>{built:%a, %d %b %Y %H:%M:%S GMT}</lastBuildDate><item><title>05-10001 Somebody Else</title>"
        f"<pubDate>{oldest:%a, %d %b %Y %H:%M:%S GMT}</pubDate><guid>1</guid><link>x</link>"
        "<description>Type: bk [Motion for Relief from Stay]</description></item></channel></rss>"
    )


def through(world: World) -> list[str]:
    return [str(f.fields["through"])[:16] for f in world.ledger.all_facts(history=False)
            if f.kind == "source_read" and f.fields["source"] == "court_rss"]


def test_a_gap_stays_open_over_polls_until_a_person_or_a_docket_has_seen_it(folder: Folder) -> None:
    saved = folder.feed("court_rss")
    folder.state("closing.yaml", on="2005-05-18")
    page(saved, utc(2005, 6, 13, 12), utc(2005, 6, 13, 1))
    with folder.world(utc(2005, 6, 13, 12)) as world:
        once(world, utc(2005, 6, 13, 12))
        page(saved, utc(2005, 6, 14, 12), utc(2005, 6, 14, 9))
        polls, _, _ = once(world, utc(2005, 6, 14, 12))
        (line,) = (line for p in polls for line in p.errors)
        assert line.startswith("nysb: entries between 2005-06-13 12:00 and 2005-06-14 09:00 UTC are lost")
        page(saved, utc(2005, 6, 14, 12, 20), utc(2005, 6, 14, 9))
        assert [p.errors for p in once(world, utc(2005, 6, 14, 12, 20))[0]] == [(), ()]
        assert through(world) == ["2005-06-13 12:00"]
        (rss,) = (f for f in feed_states(world.config, world.ledger, utc(2005, 6, 14, 13)) if f["name"] == "court_rss")
        assert rss["gap"].startswith("entries lost from 2005-06-13 12:00 to 2005-06-14 09:00 UTC (nysb): save ")
        folder.state("search.yaml", {
            "kind": "source_read", "happened_on": "2005-06-15", "source": "court_rss", "jurisdiction": "nysb",
            "through": "2005-06-14",
        }, on="2005-06-15")
        page(saved, utc(2005, 6, 14, 13), utc(2005, 6, 14, 9))
        for minute in (0, 10):
            once(world, utc(2005, 6, 15, 12, minute))
        assert "2005-06-14 13:00" in through(world)
        assert {f["gap"] for f in feed_states(world.config, world.ledger, utc(2005, 6, 15, 13))} == {""}
        assert world.ledger.latest_evaluation(ROO) is not None
