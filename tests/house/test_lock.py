"""requirements.lock: every package pinned and hashed, for everything pyproject.toml asks for, and no host named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version


@pytest.fixture(scope="module")
def lock(root: Path) -> str:
    return (root / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pins(lock: str) -> dict[str, list[Requirement]]:
    """Package name -> its pins (one, or one for each Python version or platform)."""
    found: dict[str, list[Requirement]] = {}
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            requirement = Requirement(line.removesuffix("\\").strip())
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def test_the_lock_names_no_host_and_no_option(lock: str) -> None:
    assert "://" not in lock
    assert not re.search(r"(?m)^\s*-(?!-hash=sha256:)", lock)


def test_every_package_is_pinned_to_one_version_and_hashed(lock: str) -> None:
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]
    assert len(blocks) > 40
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._-]+==[^=\s]+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block


def test_every_dependency_of_pyproject_is_locked_within_its_range(
    project: dict[str, Any], pins: dict[str, list[Requirement]]
) -> None:
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for requirement in (Requirement(line) for group in groups for line in group):
        locked = pins.get(canonicalize_name(requirement.name), [])
        assert locked, f"{requirement.name} is not in requirements.lock: make lock"
        for pin in locked:
            (version,) = (Version(specifier.version) for specifier in pin.specifier)
            assert version in requirement.specifier, f"{pin} is outside {requirement}: make lock"


def test_setup_finds_the_build_tool_it_installs_first(pins: dict[str, list[Requirement]]) -> None:
    assert {"setuptools", "hatchling"} <= set(pins)
