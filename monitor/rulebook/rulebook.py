"""The rulebook: every rule file read, checked, and kept by its digest. The one door to this package.

Whatever can be wrong with a file is raised as RulebookError, all of it at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import monitor
from monitor.core.clause import Form, Reading
from monitor.core.days import Calendars, Venue
from monitor.rulebook.calendars import exchange_sessions
from monitor.rulebook.facts_file import fact_to_mapping, parse_fact, read_facts
from monitor.rulebook.forms import form_ids, load_form
from monitor.rulebook.instruments import instrument_ids, instrument_path, load_instrument
from monitor.rulebook.law import HOUSE_LAW, Law, read_law
from monitor.rulebook.problems import Problem, Problems, RulebookError, Spot, shown
from monitor.rulebook.readings import read_readings
from monitor.rulebook.venues import read_venues
from monitor.rulebook.vocabulary import Vocabulary, read_vocabulary
from monitor.rulebook.yaml_marks import Node, Table, read_bytes, read_yaml

T = TypeVar("T")

__all__ = [
    "Problem", "Rulebook", "RulebookError", "default_rules_dir", "fact_to_mapping", "instrument_ids",
    "instrument_path", "load_form", "load_instrument", "load_rulebook", "parse_fact", "read_facts", "rule_files",
]


@dataclass(frozen=True)
class Rulebook:
    """The rule files of one folder.

    ``digests``: relative path -> sha256 of its bytes. ``kept_files``: digest -> (relative path, bytes).
    ``forms`` and ``calendars`` are made on first use.
    """

    rules_dir: Path
    vocabulary: Vocabulary
    readings: Mapping[str, Reading]
    venues: Mapping[str, Venue]
    laws: Mapping[str, Law]
    digests: Mapping[str, str]
    kept_files: Mapping[str, tuple[str, bytes]]

    @cached_property
    def calendars(self) -> Calendars:
        """Exchange sessions, the public holidays of New York, the venues."""
        return self.calendars_for(HOUSE_LAW)

    def calendars_for(self, law: str) -> Calendars:
        return Calendars(exchange_sessions(), self.laws[law].holidays, self.venues)

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """Every form of ``rules/forms``, by id. Raises RulebookError when one cannot be used."""
        return {name: load_form(path, self) for name, path in form_ids(self.rules_dir / "forms").items()}

    def place(self, path: Path) -> str:
        """A file as the clause tree remembers it: the same on every machine and from every folder."""
        try:
            return path.resolve().relative_to(self.rules_dir.resolve().parent).as_posix()
        except ValueError:
            return path.name


def default_rules_dir() -> Path:
    """``rules/`` beside the ``monitor`` package: in a checkout, an editable install and a wheel alike."""
    return Path(monitor.__file__).resolve().parent.parent / "rules"


def load_rulebook(rules_dir: Path | None = None) -> Rulebook:
    """Read the vocabulary, readings, venues and laws. Raises RulebookError with every mistake in them."""
    folder = default_rules_dir() if rules_dir is None else rules_dir
    if not folder.is_dir():
        raise RulebookError([Problem(shown(folder), 1, 1, "no such folder of rules", "Name a folder like rules/")])
    problems = Problems()
    vocabulary = _read(folder / "vocabulary.yaml", problems, read_vocabulary, Vocabulary({}, {}, {}))
    empty: Mapping[str, Reading] = {}
    readings = _read(folder / "readings.yaml", problems, read_readings, empty)
    values = {name: tuple(reading.values) for name, reading in readings.items()}
    none: Mapping[str, Venue] = {}
    venues = _read(folder / "venues.yaml", problems, lambda node, p: read_venues(node, values, p), none)
    laws: dict[str, Law] = {}
    for path in sorted((folder / "law").glob("*.yaml")):
        law = _read(path, problems, lambda node, p: read_law(node, tuple(readings), p), None)
        if law is not None:
            laws[law.id] = law
    if HOUSE_LAW not in laws and not len(problems):
        problems.add(Spot(shown(folder / "law"), 1, 1), f"no law `{HOUSE_LAW}`", f"Add law/{HOUSE_LAW}.yaml")
    problems.raise_if_any()
    kept = {path.relative_to(folder).as_posix(): read_bytes(path) for path in rule_files(folder)}
    digests = {name: hashlib.sha256(body).hexdigest() for name, body in kept.items()}
    return Rulebook(
        folder, vocabulary, readings, venues, laws, digests,
        {digests[name]: (name, body) for name, body in kept.items()},
    )


def rule_files(folder: Path) -> list[Path]:
    """Every rule file and text below a folder, in order; hidden and editors' files left out."""
    return sorted(
        path for path in folder.rglob("*")
        if path.suffix in (".yaml", ".txt") and path.is_file() and not path.name.startswith(".")
    )


def _read(path: Path, problems: Problems, read: Callable[[Node, Problems], T], nothing: T) -> T:
    try:
        node = read_yaml(path, problems)
    except RulebookError as error:
        problems.extend(error.problems)
        return nothing
    return read(node if node is not None else Table(Spot(shown(path), 1, 1), {}), problems)
