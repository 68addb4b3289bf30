"""``check``, ``feeds parse``, ``vocabulary`` and ``evaluate``: files a person hands over, read offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CIK, NOTE, Cli

FACTS = """\
- kind: judgment_entered
  matter: NY 1/2005
  happened_on: 2005-08-15
  known_at: 2005-08-17
"""


def test_the_shipped_rules_are_fine(cli: Cli, rules_dir: Path) -> None:
    ran = cli("check", rules_dir)
    assert ran.code == 0
    assert ran.out.endswith(" files fine.\n")
    assert int(ran.out.split()[0]) > 20


def test_a_private_folder_is_checked_with_its_instruments_and_statements(own: Cli, cli: Cli, folder: Path) -> None:
    assert own("check").code == 0
    (folder / "statements" / "one.yaml").write_text("- kind: levy\n  matter: x\n  happened_on: 2021-02-31\n")
    instrument = folder / "instruments" / f"{NOTE}.yaml"
    instrument.write_text(instrument.read_text().replace("rate: 10%", "rate: ten"))
    for ran in (own("check"), cli("check", folder)):
        assert ran.code == 2
        assert [line.rsplit("/", 1)[-1] for line in ran.complaints] == [
            f"{NOTE}.yaml:16:9: `rate`: `ten` is not a rate. Write per cent per annum, e.g. 10%.",
            "one.yaml:1:3: the statement has no `evidence`. Add `evidence: ...`, the file that shows it.",
            "one.yaml:1:3: the statement has no `stated_at`. Add `stated_at: ...`, the day it was stated.",
            "one.yaml:1:3: the statement has no `stated_by`. Add `stated_by: ...`, who states this.",
            "one.yaml:3:16: `happened_on`: there is no such day as `2021-02-31`. Write a day of the calendar as "
            "YYYY-MM-DD.",
            "5 mistakes.",
        ]


def test_every_mistake_of_a_configuration_is_told_at_once(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("instrument: [roo-petty-2005]\nledger: l.sqlite\nfeeds:\n  edgr: {source: live}\n"
                      "channels:\n  email: {host: example.com}\n")
    ran = cli("check", config)
    assert ran.code == 2
    lines = [line.removeprefix(f"{config}:") for line in ran.complaints]
    assert "1:1: unknown key `instrument` in config. Did you mean `instruments`?" in lines
    assert any(line.startswith("4:3: unknown feed `edgr`. Did you mean `edgar`?") for line in lines)
    assert any(line.startswith("6:3: channel `email`, sender: missing.") for line in lines)
    same = cli("run", "--config", config)
    assert same.code == 2
    assert set(same.complaints) <= set(ran.complaints)


def test_a_setting_that_its_feed_does_not_know_is_refused_with_those_it_does(cli: Cli, tmp_path: Path) -> None:
    """A misspelt setting would be silence: `user_agnt` leaves EDGAR unread, `jurisdiciton` a limb unverified."""
    config = tmp_path / "config.yaml"
    config.write_text("instruments: [roo-petty-2005]\nfeeds:\n  edgar:\n    source: live\n    user_agnt: A b@c.d\n"
                      "  bank: {feed: payments, source: {recorded: .}, date_ordr: mdy, paint: red}\n"
                      "  acris: {source: live, jurisdiction: NY, every_minutes: 60}\n")
    ran = cli("check", config)
    assert ran.code == 2
    every = "source, every_minutes, feed, jurisdiction, saved_when_changed."
    known = f"match, through, date_order, decimal, currency, columns, instrument, reversal, urls, {every}"
    assert [line.removeprefix(f"{config}:") for line in ran.complaints] == [
        "5:5: feed `edgar` has no setting `user_agnt`. Did you mean `user_agent`? It has user_agent, since, "
        f"form25_days, venues, {every}",
        f"6:49: feed `bank` has no setting `date_ordr`. Did you mean `date_order`? It has {known}",
        f"6:65: feed `bank` has no setting `paint`. It has {known}",
        "3 mistakes.",
    ]
    (tmp_path / "x.csv").write_text("Date,Amount\n")
    ran = cli("feeds", "parse", "payments", tmp_path / "x.csv", "--name", "X", "--setting", "date_ordr=mdy")
    assert (ran.code, ran.complaints[0]) == (2, (
        "covenantd: --setting: feed `payments` has no setting `date_ordr`. Did you mean `date_order`? It has match, "
        "through, date_order, decimal, currency, columns, instrument, reversal, urls."))


def test_facts_missing_files_and_json_are_checked_by_name(cli: Cli, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACTS)
    assert cli("check", facts).out == "1 file fine.\n"
    facts.write_text(FACTS.replace("kind: judgment_entered", "kind: jugment_entered"))
    ran = cli("check", facts, tmp_path / "none.yaml", "--json")
    assert (ran.code, ran.json["ok"], ran.json["files"]) == (2, False, 2)
    first, second = ran.json["problems"]
    assert first == f"{facts}:1:9: unknown kind `jugment_entered`. Did you mean `judgment_entered`?"
    assert second.startswith(f"{tmp_path / 'none.yaml'}:1:1: ")


# --- feeds parse ------------------------------------------------------------------------------------------------


def test_feeds_parse_shows_the_facts_of_one_payload(cli: Cli, repo: Path) -> None:
    payload = repo / "tests" / "recorded" / "edgar" / "CIK0009990001.json"
    ran = cli("feeds", "parse", "edgar", payload, "--cik", CIK, "--json")
    (answer,) = ran.json
    assert ran.code == (1 if answer["unmapped"] or answer["errors"] else 0)
    assert {"bankruptcy_reported", "delisting_filed"} <= {f["kind"] for f in answer["facts"]}
    text = cli("feeds", "parse", "edgar", payload, "--cik", CIK).out
    assert "  bankruptcy_reported  2021-04-30..2021-05-03  edgar 0009990001-21-000021  Form 8-K, item 1.03" in text


def test_feeds_parse_exits_1_for_what_it_cannot_read_and_2_for_what_is_no_such_payload(cli: Cli, repo: Path) -> None:
    broken = repo / "tests" / "recorded" / "payments" / "broken_rows.csv"
    ran = cli("feeds", "parse", "payments", broken, "--name", "Invented, Inc.")
    assert ran.code == 1
    assert "  error: broken_rows.csv:4:1: 4 fields under 3 headers. Put quotes around commas." in ran.complaints
    ran = cli("feeds", "parse", "nasdaq_symbols", repo / "README.md", "--ticker", "INVN")
    assert ran.code == 2
    assert ran.complaints[0].startswith("covenantd: README.md: ")


def test_feeds_parse_of_a_folder_without_its_payloads_is_one_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "real_property_master.json").write_text("[1, 2")
    ran = cli("feeds", "parse", "acris", tmp_path, "--name", "X")
    assert (ran.code, ran.complaints) == (2, [
        "covenantd: real_property_master.json: not JSON. Fetch it again from the city's open data portal."])
    (tmp_path / "real_property_master.json").rename(tmp_path / "other.txt")
    ran = cli("feeds", "parse", "acris", tmp_path, "--name", "X")
    assert ran.code == 2
    assert "holds no ACRIS rows. Save " in ran.complaints[0]
    (tmp_path / "x.html").write_text("<html>")
    (tmp_path / "x.html.headers.json").write_text("[")
    ran = cli("feeds", "parse", "court_docket", tmp_path / "x.html", "--name", "X")
    assert ran.code == 2
    assert "Correct it or take it away." in ran.complaints[0]


def test_feeds_parse_names_every_wrong_argument(cli: Cli, tmp_path: Path) -> None:
    ran = cli("feeds", "parse", "edgr", tmp_path / "x.json", "--setting", "since")
    assert (ran.code, ran.complaints) == (2, [
        "covenantd: no feed `edgr`. Did you mean `edgar`?",
        f"covenantd: {tmp_path / 'x.json'}: no such file. Name a payload, or a folder of payloads.",
        "covenantd: --setting: 'since' is not NAME=VALUE. Write for example date_order=mdy.",
    ])
    ran = cli("feeds", "parse", "edgar", tmp_path)
    assert ran.complaints == [f"covenantd: {tmp_path}: the folder is empty. Name a payload, or a folder of payloads."]


# --- vocabulary -------------------------------------------------------------------------------------------------


def test_vocabulary_lists_every_kind_and_explains_one(cli: Cli) -> None:
    kinds = {k["kind"]: k for k in cli("vocabulary", "--json").json}
    assert kinds["judgment_entered"]["proves"] == "evidence"
    text = cli("vocabulary").out
    assert all(name in text for name in kinds)
    one = cli("vocabulary", "listing_removed")
    assert "  venue: text, required. the market" in one.out
    (held,) = cli("vocabulary", "listing_removed", "--json").json
    assert held["fields"][0]["required"] is True
    wrong = cli("vocabulary", "listing_remove")
    assert (wrong.code, wrong.complaints) == (
        2, ["covenantd: unknown kind `listing_remove`. Did you mean `listing_removed`?"])


# --- evaluate ---------------------------------------------------------------------------------------------------


def test_evaluate_exits_0_when_it_evaluated_even_a_default(cli: Cli, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACTS)
    ran = cli("evaluate", "--instrument", "roo-petty-2005", "--facts", facts, "--as-of", "2005-09-07", "--json")
    assert ran.code == 0
    (finding,) = [f for f in ran.json["findings"] if f["trigger"]]
    assert (finding["limb"], finding["state"], finding["default_date"], finding["earliest_arguable"]) == (
        "b.judgment", "event_of_default", "2005-09-07", "2005-09-05")


@pytest.mark.parametrize(("change", "complaint"), [
    (("--as-of", "7 September"), "--as-of: '7 September' is neither a date nor an instant. Write 2005-07-06 or "
                                 "2005-07-06T16:00:00-04:00."),
    (("--reading", "cure_rol=off"), "--reading: unknown reading 'cure_rol'. Did you mean `cure_roll`?"),
    (("--instrument", "roo"), ""),
])
def test_evaluate_answers_wrong_arguments_in_one_line(
    cli: Cli, tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACTS)
    args = {"--instrument": "roo-petty-2005", "--facts": str(facts), "--as-of": "2005-09-07"} | dict([change])
    ran = cli("evaluate", *(word for pair in args.items() for word in pair))
    assert ran.code == 2
    assert len(ran.complaints) == 1
    if complaint:
        assert ran.complaints == [f"covenantd: {complaint}"]


def test_a_reading_given_twice_with_two_values_is_refused(cli: Cli, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACTS)
    args = ("evaluate", "--instrument", "roo-petty-2005", "--facts", facts, "--as-of", "2005-09-07")
    ran = cli(*args, "--reading", "cure_roll=off", "--reading", "cure_roll=on")
    assert (ran.code, ran.complaints) == (
        2, ["covenantd: --reading: cure_roll is given twice, as off and as on. Keep one."])
    assert cli(*args, "--reading", "cure_roll=off", "--reading", "cure_roll=no").code == 0
