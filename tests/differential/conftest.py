"""The shipped rule files and one engine for all the histories of a test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.engine.pool import Engine
from monitor.rulebook.rulebook import Rulebook
from tests.differential.world import World


@pytest.fixture(scope="session")
def world(rulebook: Rulebook) -> World:
    return World(rulebook)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made
