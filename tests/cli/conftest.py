"""A private folder made by ``covenantd init``, with one recorded feed, on a clock that stands still.

The EDGAR index is tests/recorded/edgar/CIK0009990001.json: written by hand in the real format, an invented company.
"""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import monitor.cli
from monitor.engine.pool import Engine

NOW = datetime(2021, 12, 15, 15, 0, tzinfo=UTC)
CIK = "9990001"
NOTE = "invented-inc-2021"


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


class Cli:
    """Runs commands through the process edge, ``monitor.cli.main``, and never lets a traceback pass."""

    def __init__(self, capsys: pytest.CaptureFixture[str], config: Path | None = None) -> None:
        self._capsys, self.config = capsys, config

    def __call__(self, *args: str | Path) -> Ran:
        own = ["--config", str(self.config)] if self.config else []
        self._capsys.readouterr()
        code = exit_code(*args, *own)
        shown = self._capsys.readouterr()
        assert "Traceback" not in shown.err
        assert "a bug:" not in shown.err
        return Ran(code, shown.out, shown.err)


class Kept:
    """The engine of the whole test session where a command would start one of its own: starting takes the longest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self) -> Kept:
        return self

    def __enter__(self) -> Engine:
        return self._engine

    def __exit__(self, *_: object) -> None:
        """It stays."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Kept]:
    with Engine() as one:
        yield Kept(one)


@pytest.fixture(autouse=True)
def _still_clock(monkeypatch: pytest.MonkeyPatch, engine: Kept) -> None:
    monkeypatch.setattr("monitor.clock.now", lambda: NOW)
    monkeypatch.setattr("monitor.daemon.world.Engine", engine)


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory, repo: Path, engine: Kept) -> Path:
    """One folder for all tests, to be copied: ``init``, the recorded index, and one ``once`` on it."""
    folder = tmp_path_factory.mktemp("private") / "notes"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.clock.now", lambda: NOW)
        patch.setattr("monitor.daemon.world.Engine", engine)
        code = exit_code("init", folder, "--yes", "--maker", "Invented, Inc.", "--cik", CIK, "--dated", "2021-01-04",
                         "--maturity", "2022-12-30", "--principal", "250000.00", "--listed", "nyse")
        assert code == 0
        (folder / "edgar").mkdir()
        shutil.copy(repo / "tests" / "recorded" / "edgar" / "CIK0009990001.json", folder / "edgar")
        config = folder / "config.yaml"
        text = config.read_text()
        assert "\nfeeds:\n" in text
        config.write_text(text.replace("\nfeeds:\n", "\nfeeds:\n  edgar: {source: {recorded: edgar}}\n"))
        assert exit_code("once", "--config", config) == 0
    (folder / "evidence" / "letter.txt").write_text("An invented letter: judgment was entered.\n")
    return folder


def exit_code(*args: str | Path) -> int:
    """The code with which the command leaves the process; 0 when it just returns."""
    try:
        monitor.cli.main([str(a) for a in args])
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def converse(command: list[str], answers: list[str]) -> tuple[int, str]:
    """Runs a command on a real terminal and types the next answer whenever a prompt (a line that ends in ``: ``) waits.

    Returns its exit code and all that the terminal showed.
    """
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, close_fds=True) as process:
        os.close(slave)
        said, until = "", time.monotonic() + 60
        while time.monotonic() < until:
            ready, _, _ = select.select([master], [], [], 0.2)
            if ready:
                try:
                    said += os.read(master, 4096).decode()
                except OSError:  # Linux: the other end is closed
                    break
            elif process.poll() is not None:
                break
            if answers and said.endswith(": "):
                os.write(master, answers.pop(0).encode() + b"\n")
    os.close(master)
    return process.returncode, said


@pytest.fixture
def folder(made_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_folder, tmp_path / "notes"))


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Commands that need no configuration."""
    return Cli(capsys)


@pytest.fixture
def own(capsys: pytest.CaptureFixture[str], folder: Path) -> Cli:
    """Commands on the private folder."""
    return Cli(capsys, folder / "config.yaml")


@pytest.fixture
def letter(folder: Path) -> Path:
    return folder / "evidence" / "letter.txt"
