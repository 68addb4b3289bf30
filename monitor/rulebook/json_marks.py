"""JSON and JSON Lines read into the same nodes as YAML, with the same lines and columns.

Why not YAML for both: JSON escapes such as ``\\ud83d\\ude00`` are no YAML, and a mistake on one line of a JSON Lines
file must not hide those on the next.
"""

from __future__ import annotations

import json
import re

from monitor.rulebook.problems import Problem, Problems, RulebookError, Spot, told
from monitor.rulebook.yaml_marks import DEEPEST, Entry, Items, Node, Table, Word

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_LITERAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


def parse_json_lines(text: str, file: str, problems: Problems) -> tuple[Node, ...]:
    """One node for each line that is not blank. What is wrong with a line is noted; the others are still read."""
    nodes: list[Node] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                nodes.append(_Scanner(line, file, number, problems).document())
            except RulebookError as error:
                problems.extend(error.problems)
    return tuple(nodes)


def parse_json(text: str, file: str, problems: Problems) -> Node:
    """A whole JSON document. Raises RulebookError where it stops being JSON."""
    return _Scanner(text, file, 1, problems).document()


class _Scanner:
    def __init__(self, text: str, file: str, line: int, problems: Problems) -> None:
        self.text, self.file, self.first, self.problems = text, file, line, problems

    def spot(self, at: int) -> Spot:
        above = self.text.count("\n", 0, at)
        return Spot(self.file, self.first + above, at - (self.text.rfind("\n", 0, at) + 1) + 1)

    def refuse(self, at: int, what: str) -> RulebookError:
        spot = self.spot(min(at, len(self.text)))
        instead = "Write one JSON object, e.g. {\"kind\": \"lien_filed\", ...}"
        return RulebookError([Problem(spot.file, spot.line, spot.column, f"this is not JSON: {what}", instead)])

    def skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def document(self) -> Node:
        node, at = self.value(self.skip(0), 0)
        at = self.skip(at)
        if at != len(self.text):
            raise self.refuse(at, f"{told(self.text[at:])} follows a complete value")
        return node

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > DEEPEST:
            raise self.refuse(at, f"nested more than {DEEPEST} deep")
        first = self.text[at : at + 1]
        if first == "{":
            return self.table(at, depth)
        if first == "[":
            return self.items(at, depth)
        if first == '"':
            word, end = self.string(at)
            return Word(self.spot(at), word, plain=False), end
        match = _LITERAL.match(self.text, at)
        if not match:
            raise self.refuse(at, f"a value is missing before {told(self.text[at:])}" if first else "it ends too early")
        return Word(self.spot(at), match[0], plain=True), match.end()

    def string(self, at: int) -> tuple[str, int]:
        try:
            word, end = _DECODER.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            raise self.refuse(error.pos, error.msg.lower()) from None
        if re.search("[\ud800-\udfff]", word):
            raise self.refuse(at, "half a surrogate pair in a string")
        return word, end

    def items(self, at: int, depth: int) -> tuple[Items, int]:
        spot, found = self.spot(at), list[Node]()
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "]":
            node, at = self.value(at, depth + 1)
            found.append(node)
            at = self.comma(at, "]")
        return Items(spot, tuple(found)), at + 1

    def table(self, at: int, depth: int) -> tuple[Table, int]:
        spot, entries = self.spot(at), dict[str, Entry]()
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "}":
            if self.text[at : at + 1] != '"':
                raise self.refuse(at, "a key in double quotes is missing" if self.text[at:] else "it ends too early")
            place = self.spot(at)
            key, at = self.string(at)
            at = self.skip(at)
            if self.text[at : at + 1] != ":":
                raise self.refuse(at, f"`:` is missing after {told(key)}")
            node, at = self.value(self.skip(at + 1), depth + 1)
            if key in entries:
                self.problems.add(place, f"{told(key)} is written twice", "Keep one")
            else:
                entries[key] = Entry(place, node)
            at = self.comma(at, "}")
        return Table(spot, entries), at + 1

    def comma(self, at: int, closing: str) -> int:
        """Past one comma, or at the closing bracket."""
        at = self.skip(at)
        if self.text[at : at + 1] == closing:
            return at
        if self.text[at : at + 1] != ",":
            raise self.refuse(at, f"`,` or `{closing}` is missing" if self.text[at:] else "it ends too early")
        after = self.skip(at + 1)
        if self.text[after : after + 1] == closing:
            raise self.refuse(at, f"a comma before `{closing}`")
        return after
