"""``init``, ``doctor``, ``--help``: a new machine, a new folder, a first cycle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli import COMMANDS
from monitor.cli.doctor import python_version
from monitor.cli.init import FOLDERS
from tests.cli.conftest import NOTE, Cli


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
        "covenantd: `rate`: `10` is not a rate",
        "covenantd: `maturity` is not after `dated` (2021-12-15)",
        "covenantd: `listed_at_issue` is `mars`, which is not known here",
        "covenantd: Nothing was written.",
    ]
    assert list(tmp_path.iterdir()) == []


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
