"""The command as it is installed: it lists what the issue promises, quickly, and refuses the unknown in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    *["run", "once", "status", "check", "evaluate", "explain", "replay", "attest"],
    *["retract", "review", "notify", "feeds", "vocabulary", "doctor", "init"],
]
HEAVY = ["sqlalchemy", "durable", "apscheduler", "requests", "yaml", "rich", "holidays", "pydantic"]


def covenantd(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_help_lists_every_command(root: Path) -> None:
    result = covenantd("--help", folder=root)
    assert result.returncode == 0, result.stderr
    listed = {line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ") and line.split()}
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(root: Path, name: str) -> None:
    result = covenantd(name, "--help", folder=root)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Usage: covenantd {name}")


def test_help_imports_nothing_heavy(root: Path) -> None:
    script = (
        "import sys; from monitor.cli import main\n"
        "try: main(['--help'])\n"
        f"finally: print('heavy:', *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1].strip() == "heavy:", result


@pytest.mark.parametrize("words", ["vocabulary", "vocabulary lien_filed --json", "feeds list", "check rules", "--help"])
def test_a_reader_that_went_away_ends_it_quietly(root: Path, words: str) -> None:
    """``covenantd vocabulary | head -3``: nobody is left to tell, so nothing is told, and no shell takes it for 1."""
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "monitor.cli", *words.split()]
    done = subprocess.run(command, cwd=root, stdout=writes, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_unknown_command_is_wrong_use_in_plain_words(root: Path) -> None:
    result = covenantd("replya", folder=root)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "replay" in result.stderr
