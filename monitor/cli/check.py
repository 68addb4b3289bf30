"""``covenantd check``: every mistake in the files a person writes, all at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, find_config, json_option, print_json

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.core.clause import Obligor
    from monitor.rulebook.rulebook import Rulebook

CONFIG_KEYS = frozenset({"ledger", "instruments", "feeds", "channels", "simulate", "reminders"})
SUFFIXES = (".yaml", ".yml", ".jsonl", ".ndjson")


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@config_option
@json_option
def command(paths: tuple[Path, ...], config_path: Path | None, as_json: bool) -> None:
    """Check rule files, instruments, facts, statements and the configuration.

    Without PATH: the rules and the configuration in use. A folder is checked with all that is below it.
    """
    problems, files = _found(paths, config_path)
    if as_json:
        print_json({"ok": not problems, "files": files, "problems": problems})
    elif problems:
        for line in problems:
            click.echo(line, err=True)
        click.echo(f"{len(problems)} {'mistake' if len(problems) == 1 else 'mistakes'}.", err=True)
    else:
        click.echo(f"{files} {'file' if files == 1 else 'files'} fine.")
    sys.exit(2 if problems else 0)


def _found(paths: tuple[Path, ...], config_path: Path | None) -> tuple[list[str], int]:
    """(one line for each mistake, in order; how many files were looked at)"""
    from monitor.rulebook.checks import check_paths
    from monitor.rulebook.problems import RulebookError
    from monitor.rulebook.rulebook import default_rules_dir, load_rulebook

    lines: list[str] = []
    wanted = list(paths)
    configs = [config_path] if config_path else []
    if not paths:
        wanted = [default_rules_dir()]
        configs = [find_config(config_path)] if config_path or _has_config() else []
    configs += [p for p in wanted if p.is_file() and _is_config(p)]
    configs += [p / "config.yaml" for p in wanted if (p / "config.yaml").is_file()]
    rest = [p for p in wanted if p not in configs and not (p / "config.yaml").is_file()]
    try:
        rulebook = load_rulebook()
    except RulebookError as error:
        return [str(p) for p in error.problems], 0
    files = 0
    for path in dict.fromkeys(configs):
        found, count = _config(path, rulebook)
        lines, files = lines + found, files + count
    statements = [p for p in rest if p.is_file() and _is_statements(p)]
    for path in statements:
        lines, files = lines + _statements(path, rulebook), files + 1
    rest = [p for p in rest if p not in statements]
    lines += [str(p) for p in check_paths(rest, rulebook)]
    return list(dict.fromkeys(lines)), files + sum(len(_below(p)) for p in rest)


def _below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [
        f for f in path.rglob("*")
        if f.suffix in SUFFIXES and f.is_file() and not any(x.startswith(".") for x in f.relative_to(path).parts)
    ]


def _has_config() -> bool:
    try:
        find_config(None)
    except click.UsageError:
        return False
    return True


def _keys(path: Path) -> tuple[frozenset[str], bool]:
    """(top-level keys of a YAML file, whether it is a list of statements); nothing for a file that is no YAML."""
    from monitor.rulebook.problems import Problems, RulebookError
    from monitor.rulebook.yaml_marks import Items, Table, read_yaml

    if path.suffix not in (".yaml", ".yml"):
        return frozenset(), False
    try:
        node = read_yaml(path, Problems())
    except RulebookError:
        return frozenset(), False
    if isinstance(node, Table):
        return frozenset(node.entries), False
    listed = isinstance(node, Items) and any(isinstance(i, Table) and "stated_by" in i.entries for i in node.items)
    return frozenset(), listed


def _is_config(path: Path) -> bool:
    keys = _keys(path)[0]
    return path.name == "config.yaml" or bool(keys & CONFIG_KEYS and not keys & {"instrument", "form", "cases"})


def _is_statements(path: Path) -> bool:
    return _keys(path)[1]


# --- a configuration --------------------------------------------------------------------------------------------


def _config(path: Path, rulebook: Rulebook) -> tuple[list[str], int]:
    """The configuration, the instruments it watches, the instruments beside it, the statements it reads."""
    from monitor.config import load_config
    from monitor.rulebook.checks import check_paths
    from monitor.rulebook.problems import RulebookError
    from monitor.rulebook.rulebook import load_rulebook

    try:
        config = load_config(path)
        book = load_rulebook(config.rules) if config.rules else rulebook
    except RulebookError as error:
        return [str(p) for p in error.problems], 1
    lines = _watched(config, book)
    files = [path]
    for folder in (*config.instrument_dirs, *((config.rules,) if config.rules else ())):
        if folder.is_dir():
            below = _below(folder)
            files += below
            lines += [str(p) for p in check_paths([folder], book)] if below else []
    for feed in config.feeds:
        if feed.feed == "attested" and feed.recorded is not None:
            for statement in sorted(feed.recorded.glob("*.yaml")):
                files.append(statement)
                lines += _statements(statement, book, config)
    return list(dict.fromkeys(lines)), len(set(files))


def _watched(config: Config, book: Rulebook) -> list[str]:
    from monitor.daemon.world import watch_instruments
    from monitor.rulebook.problems import RulebookError

    try:
        watch_instruments(config, book)
    except RulebookError as error:
        return [str(p) for p in error.problems]
    return []


def _statements(path: Path, book: Rulebook, config: Config | None = None) -> list[str]:
    """Statements as the attested feed reads them; without a configuration any subject will do."""
    from feeds import load_feed
    from feeds.base import FeedChanged, Payload, Watch
    from monitor.clock import now
    from monitor.core.clause import Obligor
    from monitor.rulebook.problems import shown

    obligors = (_obligors(config, book) if config else []) or [Obligor("maker", "maker")]
    settings = {"rules": str(book.rules_dir)}
    payload = Payload("attested", shown(path), path.resolve().as_uri(), path.read_bytes(), now())
    try:
        return list(load_feed("attested").parse(payload, Watch(tuple(obligors), settings)).errors)
    except FeedChanged as error:
        return [str(error)]


def _obligors(config: Config, book: Rulebook) -> list[Obligor]:
    from monitor.daemon.world import watch_instruments
    from monitor.rulebook.problems import RulebookError

    try:
        return [w.instrument.maker for w in watch_instruments(config, book).values()]
    except RulebookError:
        return []  # what is wrong with them is told with the instruments themselves
