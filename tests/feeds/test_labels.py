"""Labels: every value of a source is a fact kind, noise, or unmapped."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.labels import FOLDER, LabelsError, load_labels, parse_labels
from monitor.rulebook.rulebook import Rulebook

ALL = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def labels(text: str) -> bytes:
    return ("labels:\n" + text).encode()


def test_case_and_white_space_do_not_matter() -> None:
    read = parse_labels("x", labels('  "Order of  Dismissal": {kind: case_dismissed}\n'), "x.yaml")
    found = read.lookup(" ORDER of\nDismissal ")
    assert found is not None
    assert found.kind == "case_dismissed"


def test_an_exact_label_goes_before_a_pattern_and_the_first_pattern_wins() -> None:
    read = parse_labels("x", labels('  "T*": noise\n  "T1*": {kind: b}\n  "T1": {kind: a}\n'), "x.yaml")
    assert [(m.kind, m.noise) for m in map(read.lookup, ("T1", "T12")) if m] == [("a", False), (None, True)]


def test_a_label_that_no_line_covers_is_unmapped() -> None:
    assert parse_labels("x", labels("  A: noise\n"), "x.yaml").lookup("AB") is None


def test_brackets_and_points_in_a_pattern_mean_themselves() -> None:
    read = parse_labels("x", labels('  "Amount (*)": noise\n'), "x.yaml")
    assert read.lookup("Amount (EUR)") is not None
    assert read.lookup("Amount EUR") is None


def test_words_that_yaml_would_read_as_something_else_stay_text() -> None:
    read = parse_labels("x", labels("  No: {kind: a}\n  1.03: {venue: on}\n"), "x.yaml")
    found = read.lookup("no"), read.lookup("1.03")
    assert found[0] is not None
    assert found[0].kind == "a"
    assert found[1] is not None
    assert found[1].get("venue") == "on"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('  "A": noise\n  "a ": noise\n', "x.yaml:3:3: label 'a ' is given twice. Keep one of the two."),
        ("  A: 3.5\n", "x.yaml:2:3: label 'A' has no usable meaning."),
        ("  A: {kind: b, noise: c}\n", "x.yaml:2:3: label 'A' has no usable meaning."),
        ("  A: {}\n", "x.yaml:2:3: label 'A' has no usable meaning."),
        ("  A: {kind: [b]}\n", "x.yaml:2:3: label 'A' has no usable meaning."),
        ("  [A]: noise\n", "x.yaml:2:3: a label must be text."),
        ("  A: {kind: b\n", "x.yaml:3:1: "),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, line: str) -> None:
    with pytest.raises(LabelsError) as refused:
        parse_labels("x", labels(text), "x.yaml")
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    with pytest.raises(LabelsError) as refused:
        parse_labels("x", labels("  A: 1\n  B: 2\n"), "x.yaml")
    assert len(refused.value.errors) == 2


@pytest.mark.parametrize("raw", [b"", b"kinds: {}\n", b"- a\n", b"labels: noise\n"])
def test_a_file_without_labels_is_refused(raw: bytes) -> None:
    with pytest.raises(LabelsError, match="no `labels:` mapping"):
        parse_labels("x", raw, "x.yaml")


def test_a_missing_file_names_where_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"nowhere\.yaml:1:1: No such file"):
        load_labels("nowhere", tmp_path)


@pytest.mark.parametrize("name", ALL)
def test_every_kind_a_shipped_label_names_is_in_the_vocabulary(name: str, rulebook: Rulebook) -> None:
    kinds = {label.kind for label in load_labels(name).all() if label.kind}
    assert kinds <= set(rulebook.vocabulary.kinds)


@pytest.mark.parametrize("name", ALL)
def test_every_venue_a_shipped_label_names_exists(name: str, rulebook: Rulebook) -> None:
    venues = {label.get("venue") for label in load_labels(name).all()} - {""}
    assert venues <= set(rulebook.venues)
