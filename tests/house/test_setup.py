"""`.ci/setup` names what a machine lacks, one line each with the command that installs it, before it touches anything.

A machine is a folder of commands: a few real ones, and Pythons that are this one with a piece taken away.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Machine:
    folder: Path
    script: Path

    def __post_init__(self) -> None:
        self.bin = self.folder / "bin"
        self.bin.mkdir(parents=True)
        for name in ("sh", "dirname", "id", "awk", "mktemp", "rm", "touch"):
            self.link(name)

    def link(self, name: str, target: str | None = None) -> None:
        found = shutil.which(target or name)
        assert found, f"{name} is not on this machine"
        (self.bin / name).symlink_to(found)

    def command(self, name: str, body: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def python(
        self, name: str, version: tuple[int, int], *, lacks: tuple[str, ...] = (), folder: Path | None = None
    ) -> Path:
        """A Python that says it is ``version``; asked for an environment, it says so and stops with 9."""
        site = self.folder / f"site-{name}"
        site.mkdir()
        if "headers" not in lacks:
            (site / "Python.h").touch()
        lines = [
            "import sys, sysconfig",
            f"sys.version_info = {(*version, 0, 'final', 0)!r}",
            f"sysconfig.get_path = lambda *a: {str(site)!r}",
            "sys.modules['ensurepip'] = None" if "venv" in lacks else "",
        ]
        (site / "sitecustomize.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
        made = f'if [ "$1" = -m ] && [ "$2" = venv ]; then echo "{name} makes $3"; exit 9; fi'
        path = self.command(name, f'{made}\nPYTHONPATH="{site}" exec "{sys.executable}" "$@"')
        return path if folder is None else Path(shutil.move(path, folder / name))

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(self.script), str(self.folder / "env")],
            env={"PATH": str(self.bin), "HOME": str(self.folder), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path, root: Path) -> Machine:
    return Machine(tmp_path, root / ".ci" / "setup")


def the_one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_missing_python3_venv_is_named_with_its_command(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3", (3, 11), lacks=("venv",))
    line = the_one_line(machine.setup())
    assert line.startswith("setup: python3-venv is missing. Install it: ")
    assert "apt install python3.11-venv" in line


def test_missing_headers_are_named_with_their_command(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3", (3, 12), lacks=("headers",))
    line = the_one_line(machine.setup())
    assert line.startswith("setup: Python.h is missing. Install it: ")
    assert "apt install python3.12-dev" in line


def test_missing_compiler_is_named_with_its_command(machine: Machine) -> None:
    machine.python("python3", (3, 12))
    line = the_one_line(machine.setup())
    assert line.startswith("setup: a C compiler is missing. Install it: ")
    assert "apt install build-essential" in line


def test_a_compiler_without_the_c_library_counts_as_missing(machine: Machine) -> None:
    machine.command("cc", "exit 1")
    machine.python("python3", (3, 12))
    assert "a C compiler is missing" in the_one_line(machine.setup())


@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_a_python_of_the_wrong_version_is_named_with_the_way_to_another(
    machine: Machine, version: tuple[int, int]
) -> None:
    machine.link("cc")
    machine.python("python3", version)
    line = the_one_line(machine.setup())
    assert f"Python 3.11 or 3.12 is missing (found: 3.{version[1]})" in line
    assert "pipx install uv" in line


def test_no_python_at_all_is_one_line_too(machine: Machine) -> None:
    machine.link("cc")
    assert "Python 3.11 or 3.12 is missing (found: none)" in the_one_line(machine.setup())


def test_everything_missing_is_named_at_once(machine: Machine) -> None:
    machine.python("python3", (3, 11), lacks=("venv", "headers"))
    result = machine.setup()
    assert result.returncode == 2
    named = [line.split(" is missing")[0] for line in result.stderr.splitlines()]
    assert named == ["setup: python3-venv", "setup: Python.h", "setup: a C compiler"]


def test_a_command_that_only_poses_as_python_is_passed_over(machine: Machine) -> None:
    machine.link("cc")
    machine.command("python3.12", "echo 'python3.12: not found' >&2; exit 127")  # what a version manager's shim does
    machine.python("python3.11", (3, 11))
    result = machine.setup()
    assert result.returncode == 9
    assert result.stdout == f"python3.11 makes {machine.folder / 'env'}\n"


def test_a_complete_python_is_preferred_to_a_newer_one_that_lacks_a_piece(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3.12", (3, 12), lacks=("headers",))
    machine.python("python3.11", (3, 11))
    assert machine.setup().stdout.startswith("python3.11 makes ")


def test_the_python_asked_for_comes_first(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3.12", (3, 12))
    machine.python("mine", (3, 11))
    assert machine.setup(PYTHON="mine").stdout.startswith("mine makes ")


def test_uv_fetches_a_python_where_only_a_newer_one_is(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3", (3, 13))
    (machine.folder / "managed").mkdir()
    managed = machine.python("python3.12", (3, 12), folder=machine.folder / "managed")
    machine.command("uv", f'[ "$*" = "python install 3.12" ] || echo "{managed}"')
    result = machine.setup()
    assert result.stdout.startswith("python3.12 makes ")
    assert result.stderr.startswith("setup: no complete Python 3.11 or 3.12 here: uv fetches 3.12\n")


def test_uv_without_a_network_leaves_the_command_to_try_again(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3", (3, 13))
    machine.command("uv", "echo 'error: dns' >&2; exit 2")
    result = machine.setup()
    assert result.returncode == 2
    last = result.stderr.splitlines()[-1]
    assert last.endswith("uv could not fetch one. Fetch it where there is a network: uv python install 3.12")


def test_a_folder_that_is_no_environment_is_never_cleared(machine: Machine) -> None:
    machine.link("cc")
    machine.python("python3", (3, 12))
    kept = machine.folder / "env" / "evidence.txt"
    kept.parent.mkdir()
    kept.write_text("kept", encoding="utf-8")
    assert "is not an environment of Python 3.11 or 3.12" in the_one_line(machine.setup())
    assert kept.read_text(encoding="utf-8") == "kept"


def test_a_set_up_says_where_it_is_and_nothing_of_pips_own_concerns(machine: Machine) -> None:
    """A user sees something move for two minutes, and no warning about pip or root among it."""
    machine.link("cc")
    for name in ("mkdir", "cp"):
        machine.link(name)
    real, log = machine.python("real", (3, 12)), machine.folder / "pip.log"
    machine.command("python3.12", f"""
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; exit; fi
if [ "$1 $2" = "-m pip" ]; then
    echo "$*" >>"{log}"
    case "$*" in *--version*|*--root-user-action=ignore*) exit;; esac
    echo "WARNING: Running pip as the 'root' user" >&2; exit
fi
exec "{real}" "$@\"""")
    result = machine.setup()
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["setup"] * 5
    said = [line.removeprefix("setup: ") for line in result.stderr.splitlines()]
    assert said[0].startswith(f"making {machine.folder / 'env'} with Python 3.12 (once; ")
    assert [line[:8] for line in said[1:4]] == ["1 of 3: ", "2 of 3: ", "3 of 3: "]
    assert said[4].endswith(" is ready")
    installs = [line for line in log.read_text(encoding="utf-8").splitlines() if " install " in line]
    assert len(installs) == 3
    for flag in ("-qq", "--disable-pip-version-check", "--root-user-action=ignore", "--no-build-isolation"):
        assert all(flag in line for line in installs), flag
