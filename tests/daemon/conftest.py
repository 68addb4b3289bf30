"""A folder of one's own for each test, and real servers to be told by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.daemon import world
from monitor.engine.pool import Engine
from monitor.rulebook.rulebook import Rulebook, load_rulebook
from tests.daemon.folder import Folder
from tests.notify.conftest import smtp_server

__all__ = ["folder", "smtp_server"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "private"
    path.mkdir()
    return Folder(path)


@pytest.fixture(scope="session", autouse=True)
def one_engine() -> Iterator[None]:
    """Every world of this process has the same engine and the same rulebook: starting a worker takes half a second."""
    rules: dict[Path | None, Rulebook] = {}

    def read(folder: Path | None = None) -> Rulebook:
        if folder not in rules:
            rules[folder] = load_rulebook(folder)
        return rules[folder]

    with Engine() as engine, pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def same() -> Iterator[Engine]:
            yield engine

        patch.setattr(world, "Engine", same)
        patch.setattr(world, "load_rulebook", read)
        yield
