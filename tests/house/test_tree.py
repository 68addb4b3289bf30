"""What no file of the checkout may hold, what the Makefile must offer, and what goes into the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# Written so that this file does not match itself.
FORBIDDEN = {
    "a registry host": re.compile(r"[p]ypi\.org|[p]ythonhosted|[n]pmjs|[d]eb\.debian\.org"),
    "a path of one machine": re.compile(r"(?<![\w.])/([w]ork|[r]oot|[f]arm)/\w"),
}
GENERATED = {"__pycache__", "build", "dist", "outbox", "var", "node_modules"}
HOUSE_DOTS = {".ci"}


def files_of(root: Path) -> list[Path]:
    """Every text file a person wrote: hidden folders (but .ci) and generated ones are left out."""
    found = []
    for folder, inner, names in os.walk(root):
        inner[:] = [n for n in inner if n not in GENERATED and (n in HOUSE_DOTS or not n.startswith("."))]
        found += [Path(folder, name) for name in names if not name.endswith((".pyc", ".pdf", ".png"))]
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(root: Path, what: str) -> None:
    files = files_of(root)
    assert root / "pyproject.toml" in files
    hits = [
        f"{path.relative_to(root)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert hits == []


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "golden", "clean"])
def test_make_offers_the_target(root: Path, target: str) -> None:
    result = subprocess.run(["make", "--dry-run", target], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (built,) = folder.glob("covenantd-*.whl")
    return built


def test_the_wheel_holds_all_code_and_data_of_the_three_packages(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        path.relative_to(root).as_posix()
        for path in files_of(root)
        if path.relative_to(root).parts[0] in {"monitor", "feeds", "rules"}
    }
    assert {"rules/vocabulary.yaml", "rules/forms/roo-petty-2005.txt", "monitor/core/facts.py"} <= wanted
    assert wanted - held == set()
    assert not {name for name in held if name.startswith(("tests/", "docs/"))}


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    script = "import monitor, feeds; from monitor.cli import main; print(monitor.__file__, feeds.__file__); main()"
    result = subprocess.run(
        [sys.executable, "-c", script, "vocabulary"],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    first, _, rest = result.stdout.partition("\n")
    assert all(Path(place).is_relative_to(site) for place in first.split())
    assert "lien_filed" in rest
