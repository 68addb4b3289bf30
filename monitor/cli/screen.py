"""The console of commands that print tables. Imported on use: rich takes longer to load than everything else."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 160


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """rich would end the process with 1; the process edge (monitor.cli.main) knows what a closed pipe means."""
        raise BrokenPipeError


def console() -> Console:
    """As wide as the terminal; into a pipe wide enough that no name is cut."""
    return _Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def table(*headers: str, indent: int = 0) -> Table:
    """Columns without rules or boxes; what does not fit goes on the next line and is never cut."""
    made = Table(box=None, show_header=bool(headers), padding=(0, 2, 0, indent))
    for header in headers:
        made.add_column(header, overflow="fold")
    return made
