"""``covenantd check``: every mistake in the files a user names, whatever they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from monitor.rulebook.facts_file import FactReader, read_facts
from monitor.rulebook.forms import load_form
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.law import known_zone, read_law
from monitor.rulebook.problems import Problem, Problems, RulebookError, Spot, did_you_mean, shown, told
from monitor.rulebook.readings import read_readings
from monitor.rulebook.rulebook import Rulebook, load_rulebook
from monitor.rulebook.scenarios import check_scenarios
from monitor.rulebook.section import Section, as_table, as_text
from monitor.rulebook.venues import read_venues
from monitor.rulebook.vocabulary import read_vocabulary
from monitor.rulebook.yaml_marks import Items, Node, Table, Word, read_bytes, read_yaml

_LINES = (".jsonl", ".ndjson")
_BEGINNINGS = ("form", "instrument", "labels", "cases")
_ATTESTED = {"stated_by", "stated_at", "evidence"}
_SUFFIXES = (".yaml", ".yml", *_LINES)


def check_paths(paths: Iterable[Path], rulebook: Rulebook) -> list[Problem]:
    """Every problem in the files named, and in those below the folders named, in order. Empty: all is well.

    A folder with a vocabulary of its own is read as a rulebook of its own. Below a folder, YAML files of another
    purpose (a config) are only checked for being YAML.
    """
    found: list[Problem] = []
    for path in paths:
        if not path.is_dir():
            found += _check(path, rulebook, named=True)
            continue
        book = rulebook
        if (path / "vocabulary.yaml").is_file():
            try:
                book = load_rulebook(path)
            except RulebookError as error:
                found += error.problems
                continue
        files = [f for f in sorted(path.rglob("*")) if f.suffix in _SUFFIXES and f.is_file() and not _hidden(f, path)]
        if not files:
            found.append(Problem(shown(path), 1, 1, "nothing to check in this folder", "Name a folder of rule files"))
        for file in files:
            found += _check(file, book, named=False)
    return sorted(dict.fromkeys(found))


def _hidden(path: Path, top: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(top).parts)


def _check(path: Path, rulebook: Rulebook, *, named: bool) -> list[Problem]:
    problems = Problems()
    try:
        if path.suffix in _LINES or path.suffix == ".json" or read_bytes(path).lstrip()[:1] == b"{":
            read_facts(path, rulebook, None, None)
            return []
        node = read_yaml(path, problems)
        if node is None:
            problems.add(Spot(shown(path), 1, 1), "the file is empty", "Write what it should hold, or remove it")
        else:
            _dispatch(node, path, rulebook, problems, named=named)
    except RulebookError as error:
        problems.extend(error.problems)
    return list(problems)


def _dispatch(node: Node, path: Path, rulebook: Rulebook, problems: Problems, *, named: bool) -> None:
    keys = node.entries if isinstance(node, Table) else {}
    values = {name: tuple(reading.values) for name, reading in rulebook.readings.items()}
    if isinstance(node, Items) and any(isinstance(n, Table) and _ATTESTED & n.entries.keys() for n in node.items):
        _attested(node, rulebook, problems)
    elif isinstance(node, Items):
        read_facts(path, rulebook, None, None)
    elif "cases" in keys:
        check_scenarios(node, path, rulebook, problems)
    elif "instrument" in keys or ("form" in keys and "loan" in keys):
        load_instrument(path, rulebook, (path.parent, path.parent.parent))
    elif "form" in keys or "clauses" in keys:
        load_form(path, rulebook)
    elif "labels" in keys:
        _labels(node, rulebook, problems)
    elif "kinds" in keys:
        read_vocabulary(node, problems)
    elif "law" in keys:
        read_law(node, tuple(rulebook.readings), problems)
    elif "courts" in keys:
        _courts(node, problems)
    elif path.name == "readings.yaml":
        read_readings(node, problems)
    elif path.name == "venues.yaml":
        read_venues(node, values, problems)
    elif named:
        what = "this is no form, instrument, facts file, scenario test or labels file"
        instead = "Begin with `form:`, `instrument:`, `cases:`, `labels:`, or `- kind:` for facts"
        close = [key for key in keys if did_you_mean(key, _BEGINNINGS, "-") != "-"]
        if close:
            what, instead = f"unknown key {told(close[0])}", did_you_mean(close[0], _BEGINNINGS)
        problems.add(keys[close[0]].key if close else node.spot, what, instead)


def _attested(node: Items, rulebook: Rulebook, problems: Problems) -> None:
    """The facts in a file of attested statements; who states them, when and on what evidence is its feed's to judge."""
    reader = FactReader(rulebook, None, None, problems)
    for entry in node.items:
        if isinstance(entry, Table):
            kept = {key: value for key, value in entry.entries.items() if key not in _ATTESTED}
            reader.read(Table(entry.spot, kept))
        else:
            reader.read(entry)


def _labels(node: Node, rulebook: Rulebook, problems: Problems) -> None:
    """The fact kinds that labels name; their other keys belong to the feed that reads them."""
    top = as_table(node, problems, "the labels file")
    entry = top.entries.get("labels")
    labels: Mapping[str, object] = {}
    if entry is not None:
        labels = as_table(entry.node, problems, "`labels`").entries
    kinds = rulebook.vocabulary.kinds
    for name, label in labels.items():
        meaning = getattr(label, "node", None)
        if isinstance(meaning, Word):
            if meaning.text != "noise":
                problems.add(meaning.spot, f"label {told(name)} is {told(meaning.text)}", "Write noise or {kind: ...}")
        elif isinstance(meaning, Table):
            for key in ("kind", "becomes"):
                if key in meaning.entries:
                    word = as_text(meaning.entries[key].node, problems, f"`{key}`")
                    if word and word not in kinds:
                        instead = did_you_mean(word, kinds, "Write a kind of the vocabulary")
                        problems.add(meaning.entries[key].node.spot, f"unknown kind {told(word)}", instead)


def _courts(node: Node, problems: Problems) -> None:
    """The clocks that courts.yaml names."""
    for name, _, value in Section(node, problems, "the courts", ("courts",)).entries("courts"):
        table = as_table(value, problems, f"court `{name}`")
        entry = table.entries.get("zone")
        zone = as_text(entry.node, problems, "`zone`") if entry else ""
        if entry is None or (zone and not known_zone(zone)):
            spot = entry.node.spot if entry else table.spot
            problems.add(spot, f"court `{name}` has no known `zone`", "Write an IANA name, e.g. America/Chicago")
