"""A user's mistake: one line that says where, what is wrong and what to write instead; all of them at once."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. Prints as ``file:line:column: what. Instead.``"""

    file: str
    line: int
    column: int
    what: str
    instead: str = ""

    def __str__(self) -> str:
        said = " ".join(_sentence(part) for part in (self.what, self.instead) if part)
        return f"{self.file}:{self.line}:{self.column}: {said}"


class RulebookError(Exception):
    """Files that cannot be used as they are. ``problems`` holds every mistake found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = sorted(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects mistakes while a file is read, so that all of them are reported at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, spot: Spot, what: str, instead: str = "") -> None:
        self._found.append(Problem(spot.file, spot.line, spot.column, what, instead))

    def extend(self, problems: Iterable[Problem]) -> None:
        self._found.extend(problems)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def raise_if_any(self) -> None:
        """Raises RulebookError when anything was wrong."""
        if self._found:
            raise RulebookError(self._found)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def told(text: object) -> str:
    """What the user wrote, fit for one line of a message: no line breaks, not too long, in backticks."""
    flat = " ".join(str(text).split())
    flat = "".join(c if c.isprintable() else repr(c)[1:-1] for c in flat)
    return f"`{flat if len(flat) <= 60 else flat[:57] + '...'}`"


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names as a phrase: ``a, b or c``; long lists are cut."""
    every = list(names)
    if len(every) > most:
        return ", ".join(every[:most]) + f" ... ({len(every)} in all)"
    return every[0] if len(every) == 1 else ", ".join(every[:-1]) + " or " + every[-1] if every else "nothing"


def did_you_mean(word: str, known: Iterable[str], else_say: str = "") -> str:
    """``Did you mean `x`?`` when something close is known, else ``else_say`` or the known names."""
    names = list(known)
    begun = [name for name in names if name.startswith(word)] if len(word) > 3 else []
    close = begun if len(begun) == 1 else difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not close:
        folded = {n.casefold().replace("-", "_"): n for n in names}
        same = folded.get(word.casefold().replace("-", "_").replace(" ", "_"))
        close = [same] if same else []
    if close:
        return f"Did you mean `{close[0]}`?"
    return else_say or f"Write {listed(names)}"


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working directory when it lies below, else as it is."""
    try:
        return str(Path(os.path.abspath(path)).relative_to(os.getcwd()))
    except ValueError:
        return str(path)
