"""``replay``: what it says beside the stream."""

from __future__ import annotations

from tests.cli.conftest import NOTE, Cli

LIVE = "covenantd: live feeds are not replayed: court_docket."

def test_a_replay_that_begins_before_the_note_says_why_it_is_silent(own: Cli) -> None:
    ran = own("replay", "--from", "2020-12-30", "--to", "2021-01-05")
    assert (ran.code, ran.complaints) == (0, [
        LIVE,
        f"covenantd: nothing can happen before the note's date: {NOTE} is of 2021-01-04, and --from is 2020-12-30.",
    ])
    assert "now watched" in ran.out
    assert own("replay", "--from", "2021-01-04", "--to", "2021-01-05").complaints == [LIVE]


def test_a_folder_that_holds_nothing_of_its_feed_is_a_complaint_and_no_bug(own: Cli) -> None:
    assert own.config is not None
    (own.config.parent / "acris").mkdir()
    text = own.config.read_text()
    own.config.write_text(text.replace("\nfeeds:\n", "\nfeeds:\n  acris: {source: {recorded: acris}}\n"))
    ran = own("replay", "--from", "2021-01-04", "--to", "2021-01-05")
    assert ran.code == 1
    _, line = ran.complaints
    assert line.startswith("covenantd: acris: acris holds no ACRIS rows. Save ")
