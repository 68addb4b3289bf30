"""The command ``covenantd``: one file for each command, imported only when it is called.

Exit codes: 0 fine, 1 something was found or failed, 2 wrong use or bad input.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

import monitor

COMMANDS = {
    "run": "Run the daemon (or the demo that config.yaml describes).",
    "once": "One full cycle: poll, evaluate, tell. For cron.",
    "status": "What is watched, how far each source is read, what is due.",
    "check": "Check rule files, instruments, facts and the configuration.",
    "evaluate": "Findings of one instrument on given facts.",
    "explain": "Why each clause stands as it does, with the days counted.",
    "replay": "Play recorded feeds through the whole pipeline on a simulated clock.",
    "attest": "State a fact, with who states it and the evidence.",
    "retract": "Withdraw a fact, with a reason.",
    "review": "Decide a hint or a possible match.",
    "notify": "Test a channel, show and re-send dead letters.",
    "feeds": "List the feeds; parse one payload offline.",
    "vocabulary": "Every fact kind with its fields.",
    "doctor": "Check this machine and this installation.",
    "init": "Make a private folder for your own notes.",
}


UNHEARD = 141
"""The code of a process that SIGPIPE ended (128 + 13), which is what shells expect behind ``| head``."""


class Unheard(Exception):
    """The reader of standard output went away: nothing is left to tell it."""


@contextlib.contextmanager
def _heard() -> Iterator[None]:
    """Takes a closed pipe out of click's hands, which would exit 1 in silence."""
    try:
        yield
    except BrokenPipeError:
        raise Unheard from None


class LazyGroup(click.Group):
    """Commands are listed without importing them: ``--help`` stays as fast as Python itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"monitor.cli.{cmd_name}"), "command")  # noqa: B009
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            close = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean `{close[0]}`?" if close else " `covenantd --help` lists them."
            raise click.UsageError(f"there is no command `{name}`.{hint}")
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _heard():
            return super().make_context(*args, **more)  # prints --help and --version

    def invoke(self, ctx: click.Context) -> Any:
        with _heard():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(monitor.__version__, prog_name="covenantd")
def group() -> None:
    """Watches the events of default of a note: says when a window opens, nears its end, ripens."""


def main(argv: Sequence[str] | None = None) -> None:
    """The process edge: every error becomes one line and an exit code, never a traceback."""
    try:
        _run(argv)
    finally:
        _flush()


def _flush() -> None:
    """What is still unwritten goes to whoever reads; Python itself would complain of a closed pipe at its exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: Sequence[str] | None) -> None:
    try:
        group.main(args=list(argv) if argv is not None else None, prog_name="covenantd", standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.UsageError as error:
        said = error.format_message()
        click.echo(f"covenantd: {said}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"covenantd: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("covenantd: stopped; nothing more was written.", err=True)
        sys.exit(1)
    except Unheard:
        sys.exit(UNHEARD)
    except Exception as error:
        sys.exit(_explained(error))


def _explained(error: Exception) -> int:
    """Print what a person can use; return the exit code."""
    from monitor.core.days import OutsideCalendar
    from monitor.ledger.errors import LedgerError
    from monitor.rulebook.problems import RulebookError

    if isinstance(error, RulebookError):
        for problem in error.problems:
            click.echo(str(problem), err=True)
        return 2
    if isinstance(error, OutsideCalendar):
        click.echo(f"covenantd: {error}. Write a date inside it.", err=True)
        return 2
    if isinstance(error, LedgerError | OSError):
        click.echo(f"covenantd: {error}", err=True)
        return 1
    if os.environ.get("COVENANTD_DEBUG"):
        raise error
    what = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(f"covenantd: a bug: {what}. Set COVENANTD_DEBUG=1 for its traceback and report it.", err=True)
    return 1
