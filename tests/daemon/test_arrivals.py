"""A feed added to a note that is already watched sends one message for all its past, and single ones from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.core.alerts import Alert, AlertKind
from monitor.daemon.cycle import once
from monitor.daemon.service import Service
from monitor.daemon.world import World
from tests.daemon.folder import LIEN, ROO, Folder, utc

INDEX = Path(__file__).resolve().parents[1] / "recorded" / "edgar" / "CIK0009990001.json"
NOTE = "harbor-2021"
FIRST, LATER, LAST = utc(2022, 3, 1, 12), utc(2022, 3, 2, 12), utc(2022, 3, 3, 12)


def harbor(folder: Folder) -> None:
    """A note of the recorded index's company, watched through statements alone."""
    folder.note(NOTE, "Harbor Lantern Corp.", "2021-01-04", cik="9990001")
    folder.instruments = [f"instruments/{NOTE}.yaml"]
    folder.state("closing.yaml", on="2021-01-04")


def saved(folder: Folder, *more: tuple[str, str]) -> None:
    """The recorded index, with further 8-Ks of item 1.03: (day, accession number)."""
    document = json.loads(INDEX.read_text())
    columns = document["filings"]["recent"]
    for day, accession in more:
        for name, column in columns.items():
            new = {"accessionNumber": accession, "filingDate": day, "reportDate": day, "form": "8-K", "items": "3.01"}
            column.insert(0, new.get(name, column[0]))
    place = folder.feed("edgar")
    (place / INDEX.name).write_text(json.dumps(document))


def kinds(alerts: list[Alert]) -> list[AlertKind]:
    return [a.kind for a in alerts]


def cycle(folder: Folder, at: object) -> list[Alert]:
    with folder.world(at) as world:  # type: ignore[arg-type]
        return once(world, at)[1]  # type: ignore[arg-type]


def test_a_feed_that_is_added_later_sends_one_message_and_then_each_by_itself(folder: Folder) -> None:
    harbor(folder)
    assert kinds(cycle(folder, FIRST)) == [AlertKind.BASELINE]
    saved(folder)
    with folder.world(LATER) as world:
        (one,) = once(world, LATER)[1]
        items = world.ledger.review_items(NOTE, state="open")
    assert one.kind is AlertKind.BASELINE
    assert one.headline == "Harbor Lantern Corp. note: edgar read for the first time"
    hints = [line for line in one.body if line.startswith("Awaits review: ")]
    assert len(hints) == len(items) > 5
    assert cycle(folder, LAST) == []
    saved(folder, ("2022-03-04", "0009990001-22-000099"))
    (new,) = cycle(folder, utc(2022, 3, 5, 12))
    assert (new.kind, new.matter) == (AlertKind.REVIEW, "edgar 0009990001-22-000099 3.01")


def test_what_another_source_brings_in_the_same_cycle_is_told_by_itself(folder: Folder) -> None:
    harbor(folder)
    cycle(folder, FIRST)
    saved(folder)
    folder.state("lien.yaml", {**LIEN, "happened_on": "2022-02-20"}, on="2022-02-21")
    assert sorted(kinds(cycle(folder, LATER))) == [AlertKind.BASELINE, AlertKind.OPENED]


def test_the_windows_and_the_missed_interest_of_a_new_feed_are_in_its_message(folder: Folder) -> None:
    folder.statement("may.csv", ("2005-05-20", "1.00"))
    cycle(folder, utc(2005, 6, 1, 12))
    folder.state("liens.yaml", LIEN, {**LIEN, "matter": "NY-9"}, on="2005-06-17")
    (one,) = cycle(folder, utc(2005, 6, 18, 12))
    assert one.headline.endswith("attested read for the first time")
    assert [line.partition(". ")[0] for line in one.body] == ["clause (b): running"] * 2
    bank = Folder(folder.path.parent / "second")
    bank.path.mkdir()
    bank.state("closing.yaml", on="2005-05-18")
    cycle(bank, utc(2005, 6, 1, 12))
    bank.statement("june.csv", ("2005-07-05", "4000.00"))
    (one,) = cycle(bank, utc(2005, 7, 6, 12))
    assert [line.startswith("Interest: interest due ") for line in one.body] == [True, True]
    assert cycle(bank, utc(2005, 7, 7, 12)) == []


def test_a_message_is_the_same_after_a_crash_between_the_poll_and_the_evaluation(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.daemon import cycle as module

    harbor(folder)
    cycle(folder, FIRST)
    saved(folder)
    other = folder.copy(folder.path.parent / "copy")
    (whole,) = cycle(folder, LATER)

    def crash(*_: object) -> list[Alert]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "evaluate_all", crash)
        with pytest.raises(KeyboardInterrupt):
            cycle(other, LATER)
    with other.world(LATER) as world:
        (again,) = module.evaluate_all(world, LATER)
    assert again.id == whole.id


def test_a_feed_that_failed_in_part_is_first_read_when_it_brings_something(folder: Folder) -> None:
    """One broken file fails the folder's poll; what the good ones say is told once, and news later by itself."""
    harbor(folder)
    cycle(folder, FIRST)
    saved(folder)
    (folder.path / "edgar" / "broken.json").write_text("{")
    assert set(kinds(cycle(folder, LATER))) == {AlertKind.BASELINE, AlertKind.STALE}
    saved(folder, ("2022-03-03", "0009990001-22-000099"))
    assert kinds(cycle(folder, LAST)) == [AlertKind.REVIEW]


def test_a_note_added_to_a_daemon_that_ran_a_moment_ago_waits_for_every_feed(folder: Folder) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with folder.world(utc(2022, 3, 1, 12)) as world:
        once(world, utc(2022, 3, 1, 12))
        with world.ledger.write() as tx:
            tx.beat("daemon", Service(world, on_alert=lambda _: None)._started)
        assert unread(world) == set()
    folder.note(NOTE, "Harbor Lantern Corp.", "2021-01-04")
    folder.instruments = [ROO, f"instruments/{NOTE}.yaml"]
    with folder.world(utc(2022, 3, 1, 13)) as world:
        assert unread(world) == {"attested"}


def unread(world: World) -> set[str]:
    """The feeds that are not due and yet to be read before anything is told."""
    service = Service(world, on_alert=lambda _: None)
    last = {name: poll.started_at for name, poll in world.ledger.last_polls().items()}
    service._started = max(last.values())
    with world.ledger.write() as tx:
        tx.beat("daemon", service._started)
    return service._after_downtime()


