"""YAML read into nodes that remember their line and column. Values are typed by whoever asks for them.

So ``NO``, ``on`` and ``12:30`` stay what was written, money never passes through a float, and a message can point at
the very word. libyaml is used for its events only: composing them here keeps a deeply nested or self-referring file
from exhausting the C stack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitor.rulebook.problems import Problem, Problems, RulebookError, Spot, shown, told

DEEPEST = 40
_PLAIN_TAGS = {
    None, "!", *(f"tag:yaml.org,2002:{t}" for t in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")),
}


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar as written. ``plain``: without quotes, so that ``true``, ``null`` and nothing at all mean themselves."""

    spot: Spot
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Items:
    spot: Spot
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    key: Spot
    node: Node


@dataclass(frozen=True, slots=True)
class Table:
    spot: Spot
    entries: Mapping[str, Entry]


Node = Word | Items | Table


def describe(node: Node) -> str:
    """What a node is, in a user's words."""
    if isinstance(node, Word):
        return "nothing" if node.is_null else told(node.text)
    return "a list" if isinstance(node, Items) else "a mapping"


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises RulebookError when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise RulebookError([Problem(shown(path), 1, 1, "no such file", "Check the path")]) from None
    except IsADirectoryError:
        raise RulebookError([Problem(shown(path), 1, 1, "this is a folder", "Name a file in it")]) from None
    except OSError as error:
        what = f"the file cannot be read ({error.strerror or error})"
        raise RulebookError([Problem(shown(path), 1, 1, what, "Check its permissions")]) from None


def decoded(body: bytes, file: str) -> str:
    """UTF-8 text. Raises RulebookError at the first byte that is not."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8", "replace")
        spot = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        raise RulebookError([Problem(file, *spot, "this is not UTF-8 text", "Save the file as UTF-8")]) from None


def read_yaml(path: Path, problems: Problems | None = None, body: bytes | None = None) -> Node | None:
    """The one document of a YAML file, or None when it holds nothing but white space and comments.

    Duplicate keys are added to ``problems`` (or raised when none is given). Raises RulebookError for what is no YAML.
    """
    file = shown(path)
    found = Problems() if problems is None else problems
    node = parse_yaml(decoded(read_bytes(path) if body is None else body, file), file, found)
    if problems is None:
        found.raise_if_any()
    return node


def parse_yaml(text: str, file: str, problems: Problems) -> Node | None:
    """As ``read_yaml``, from text."""
    try:
        loader = yaml.CSafeLoader(text)
        try:
            return _Composer(loader, file, problems).document()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark, what = error.problem_mark or error.context_mark, f"this is not YAML: {error.problem or error.context}"
        opened = {"while parsing a flow": "bracket", "while scanning a quoted": "quotation mark"}
        unclosed = [name for start, name in opened.items() if (error.context or "").startswith(start)]
        if unclosed and error.context_mark:  # what opened it is where the mistake is, not where libyaml gave up
            mark, what = error.context_mark, f"this {unclosed[0]} is not closed ({error.problem})"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RulebookError([Problem(file, line, column, what, _remedy(text, line, what))]) from None
    except yaml.YAMLError as error:
        at = getattr(error, "position", 0)
        before = text.encode()[: at if isinstance(at, int) else 0].decode("utf-8", "replace")
        line = before.count("\n") + 1
        what = f"this is not YAML: {getattr(error, 'reason', 'it cannot be read')}"
        raise RulebookError([Problem(file, line, 1, what, "Remove the character")]) from None


def _remedy(text: str, line: int, what: str) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "Indent with spaces, not tabs"
    if "mapping values are not allowed" in what:
        return "Put text that contains `: ` in quotes, or indent the line as its neighbours"
    if "alias" in what:
        return "Define the anchor with `&name` above its first use"
    if "is not closed" in what:
        return "Close it, or look for a missing comma or quotation mark after it"
    return "Compare the indentation, quotes and brackets with the lines around it"


class _Composer:
    def __init__(self, loader: Any, file: str, problems: Problems) -> None:
        self.loader, self.file, self.problems = loader, file, problems
        self.anchors: dict[str, Node | None] = {}

    def spot(self, event: yaml.Event) -> Spot:
        mark = event.start_mark
        return Spot(self.file, mark.line + 1, mark.column + 1) if mark else Spot(self.file, 1, 1)

    def refuse(self, event: yaml.Event, what: str, instead: str) -> RulebookError:
        spot = self.spot(event)
        return RulebookError([Problem(spot.file, spot.line, spot.column, what, instead)])

    def document(self) -> Node | None:
        self.loader.get_event()  # the start of the stream
        first = self.loader.get_event()
        if isinstance(first, yaml.StreamEndEvent):
            return None
        node = self.node(self.loader.get_event(), 0)
        self.loader.get_event()  # the end of the document
        more = self.loader.get_event()
        if not isinstance(more, yaml.StreamEndEvent):
            raise self.refuse(more, "a second document starts here", "Keep one document in a file")
        return node

    def node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            known = self.anchors.get(event.anchor or "")
            if known is None:
                inside = event.anchor in self.anchors
                what = f"`*{event.anchor}` " + ("stands inside itself" if inside else "is not defined above")
                raise self.refuse(event, what, f"Define it with `&{event.anchor}` above its first use")
            return known
        if depth > DEEPEST:
            raise self.refuse(event, f"nested more than {DEEPEST} deep", "Write it flatter")
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor:
            self.anchors[event.anchor] = None
        tag = getattr(event, "tag", None)
        if tag not in _PLAIN_TAGS:
            self.problems.add(self.spot(event), f"the tag {told(tag)} is not used here", "Leave the tag out")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Word(self.spot(event), event.value, plain=event.style is None or event.style == "")
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(event, depth)
        else:
            node = self.mapping(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def sequence(self, event: yaml.Event, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(inner := self.loader.get_event(), yaml.SequenceEndEvent):
            items.append(self.node(inner, depth + 1))
        return Items(self.spot(event), tuple(items))

    def mapping(self, event: yaml.Event, depth: int) -> Table:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        while not isinstance(inner := self.loader.get_event(), yaml.MappingEndEvent):
            key, value = self.node(inner, depth + 1), self.node(self.loader.get_event(), depth + 1)
            spot = self.spot(inner)
            if not isinstance(key, Word):
                self.problems.add(spot, "a key must be a word", "Put the text of the key in quotes")
            elif key.plain and key.text == "<<":
                self.merge(value, merged, spot)
            elif key.text in own:
                first = own[key.text].key
                self.problems.add(spot, f"{told(key.text)} is written twice (first on line {first.line})", "Keep one")
            else:
                own[key.text] = Entry(spot, value)
        return Table(self.spot(event), {**{k: v for k, v in merged.items() if k not in own}, **own})

    def merge(self, value: Node, merged: dict[str, Entry], spot: Spot) -> None:
        for table in value.items if isinstance(value, Items) else (value,):
            if isinstance(table, Table):
                merged.update({k: v for k, v in table.entries.items() if k not in merged})
            else:
                self.problems.add(spot, f"`<<` takes a mapping, not {describe(table)}", "Name an anchor of a mapping")
