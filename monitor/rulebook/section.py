"""One mapping of a rule file with its closed set of keys, read value by value.

A mistake is noted and a harmless stand-in returned, so that reading goes on and every mistake is found. Nothing built
from stand-ins escapes: loaders raise before they return (``Problems.raise_if_any``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from monitor.rulebook import scalars
from monitor.rulebook.problems import Problems, Spot, did_you_mean, listed, told
from monitor.rulebook.yaml_marks import Items, Node, Table, Word, describe

T = TypeVar("T")


def as_text(node: Node, problems: Problems, what: str) -> str:
    """A word, number or quoted text as written; plain ``true``, ``false`` and nothing are no text."""
    if not isinstance(node, Word) or node.is_null:
        problems.add(node.spot, f"{what} is {describe(node)}", "Write text")
    elif node.plain and node.text in ("true", "false"):
        problems.add(node.spot, f"{what} is {node.text}, which is not text", f'Write it in quotes: "{node.text}"')
    elif not node.text.strip():
        problems.add(node.spot, f"{what} is empty", "Write text")
    else:
        return node.text.strip()
    return ""


def as_flag(node: Node, problems: Problems, what: str) -> bool:
    if isinstance(node, Word) and node.text in ("true", "false"):
        return node.text == "true"
    problems.add(node.spot, f"{what} is {describe(node)}", "Write true or false")
    return False


def as_scalar(node: Node, problems: Problems, what: str, read: Callable[[str], T]) -> T | None:
    """A word read by one of ``scalars``; its complaint becomes a problem at the word."""
    if not isinstance(node, Word) or node.is_null:
        problems.add(node.spot, f"{what} is {describe(node)}", "Write a value")
        return None
    try:
        return read(node.text)
    except scalars.Unfit as error:
        problems.add(node.spot, f"{what}: {error.what}", error.instead)
        return None


def as_choice(node: Node, problems: Problems, what: str, known: Iterable[str]) -> str:
    """One word of a closed list."""
    word, names = as_text(node, problems, what), tuple(known)
    if word and word not in names:
        problems.add(node.spot, f"{what} is {told(word)}, which is not known here", did_you_mean(word, names))
        return ""
    return word


def as_table(node: Node, problems: Problems, what: str) -> Table:
    if isinstance(node, Table):
        return node
    problems.add(node.spot, f"{what} is {describe(node)}", "Write a mapping (`key: value` lines)")
    return Table(node.spot, {})


class Section:
    """A mapping with closed keys. ``what`` names it in messages. Unknown keys are noted at once."""

    def __init__(self, node: Node, problems: Problems, what: str, keys: Iterable[str]) -> None:
        self.table = as_table(node, problems, what)
        self.spot, self.problems, self.what = self.table.spot, problems, what
        self.keys = tuple(keys)
        for key, entry in self.table.entries.items():
            if key not in self.keys:
                problems.add(entry.key, f"unknown key {told(key)} in {what}", did_you_mean(key, self.keys))

    def __contains__(self, key: str) -> bool:
        return key in self.table.entries

    def node(self, key: str) -> Node | None:
        entry = self.table.entries.get(key)
        return entry.node if entry else None

    def at(self, key: str) -> Spot:
        """Where the value of ``key`` stands; the section itself when it has none."""
        node = self.node(key)
        return node.spot if node else self.spot

    def needed(self, key: str, example: str = "...") -> Node | None:
        """The node of a required key."""
        node = self.node(key)
        if node is None:
            self.problems.add(self.spot, f"{self.what} has no `{key}`", f"Add `{key}: {example}`")
        return node

    def _get(self, key: str, required: bool) -> Node | None:
        return self.needed(key) if required else self.node(key)

    def _name(self, key: str) -> str:
        return f"`{key}`"

    def text(self, key: str, *, required: bool = False, default: str = "") -> str:
        node = self._get(key, required)
        return default if node is None else as_text(node, self.problems, self._name(key))

    def flag(self, key: str, *, default: bool = False) -> bool:
        node = self.node(key)
        return default if node is None else as_flag(node, self.problems, self._name(key))

    def day(self, key: str, *, required: bool = False) -> date | None:
        return self.scalar(key, scalars.day, required=required)

    def moment(self, key: str, *, required: bool = False) -> date | datetime | None:
        return self.scalar(key, scalars.moment, required=required)

    def amount(self, key: str, *, required: bool = False) -> Decimal | None:
        return self.scalar(key, scalars.amount, required=required)

    def rate(self, key: str, *, required: bool = False) -> Decimal | None:
        return self.scalar(key, scalars.rate, required=required)

    def scalar(self, key: str, read: Callable[[str], T], *, required: bool = False) -> T | None:
        node = self._get(key, required)
        return None if node is None else as_scalar(node, self.problems, self._name(key), read)

    def one_of(self, key: str, known: Iterable[str], *, required: bool = False, default: str = "") -> str:
        """One word of a closed list."""
        node = self._get(key, required)
        return default if node is None else as_choice(node, self.problems, self._name(key), known)

    def items(self, key: str, *, required: bool = False) -> tuple[Node, ...]:
        """The nodes of a list; one word or mapping alone counts as a list of one."""
        node = self._get(key, required)
        if node is None:
            return ()
        return node.items if isinstance(node, Items) else (node,)

    def words(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of words (or one word)."""
        found = (as_text(n, self.problems, self._name(key)) for n in self.items(key, required=required))
        return tuple(word for word in found if word)

    def choices(self, key: str, known: Iterable[str], *, required: bool = False) -> tuple[str, ...]:
        """A list of words out of a closed list, none of them twice."""
        names, chosen = tuple(known), []
        for node in self.items(key, required=required):
            word = as_choice(node, self.problems, self._name(key), names)
            if word in chosen:
                self.problems.add(node.spot, f"{told(word)} is listed twice in `{key}`", "Keep one")
            elif word:
                chosen.append(word)
        return tuple(chosen)

    def section(self, key: str, keys: Iterable[str], *, required: bool = False) -> Section | None:
        """A mapping below, with its own closed keys."""
        node = self._get(key, required)
        return None if node is None else Section(node, self.problems, self._name(key), keys)

    def entries(self, key: str) -> Iterator[tuple[str, Spot, Node]]:
        """The entries of a mapping whose keys are names: (name, where it stands, its value)."""
        node = self.node(key)
        if node is not None:
            yield from entries_of(as_table(node, self.problems, self._name(key)))


def entries_of(table: Table) -> Iterator[tuple[str, Spot, Node]]:
    for name, entry in table.entries.items():
        yield name, entry.key, entry.node


def accepted_values(node: Node, problems: Problems, what: str) -> tuple[tuple[str, Spot], ...]:
    """A word or a list of words, each as written (``true`` and ``false`` included), with its place."""
    nodes = node.items if isinstance(node, Items) else (node,)
    words = []
    for item in nodes:
        if isinstance(item, Word) and item.text and not item.is_null:
            words.append((item.text, item.spot))
        else:
            problems.add(item.spot, f"{what} is {describe(item)}", "Write a word or a list of words")
    if not nodes:
        problems.add(node.spot, f"{what} accepts nothing", "Write a word or a list of words")
    return tuple(words)


def read_given(
    node: Node | None, values_of: Mapping[str, Iterable[str]], problems: Problems, what: str
) -> dict[str, frozenset[str]]:
    """``{reading: value or values}`` checked against the catalogue of readings."""
    given: dict[str, frozenset[str]] = {}
    if node is None:
        return given
    for name, spot, value in entries_of(as_table(node, problems, what)):
        if name not in values_of:
            problems.add(spot, f"unknown reading {told(name)} in {what}", did_you_mean(name, values_of))
            continue
        known, accepted = tuple(values_of[name]), []
        for word, at in accepted_values(value, problems, f"reading `{name}`"):
            if word in known:
                accepted.append(word)
            else:
                instead = did_you_mean(word, known) if word not in ("true", "false") else f"Write {listed(known)}"
                problems.add(at, f"reading `{name}` has no value {told(word)}", instead)
        given[name] = frozenset(accepted)
    return given
