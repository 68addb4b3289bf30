"""Paths that tests share, and the rulebook as shipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.rulebook.rulebook import Rulebook, load_rulebook

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repo() -> Path:
    return REPO


@pytest.fixture(scope="session")
def rules_dir() -> Path:
    return REPO / "rules"


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The shipped rule files. Frozen, so one for all tests."""
    return load_rulebook()


@pytest.fixture(scope="session")
def shared_feeds() -> Path:
    """Recorded payloads of real sources, kept outside the repository; COVENANTD_SHARED_FEEDS names their folder."""
    folder = Path(os.environ.get("COVENANTD_SHARED_FEEDS") or REPO.parent / "shared" / "data" / "feeds")
    if not folder.is_dir():
        pytest.skip("no recorded feeds beside the repository; set COVENANTD_SHARED_FEEDS to their folder")
    return folder
