"""Every mistake is answered in one line, at its place, with what to write instead: one mistake per bad file.

The lines expected stand at the top of each file as ``# expect: line:column: message``, or in a file of the same name
with ``.expect`` added where no comment can stand.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from monitor.rulebook.checks import check_paths
from monitor.rulebook.problems import Problem, RulebookError
from monitor.rulebook.rulebook import Rulebook, load_rulebook

FOLDER = Path(__file__).resolve().parent.parent / "bad_rules"
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".yaml", ".jsonl"))
HOUSE_FILES = {
    "readings": "readings.yaml",
    "venues": "venues.yaml",
    "vocabulary": "vocabulary.yaml",
    "law": "law/us-ny.yaml",
}


def expected(path: Path) -> list[str]:
    beside = path.with_name(path.name + ".expect")
    if beside.exists():
        return beside.read_text("utf-8").splitlines()
    lines = path.read_text("utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def said(problems: list[Problem]) -> list[str]:
    return [f"{p.line}:{p.column}: {str(p).split(': ', 1)[1]}" for p in problems]


def test_there_are_bad_files_of_every_sort() -> None:
    sorts = {path.name.split("_")[0] for path in FILES}
    assert sorts >= {"form", "instrument", "facts", "scenario", "labels", *HOUSE_FILES}
    assert len(FILES) >= 100


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_bad_file_gives_exactly_the_lines_it_expects(
    path: Path, rulebook: Rulebook, rules_dir: Path, tmp_path: Path
) -> None:
    wanted = expected(path)
    assert wanted, "the file says nothing about what to expect"
    house = HOUSE_FILES.get(path.name.split("_")[0])
    if house is None:
        assert said(check_paths([path], rulebook)) == wanted
        return
    copy = tmp_path / "rules"
    shutil.copytree(rules_dir, copy)
    shutil.copy(path, copy / house)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(copy)
    assert said([p for p in caught.value.problems if p.file == str(copy / house)]) == wanted


def test_every_message_is_one_line_that_begins_with_its_place(rulebook: Rulebook) -> None:
    for path in FILES:
        for problem in check_paths([path], rulebook):
            text = str(problem)
            assert "\n" not in text
            assert text.startswith(f"{problem.file}:{problem.line}:{problem.column}: ")
            assert text.endswith((".", "?")), text
