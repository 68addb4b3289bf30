"""Nodes remember where they stand, in YAML and in JSON."""

from __future__ import annotations

import pytest

from monitor.rulebook.json_marks import parse_json, parse_json_lines
from monitor.rulebook.problems import Problems, RulebookError, did_you_mean, told
from monitor.rulebook.yaml_marks import Entry, Items, Node, Table, Word, parse_yaml


def at(node: Node | Entry) -> tuple[int, int]:
    spot = node.key if isinstance(node, Entry) else node.spot
    return (spot.line, spot.column)


def yaml(text: str) -> tuple[Node | None, list[str]]:
    problems = Problems()
    return parse_yaml(text, "f", problems), [str(p) for p in problems]


def test_keys_and_values_remember_line_and_column() -> None:
    node, _ = yaml("a: 1\n\u00e9t\u00e9:  {b: [x, \U0001f600, z]}\n")
    assert isinstance(node, Table)
    second = node.entries["\u00e9t\u00e9"]
    assert at(second) == (2, 1)
    assert isinstance(second.node, Table)
    listed = second.node.entries["b"].node
    assert isinstance(listed, Items)
    assert [at(item) for item in listed.items] == [(2, 12), (2, 15), (2, 18)]


def test_anchors_and_merges_are_followed_and_own_keys_win() -> None:
    node, problems = yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n")
    assert problems == []
    assert isinstance(node, Table)
    b, c = node.entries["b"].node, node.entries["c"].node
    assert isinstance(b, Table)
    assert {k: e.node.text for k, e in b.entries.items() if isinstance(e.node, Word)} == {"x": "1", "y": "3"}
    assert at(c) == (1, 4)


def test_the_first_of_several_merged_mappings_wins() -> None:
    node, _ = yaml("a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: [*a, *b]}\n")
    assert isinstance(node, Table)
    c = node.entries["c"].node
    assert isinstance(c, Table)
    word = c.entries["x"].node
    assert isinstance(word, Word)
    assert word.text == "1"


def test_a_key_written_twice_is_refused_with_both_lines() -> None:
    _, problems = yaml("a: 1\nb: 2\na: 3\n")
    assert problems == ["f:3:1: `a` is written twice (first on line 1). Keep one."]


def test_json_columns_count_characters() -> None:
    (node,) = parse_json_lines('{"\u00e9": "\\ud83d\\ude00", "b": [1, true]}', "f", Problems())
    assert isinstance(node, Table)
    assert at(node.entries["b"]) == (1, 23)
    assert at(node.entries["b"].node) == (1, 28)
    first = node.entries["\u00e9"].node
    assert isinstance(first, Word)
    assert first.text == "\U0001f600"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,}', "1:8"),
        ('{"a" 1}', "1:6"),
        ("{a: 1}", "1:2"),
        ('{"a": }', "1:7"),
        ('{"a": 1', "1:8"),
        ('{"a": "x}', "1:7"),
        ('{"a": 1} {}', "1:10"),
        ('{"a": [1\n, 2', "2:4"),
        ('{"a": "\\ud800"}', "1:7"),
        ("", "1:1"),
        ('{"a": NaN}', "1:7"),
        ('{"a": 01}', "1:8"),
    ],
)
def test_what_is_not_json_is_refused_where_it_stops_being_json(text: str, place: str) -> None:
    with pytest.raises(RulebookError, match=f"^f:{place}: this is not JSON"):
        parse_json(text, "f", Problems())


def test_a_near_word_is_offered_and_a_beginning_before_it() -> None:
    known = ("lien_consented_by_payee", "lien_continued", "released")
    assert did_you_mean("lien_consented", known) == "Did you mean `lien_consented_by_payee`?"
    assert did_you_mean("realeased", known) == "Did you mean `released`?"
    assert did_you_mean("zzz", ("a", "b")) == "Write a or b"


def test_what_a_user_wrote_never_breaks_a_line_or_a_terminal() -> None:
    assert told("a\nb\x1b[31m" + "x" * 100) == "`a b\\x1b[31m" + "x" * 46 + "...`"
