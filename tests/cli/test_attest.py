"""``attest`` and ``retract``: what a person states, what it changes, and what is refused before anything is written."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.facts import Fact
from monitor.ledger.store import Ledger
from tests.cli.conftest import NOTE, NOW, Cli, Ran, converse

JUDGMENT = ("attest", "judgment_entered", "--matter", "NY 1/2021", "--on", "2021-12-10", "--stated-by", "Jane Roe")


def attest_judgment(own: Cli, letter: Path, *more: str) -> Ran:
    return own(*JUDGMENT, "--evidence", letter, *more)


def facts(folder: Path) -> list[Fact]:
    with Ledger.open(folder / "var" / "ledger.sqlite", mode=None, at=NOW, create=False) as ledger:
        return ledger.all_facts()


def test_an_attested_judgment_opens_a_window_and_its_message_waits_in_the_outbox(own: Cli, letter: Path) -> None:
    ran = attest_judgment(own, letter, "--json")
    assert ran.code == 0
    assert ran.json["stated_by"] == "Jane Roe"
    (evaluated,) = ran.json["evaluated"]
    assert evaluated["changes"] == [{
        "limb": "b.judgment", "matter": "NY 1/2021", "kind": "opened", "was": None, "now": "running",
        "default_date": "2021-12-31", "deadline": "2021-12-30",
    }]
    assert [a["kind"] for a in evaluated["alerts"]] == ["opened"]
    status = own("status", "--json")
    assert status.json["deliveries"]["pending"] == 2  # the terminal and the folder
    (window,) = status.json["instruments"][0]["windows"]
    assert (window["limb"], window["state"], window["opened"]) == ("b.judgment", "running", "2021-12-10")


def test_the_next_cycle_sends_what_was_stated_with_the_evidence(own: Cli, letter: Path, folder: Path) -> None:
    attest_judgment(own, letter)
    before = set((folder / "outbox").glob("*.eml"))
    assert own("once").code == 0
    (mail,) = set((folder / "outbox").glob("*.eml")) - before
    text = mail.read_text()
    assert "Stated by Jane Roe" in text
    assert "letter.txt" in text


def test_the_bytes_of_the_evidence_are_in_the_ledger(own: Cli, letter: Path, folder: Path) -> None:
    stated = attest_judgment(own, letter, "--json").json
    with Ledger.open(folder / "var" / "ledger.sqlite", mode=None, at=NOW, create=False) as ledger:
        source = ledger.fact_sources([stated["fact"]["id"]])[stated["fact"]["id"]]
        assert source.payload == stated["evidence_sha256"]
        assert ledger.payload(source.payload) == letter.read_bytes()
        assert source.text.startswith("Stated by Jane Roe on 2021-12-15; evidence letter.txt sha256 ")


def test_a_satisfaction_on_the_same_matter_cures(own: Cli, letter: Path) -> None:
    attest_judgment(own, letter)
    ran = own("attest", "satisfied_of_record", "--matter", "NY 1/2021", "--on", "2021-12-14", "--stated-by", "Jane Roe",
              "--evidence", letter)
    assert ran.code == 0
    assert f"{NOTE}: b.judgment NY 1/2021: running -> cured (last day 2021-12-30)" in ran.out


def test_a_cure_on_a_misspelt_matter_is_pointed_out(own: Cli, letter: Path) -> None:
    attest_judgment(own, letter)
    ran = own("attest", "satisfied_of_record", "--matter", "NY 1/2012", "--on", "2021-12-14", "--stated-by", "Jane Roe",
              "--evidence", letter)
    assert "Note: nothing on record is about `NY 1/2012`" in ran.out
    assert "Did you mean `NY 1/2021`?" in ran.out


def test_a_withdrawn_judgment_leaves_no_window_and_the_record_says_why(own: Cli, letter: Path, folder: Path) -> None:
    fact = attest_judgment(own, letter, "--json").json["fact"]["id"]
    ran = own("retract", fact[:8], "--reason", "against a namesake", "--by", "Jane Roe")
    assert ran.code == 0
    assert f"{NOTE}: b.judgment NY 1/2021: running -> no window" in ran.out
    assert own("status", "--json").json["instruments"][0]["windows"] == []
    (made,) = [f for f in facts(folder) if f.kind == "retraction"]
    assert (made.supersedes, made.fields["reason"]) == (fact, "against a namesake")


def test_a_fact_is_withdrawn_once_and_only_with_a_reason_and_a_name(own: Cli, letter: Path) -> None:
    fact = attest_judgment(own, letter, "--json").json["fact"]["id"]
    ran = own("retract", fact)
    assert ran.code == 2
    assert ran.complaints == [
        "covenantd: no reason is given. Add --reason TEXT.",
        "covenantd: nobody is named who withdraws it. Add --by NAME.",
    ]
    own("retract", fact, "--reason", "wrong", "--by", "Jane Roe")
    again = own("retract", fact, "--reason", "wrong", "--by", "Jane Roe")
    assert again.code == 2
    assert again.complaints == [f"covenantd: fact {fact} was withdrawn or replaced before. Nothing was written."]
    nothing = own("retract", "feedbeef", "--reason", "wrong", "--by", "Jane Roe")
    assert nothing.complaints == [
        "covenantd: there is no fact `feedbeef`. `covenantd explain` shows the ids of facts."
    ]


def test_the_same_statement_twice_is_refused_unless_it_happened_twice(own: Cli, letter: Path, folder: Path) -> None:
    payment = ("attest", "payment_received", "--on", "2021-12-01", "--field", "amount=2083.33", "--stated-by",
               "Jane Roe", "--evidence", letter)
    assert own(*payment).code == 0
    again = own(*payment)
    assert again.code == 2
    assert again.err.startswith("covenantd: the very same is on record already (fact ")
    assert own(*payment, "--again").code == 0
    stated = [f for f in facts(folder) if f.kind == "payment_received"]
    assert len({f.id for f in stated}) == 2
    assert {f.instrument for f in stated} == {NOTE}


def test_every_mistake_is_told_at_once_and_nothing_is_written(own: Cli, folder: Path) -> None:
    before = facts(folder)
    ran = own("attest", "listing_removed", "--on", "2021-13-01", "--field", "venu=nyse", "--field", "amount",
              "--evidence", folder / "no.pdf", "--subject", "Somebody Else", "--signed")
    assert ran.code == 2
    assert ran.complaints == [
        "covenantd: nobody is named who states it. Add --stated-by NAME.",
        f"covenantd: --evidence: {folder / 'no.pdf'} cannot be read (No such file or directory). Name the file that "
        "shows it.",
        "covenantd: --subject: nobody watched is called `Somebody Else`. Write invented-inc.",
        "covenantd: --field: `listing_removed` has no field `venu`. Did you mean `venue`?",
        "covenantd: --field: `amount` is not NAME=VALUE. Write for example amount=25000.00.",
        "covenantd: --signed: `listing_removed` says nothing of a signature. Leave it out.",
        "covenantd: `happened_on`: there is no such day as `2021-13-01`. Write a day of the calendar as YYYY-MM-DD.",
        "covenantd: the fact (listing_removed) has no `venue`. Add --field venue=..., the market, an id of "
        "rules/venues.yaml (otcbb, nasdaq_nm, nasdaq_smallcap, amex, nyse ...).",
    ]
    assert facts(folder) == before


def test_a_hint_and_a_retraction_are_not_attested(own: Cli, letter: Path) -> None:
    hint = own("attest", "bankruptcy_reported", "--matter", "x", "--on", "2021-12-01", "--stated-by", "J", "--evidence",
               letter)
    assert (hint.code, hint.complaints) == (2, [
        "covenantd: `bankruptcy_reported` is a hint, which only a source reports. State what happened.",
    ])
    ran = own("attest", "retraction", "--supersedes", "x", "--field", "reason=y", "--on", "2021-12-01", "--stated-by",
              "J", "--evidence", letter)
    assert ran.code == 2
    assert "covenantd retract FACT_ID" in ran.err


def test_an_unknown_kind_instrument_and_superseded_fact_are_named(own: Cli, letter: Path) -> None:
    ran = own("attest", "jugment_entered", "--stated-by", "J", "--evidence", letter)
    assert ran.complaints == ["covenantd: unknown kind `jugment_entered`. Did you mean `judgment_entered`?"]
    ran = attest_judgment(own, letter, "--instrument", "invented-inc-2022")
    assert ran.complaints == [f"covenantd: --instrument: `invented-inc-2022` is not watched. Did you mean `{NOTE}`?"]
    ran = attest_judgment(own, letter, "--supersedes", "feedbeef")
    assert (ran.code, ran.err.split(".")[0]) == (2, "covenantd: --supersedes: no fact feedbeef stands")


def test_a_fact_of_a_day_to_come_is_taken_and_said_to_be_one(own: Cli, letter: Path, folder: Path) -> None:
    """It counts for the next change; silence about it would make a slip of the year look like a fact."""
    ran = own(*JUDGMENT[:5], "2022-12-10", *JUDGMENT[6:], "--evidence", letter)
    assert (ran.code, ran.complaints) == (0, ["covenantd: dated in the future: counts from 2022-12-10."])
    assert "b.judgment" not in ran.out
    assert [str(f.happened_on.first) for f in facts(folder) if f.kind == "judgment_entered"] == ["2022-12-10"]
    assert own("status", "--json").json["instruments"][0]["windows"] == []
    today = own(*JUDGMENT[:5], "2021-12-15", *JUDGMENT[6:], "--evidence", letter, "--json")
    assert (today.complaints, today.json["notes"]) == ([], [])
    later = own(*JUDGMENT[:5], "2021-12-15T10:01:00-05:00", *JUDGMENT[6:], "--evidence", letter, "--json")
    assert later.json["notes"][0].startswith("dated in the future: counts from 2021-12-15 10:01")


def test_a_range_of_dates_is_kept_as_a_range(own: Cli, letter: Path) -> None:
    ran = own("attest", "voluntary_petition", "--matter", "deb 21-10001", "--on", "2021-11-28..2021-11-30",
              "--stated-by", "Jane Roe", "--evidence", letter, "--json")
    assert ran.json["fact"]["happened_on"] == {"from": "2021-11-28", "to": "2021-11-30"}
    (change,) = ran.json["evaluated"][0]["changes"]
    assert (change["limb"], change["default_date"]) == ("e.iii", "2021-11-30")


def test_a_simulation_takes_no_statements(cli: Cli, repo: Path, letter: Path) -> None:
    ran = cli(*JUDGMENT, "--evidence", letter, "--config", repo / "config.yaml")
    assert ran.code == 2
    assert ran.err.startswith("covenantd: this configuration is a simulation: its facts come from recorded feeds")


def test_on_a_terminal_it_asks_for_what_is_missing(folder: Path, letter: Path) -> None:
    """A real terminal, a real process: the answers are typed one after the other."""
    answers = ["2021-12-10", "NY 7/2021", "Jane Roe", str(letter), "y"]
    command = [sys.executable, "-m", "monitor.cli", "attest", "judgment_entered", "--config",
               str(folder / "config.yaml")]
    code, said = converse(command, answers)
    assert code == 0, said
    assert "When it happened" in said
    assert "Stated: judgment_entered NY 7/2021" in said


def test_on_a_terminal_a_day_to_come_is_asked_about(folder: Path, letter: Path) -> None:
    """Nothing else is missing, so nothing else is asked; without a yes nothing is written."""
    ahead = f"{datetime.now(UTC).date() + timedelta(days=40)}"
    command = [sys.executable, "-m", "monitor.cli", *JUDGMENT[:5], ahead, *JUDGMENT[6:], "--evidence", str(letter),
               "--config", str(folder / "config.yaml")]
    for answer, code in (("n", 1), ("y", 0)):
        left, said = converse(command, [answer])
        assert left == code, said
        assert f"dated in the future: counts from {ahead}." in said
        assert len([f for f in facts(folder) if f.kind == "judgment_entered"]) == (1 if answer == "y" else 0)
