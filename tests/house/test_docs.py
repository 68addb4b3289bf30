"""What README.md and docs/ say is so: commands parse, files exist, every reading and every closed key is there.

A fence marked ``sh`` holds commands; what a command prints stands in a fence marked ``text``.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from feeds import FEEDS
from monitor import config
from monitor.cli import COMMANDS, LazyGroup
from monitor.core.alerts import AlertKind
from monitor.rulebook import ripening
from monitor.rulebook.rulebook import Rulebook, load_instrument

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"^(?:rules|monitor|feeds|tests|docs|bench|\.ci)/[\w./*-]*$")
LANGUAGE = ["forms", "patterns", "ripening", "instruments", "readings", "law", "venues", "vocabulary"]
"""Modules of monitor/rulebook whose closed keys docs/rules-language.md explains."""


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fences(text: str, *languages: str) -> Iterator[str]:
    for language, body in FENCE.findall(text):
        if language in languages:
            yield body


def spans(text: str) -> list[str]:
    """What stands in backticks outside fences."""
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


# --- commands ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """``covenantd`` with its words, as a page shows it. ``whole``: to be typed as it stands."""

    page: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: covenantd {' '.join(self.words)}"


def said_on(path: Path) -> Iterator[Said]:
    text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
    for body in fences(text, "sh", "ini", ""):
        for line in body.replace("\\\n", " ").splitlines():
            for found in re.findall(r"(?:^|[\s/=])covenantd(?= |$)([^|;&>]*)", line):
                words = tuple(shlex.split(found, comments=True))
                if words:
                    yield Said(name, words, whole=True)
    for span in spans(text):
        if span.startswith("covenantd "):
            yield Said(name, tuple(shlex.split(span))[1:], whole=False)


SAID = sorted({said for path in PAGES for said in said_on(path)}, key=str)


@pytest.mark.parametrize("said", SAID, ids=str)
def test_every_command_line_shown_is_one_that_covenantd_takes(said: Said) -> None:
    command: click.Command = LazyGroup("covenantd")
    words = list(said.words)
    context = click.Context(command, info_name="covenantd")
    while isinstance(command, click.Group) and words and not words[0].startswith("-") and not words[0].isupper():
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"no command {name}"
        command, context = found, click.Context(found, info_name=name, parent=context)
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help", "-h"}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known
    if said.whole and not isinstance(command, click.Group) and "..." not in words:
        command.make_context(command.name, words)  # raises UsageError when an argument is missing or too much


def test_pages_show_every_command_there_is() -> None:
    shown = {said.words[0] for said in SAID}
    assert set(COMMANDS) - shown == set()


def test_every_make_target_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    shown = {target for path in PAGES for target in re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8"))}
    shown |= {t for path in PAGES for body in fences(path.read_text(encoding="utf-8"), "sh")
              for t in re.findall(r"^(?:\w+=\S+ )*make ([a-z]+)", body, re.MULTILINE)}
    assert {"run", "test"} <= shown
    assert shown - targets == set()


# --- files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text))]
    missing = [link for link in links if link and "://" not in link and not (path.parent / link).exists()]
    named = [word for span in spans(text) for word in span.split() if OURS.match(word)]
    missing += [word for word in named if not list(ROOT.glob(word.rstrip("/.")))]
    assert missing == []


def test_the_map_of_the_architecture_names_what_is_there() -> None:
    (tree, *_) = fences(page("docs/architecture.md"), "")
    folder: list[str] = []
    for line in tree.splitlines():
        found = re.match(r"( *)([\w.]+/?)(?: |$)", line)
        assert found, line
        depth = len(found[1]) // 2
        folder[depth:] = [found[2]]
        assert ROOT.joinpath(*folder).exists(), line
    packages = {p.name for p in (ROOT / "monitor").iterdir() if (p / "__init__.py").is_file()}
    assert {name for name in packages if f"  {name}/" not in tree} == set()


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        if path.is_dir():
            todo += path.glob("*.md")
            continue
        links = re.findall(r"\]\(([^)\s#]+)[^)]*\)", path.read_text(encoding="utf-8"))
        todo += [(path.parent / link).resolve() for link in links if "://" not in link and link.endswith((".md", "/"))]
    assert {p.relative_to(ROOT).as_posix() for p in PAGES if p not in seen} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_yaml_example_is_yaml(path: Path) -> None:
    for body in fences(path.read_text(encoding="utf-8"), "yaml"):
        assert yaml.safe_load(body) is not None


# --- readings, keys, feeds --------------------------------------------------------------------------------------


def test_readings_md_says_what_readings_yaml_says(rulebook: Rulebook) -> None:
    form = rulebook.forms["roo-petty-2005"]
    wanted = []
    for reading in rulebook.readings.values():
        values = [reading.default, *(v for v in reading.values if v != reading.default)]
        shown = ", ".join(f"`{v}`" + (" (noted)" if reading.values[v] == "noted" else "") for v in values)
        meaning = reading.meaning + (f" *{reading.authority}*" if reading.authority else "")
        limbs = ", ".join(limb.id for limb in form.limbs if reading.name in limb.readings) or "the remedy"
        wanted.append(f"| `{reading.name}` | {shown} | {meaning} | {limbs} |")
    rows = [line for line in page("docs/readings.md").splitlines() if line.startswith("| `")]
    assert rows == wanted


def closed_keys(module_name: str) -> set[str]:
    """The keys that a module hands to ``Section`` or ``section.section``, read out of its code."""
    module = importlib.import_module(f"monitor.{module_name}")
    assert module.__file__
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        place = {"Section": 3, "section": 1}.get(str(name))
        if place is None or len(node.args) <= place:
            continue
        keys = eval(compile(ast.Expression(node.args[place]), module.__file__, "eval"), vars(module)) \
            if names_known(node.args[place], vars(module)) else ()
        found |= set(keys)
    return found


def names_known(expression: ast.expr, names: dict[str, object]) -> bool:
    """Whether the expression is made of constants and a module's own names."""
    used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    return used <= set(names) and not any(isinstance(n, ast.Call | ast.Attribute) for n in ast.walk(expression))


def undocumented(keys: set[str], text: str) -> set[str]:
    """Keys that stand neither in backticks, alone or before their value."""
    return {key for key in keys if not re.search(rf"`{re.escape(key)}(: [^`]*)?`", text)}


@pytest.mark.parametrize("name", LANGUAGE)
def test_rules_language_md_explains_every_closed_key(name: str) -> None:
    keys = closed_keys(f"rulebook.{name}")
    if name == "ripening":
        keys |= {*ripening._HOW, *(key for group in ripening._KEYS.values() for key in group)}
    assert len(keys) > 1
    assert undocumented(keys, page("docs/rules-language.md")) == set()


def test_daemon_md_explains_every_key_of_the_configuration() -> None:
    assert undocumented(closed_keys("config") | {*config.KEYS}, page("docs/daemon.md")) == set()


def test_rules_language_md_shows_every_alert_kind_or_says_default() -> None:
    assert "`default` for all others" in page("docs/rules-language.md")
    assert AlertKind.RIPENED.value in page("docs/rules-language.md")


def test_every_area_of_the_vocabulary_is_named(rulebook: Rulebook) -> None:
    assert undocumented({*rulebook.vocabulary.areas}, page("docs/rules-language.md")) == set()


def test_every_feed_has_a_page() -> None:
    pages = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "feeds").glob("*.md"))
    assert {name for name in FEEDS if name not in pages} == set()


# --- what the README says is printed ----------------------------------------------------------------------------


def covenantd(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    command = [sys.executable, "-m", "monitor.cli", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_readme_shows_what_evaluate_prints(tmp_path: Path) -> None:
    text = page("README.md")
    section = text[text.index("## Your own facts"):]
    (facts, *_), (command, *_) = list(fences(section, "yaml")), list(fences(section, "sh"))
    printed, mistakes, *_ = fences(section, "text")

    def run(body: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "facts.yaml").write_text(body, encoding="utf-8")
        return covenantd(*shlex.split(command)[1:], folder=tmp_path)

    assert run(facts).stdout == printed
    wrong = run(facts.replace("kind: released", "kind: relased").replace("2005-08-15", "2005-8-15"))
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, "", mistakes)


def test_the_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    """The demo's own configuration, on the weeks in which the judgment ripens."""
    demo = page("config.yaml").replace("feeds/recorded/", f"{ROOT / 'feeds' / 'recorded'}/")
    weeks = re.sub(r"(?m)^simulate: .*$", "simulate: {from: 2005-08-16, to: 2005-09-07, seconds: 1}", demo)
    assert weeks != demo
    (tmp_path / "config.yaml").write_text(weeks, encoding="utf-8")
    ran = covenantd("run", folder=tmp_path)
    printed = "\n".join(line.rstrip() for line in ran.stdout.splitlines())
    section = page("README.md")
    (excerpt, *_) = fences(section[section.index("## Start"):], "text")
    assert excerpt in printed, ran.stderr


def test_every_next_step_of_the_shipped_note_is_a_whole_sentence(rulebook: Rulebook) -> None:
    """A comma in a list of plain YAML words cuts a sentence in two, and both halves are sent."""
    note, form = load_instrument("roo-petty-2005", rulebook)
    lines = [line for steps in note.next_step.values() for line in steps] + list(form.checks.values())
    assert [line for line in lines if not (line[:1].isupper() and line.endswith("."))] == []
