"""``init``, ``doctor``, ``--help``: a new machine, a new folder, a first cycle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli import COMMANDS
from monitor.cli.doctor import python_version
from monitor.cli.init_files import FOLDERS
from monitor.cli.unwatched import unwatched
from monitor.config import load_config
from monitor.daemon.world import make_sources, watch_instruments
from monitor.rulebook.rulebook import load_rulebook
from tests.cli.conftest import NOTE, Cli, converse


def test_a_new_folder_is_private_and_checks_and_runs(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "notes"
    ran = cli("init", folder, "--yes")
    assert ran.code == 0
    assert "The note holds example values" in ran.out
    made = list(folder.rglob("*"))
    assert {p.name for p in made if p.is_dir()} == set(FOLDERS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in made if p.is_dir()} == {0o700}
    assert {p.stat().st_mode & 0o777 for p in made if p.is_file()} == {0o600}
    config = folder / "config.yaml"
    assert cli("check", "--config", config).code == 0
    assert cli("doctor", "--config", config).code == 0
    once = cli("once", "--config", config)
    assert (once.code, once.out.splitlines()[-1]) == (
        0, "baseline: Example Maker, Inc. note of 2021-12-15: now watched")
    assert list((folder / "outbox").glob("*.eml"))


def test_what_is_said_is_written_as_it_is(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    ran = cli("init", folder, "--yes", "--maker", 'Quote "&" Sons: Ltd # 1', "--cik", "12345", "--sec-contact",
              "Holder LLC h@example.com", "--smtp-host", "smtp.example.com", "--to", "a@example.com, b@example.com",
              "--smtp-user", "a", "--listed", "otcbb", "--dated", "2021-03-01")
    assert ran.code == 0
    assert "example values" not in ran.out
    text = (folder / "config.yaml").read_text()
    assert "\n  edgar:\n    source: live\n" in text
    assert 'to: ["a@example.com", "b@example.com"]' in text
    (instrument,) = (folder / "instruments").iterdir()
    assert 'name: "Quote \\"&\\" Sons: Ltd # 1"' in instrument.read_text()
    doctor = cli("doctor", "--config", folder / "config.yaml", "--json")
    assert doctor.code == 1
    (failed,) = [c for c in doctor.json if c["state"] == "fail"]
    assert failed == {
        "check": "channel email", "state": "fail",
        "words": "password: neither COVENANTD_SMTP_PASSWORD nor COVENANTD_SMTP_PASSWORD_FILE is set in the environment",
    }


def test_a_folder_with_anything_in_it_is_not_touched(cli: Cli, folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.rglob("*"))
    ran = cli("init", folder, "--yes")
    assert (ran.code, ran.complaints) == (2, [
        f"covenantd: {folder} is not empty, and nothing in it will be touched. Name a new folder."])
    assert sorted(folder.rglob("*")) == before
    (tmp_path / "file").write_text("x")
    assert cli("init", tmp_path / "file", "--yes").complaints == [
        f"covenantd: {tmp_path / 'file'} is a file. Name a new folder."]


def test_wrong_answers_are_told_at_once_and_leave_nothing(cli: Cli, tmp_path: Path) -> None:
    ran = cli("init", tmp_path / "notes", "--yes", "--maturity", "2001-02-03", "--rate", "10", "--listed", "mars")
    assert ran.code == 2
    assert [line.split(". ")[0] for line in ran.complaints] == [
        "covenantd: --rate: `10` is not a rate",
        "covenantd: --maturity: `maturity` is not after `dated` (2021-12-15)",
        "covenantd: --listed: `mars` is no market known here",
        "covenantd: Nothing was written.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_every_wrong_option_is_told_whatever_file_it_would_stand_in(cli: Cli, tmp_path: Path) -> None:
    ran = cli("init", tmp_path / "notes", "--yes", "--dated", "2021-13-01", "--maturity", "soon", "--form", "rooo",
              "--cik", "x1", "--principal", "1 # 2", "--sec-contact", "me", "--smtp-host", "bad host", "--to", "you")
    assert ran.code == 2
    assert [line.split(":")[1].strip() for line in ran.complaints[:-1]] == [
        "--form", "--cik", "--principal", "--dated", "--maturity", "--sec-contact", "--smtp-host",
    ]
    assert all(line.endswith(".") for line in ran.complaints)
    assert list(tmp_path.iterdir()) == []
    ran = cli("init", tmp_path / "notes", "--yes", "--to", "you@example.com")
    assert ran.complaints[0] == "covenantd: --to: no SMTP server is named. Add --smtp-host, or leave it out."


def test_what_the_new_note_requires_is_read_by_a_feed_or_said_to_be_watched_by_nobody(cli: Cli, tmp_path: Path) -> None:
    def needs(*more: str) -> list[tuple[str, str | None]]:
        folder = tmp_path / f"notes{len(list(tmp_path.iterdir()))}"
        assert cli("init", folder, "--yes", "--state", "DE", "--assets-in", "NY", *more).code == 0
        config = folder / "config.yaml"
        assert cli("check", "--config", config).complaints == []
        with_edgar = bool(more)
        if not with_edgar:  # nobody fetches in a test
            assert cli("once", "--config", config).code == 0
            said = cli("status", "--config", config).out
            assert "nobody watches judgments: judgment_search (NY), no feed of config.yaml reads it" in said
            assert "state each result, also a clear one: covenantd attest source_read" in said
        read = load_config(config)
        (watched,) = watch_instruments(read, load_rulebook()).values()
        every = {need.source for area in watched.instrument.sources.values() for need in area}
        assert {s for s in every if not s.endswith("_search")} <= {f.feed for f in read.feeds}
        rows = unwatched(watched, make_sources(read, {"n": watched}))
        return [(row["source"], row["jurisdiction"]) for row in rows]

    searches: list[tuple[str, str | None]] = [("ucc_search", "DE"), ("lien_search", "NY"), ("judgment_search", "NY")]
    assert set(needs()) == {*searches, ("listing_search", None), ("attested", None), ("court_docket", None)}
    assert set(needs("--cik", "12345", "--sec-contact", "Holder LLC h@example.com")) == {
        *searches, ("attested", None), ("court_docket", None)}


def test_on_a_terminal_a_wrong_answer_is_told_and_asked_for_again(tmp_path: Path) -> None:
    """A real terminal: each wrong answer is told before the next question, and the folder holds the right ones."""
    answers = [
        "Maple, Inc.", "DE", "NY", "12x", "", "Invented Holder", "100,000", "100000", "10", "10%", "2026-02-31",
        "2026-01-05", "2026-01-05", "2026-02-01", "2025-01-05", "2027-01-05", "mars", "nyse", "me", "", "bad host", "",
    ]
    folder = tmp_path / "notes"
    code, said = converse([sys.executable, "-m", "monitor.cli", "init", str(folder)], list(answers))
    assert code == 0, said
    for told in ("`12x` is no SEC number", "Write 100000.", "`10` is not a rate", "no such day as `2026-02-31`",
                 "`first_payment` is not after `dated` (2026-01-05)", "`maturity` is not after `dated` (2026-01-05)",
                 "`mars` is no market known here", "`me` does not say who asks", "'bad host' is not a host name"):
        assert said.count(told) == 1, told
    text = (folder / "instruments" / "maple-inc-2026.yaml").read_text()
    assert "\n  maturity: 2027-01-05\n" in text
    assert "\n  judgments: [{source: judgment_search, jurisdiction: \"NY\"}]\n" in text


def test_without_a_terminal_it_does_not_ask(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "empty").open("w+") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        ran = cli("init", tmp_path / "notes")
    assert (ran.code, ran.complaints) == (
        2, ["covenantd: there is no terminal to ask on. Add --yes, and options (`covenantd init --help`)."])


# --- doctor -----------------------------------------------------------------------------------------------------


def test_doctor_finds_a_healthy_installation(own: Cli, folder: Path) -> None:
    ran = own("doctor", "--json")
    assert ran.code == 0
    found = {c["check"]: c for c in ran.json}
    assert {"python", "durable_rules", "time zones", "rules", "calendars", "configuration", "ledger", "folders"} == set(
        found)
    assert {c["state"] for c in ran.json} == {"ok"}
    assert NOTE in found["configuration"]["words"]
    assert "records agree with their digests" in found["ledger"]["words"]


def test_doctor_finds_a_damaged_ledger_and_a_broken_configuration(own: Cli, folder: Path) -> None:
    (folder / "var" / "ledger.sqlite").write_bytes(b"this is no database, and long enough to be read as one" * 40)
    ran = own("doctor", "--json")
    assert ran.code == 1
    assert [c["check"] for c in ran.json if c["state"] == "fail"] == ["ledger"]
    (folder / "config.yaml").write_text("instrumen: [x]\n")
    ran = own("doctor")
    assert ran.code == 1
    assert f"fail configuration: {folder / 'config.yaml'}:1:1: " in ran.out


def test_doctor_tries_what_it_calls_writable(own: Cli, folder: Path) -> None:
    """root may do all that rights forbid, and still not this: a folder below a file, one in /proc, a read-only disk."""
    config = folder / "config.yaml"
    text = config.read_text()
    before = sorted(folder.rglob("*"))

    def folders(ledger: str, outbox: str = "outbox") -> tuple[str, str]:
        config.write_text(text.replace("var/ledger.sqlite", ledger).replace("outbox}", f"{outbox}}}"))
        ran = own("doctor", "--json")
        assert ran.code in (0, 1)
        (found,) = [c for c in ran.json if c["check"] == "folders"]
        return found["state"], found["words"]

    assert folders("config.yaml/ledger.sqlite") == (
        "fail", f"{config} cannot be made: {config} is a file. Name another place under `ledger:`.")
    assert folders("config.yaml/a/b.sqlite")[0] == "fail"
    state, words = folders("/proc/nowhere/ledger.sqlite", "/proc/self/outbox")
    assert state == "fail"
    assert words.startswith("/proc/nowhere cannot be made (No such file or directory). Name another place under ")
    assert "/proc/self/outbox cannot be made" in words
    assert "under `folder: of channel file`, or give the right to." in words
    assert folders("new/deep/ledger.sqlite", "alerts/of/notes")[0] == "ok"
    config.write_text(text)
    assert sorted(folder.rglob("*")) == before  # nothing stays


def test_doctor_says_which_python_and_why() -> None:
    assert python_version((3, 10, 4)).state == "fail"
    assert python_version((3, 11, 0)).state == python_version((3, 12, 9)).state == "ok"
    newer = python_version((3, 13, 0))
    assert newer.state == "fail"
    assert "durable_rules cannot be imported on 3.13" in newer.words


# --- help -------------------------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy() -> None:
    heavy = "rich sqlalchemy pydantic yaml requests holidays alembic apscheduler monitor.rulebook monitor.core feeds"
    code = (
        "import sys\nfrom monitor.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({heavy.split()!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(name in done.stdout for name in COMMANDS)


def test_every_command_explains_itself(cli: Cli) -> None:
    for name in COMMANDS:
        ran = cli(name, "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: covenantd {name} ")
        assert "Options:" in ran.out


def test_a_misspelt_command_option_and_file_are_named_in_one_line(cli: Cli, tmp_path: Path) -> None:
    assert cli("atest").complaints == ["covenantd: there is no command `atest`. Did you mean `attest`?"]
    assert cli("status", "--jsn").code == 2
    missing = tmp_path / "none.yaml"
    for name in ("status", "once", "run", "review", "retract x --reason y --by z", "notify dead"):
        ran = cli(*name.split(), "--config", missing)
        assert ran.code == 2, name
        assert len(ran.complaints) == 1
        assert ran.complaints[0].startswith(f"{missing}:1:1: "), name
