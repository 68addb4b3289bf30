"""The stream of styled text and table cells that a CM/ECF page is, for feeds/docket_page.py.

CM/ECF's HTML is not well formed (rows inside rows, links never closed), so no tree is built: tables are told apart only
so far as to find the one headed "Docket Text" and those that continue it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Piece:
    """Text with its style; ``row`` is the entry row it is in (None outside), ``cell`` counts cells in it."""

    text: str
    bold: bool
    italic: bool
    row: int | None
    cell: int
    party: int


@dataclass(slots=True)
class _State:
    depth: int = 0
    skip: int = 0
    cell: int = 0
    block: int = 0
    entries_at: int | None = None
    resumes_at: int | None = None
    columns: list[str] = field(default_factory=list)


class Stream(HTMLParser):
    """The page as a list of pieces. Tables are told apart only so far as to find the one headed "Docket Text"."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.state = _State()
        self.open: dict[str, int] = {"b": 0, "i": 0, "h2": 0, "th": 0, "title": 0}
        self.rows = -1
        self.in_row = False
        self.entries_seen = False
        self.case_seen = False
        self.ended = False
        self.title = ""
        self.roles: list[str] = []
        self._flags: list[str] = []
        self._heads: list[str] = []

    def flags(self) -> tuple[str, ...]:
        return tuple(f for f in (part.strip() for part in ",".join(self._flags).split(",")) if f)

    @property
    def numbered(self) -> bool:
        return "#" in self.state.columns

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        state = self.state
        if tag in ("script", "style"):
            state.skip += 1
        elif tag in self.open:
            self.open[tag] += 1
            if tag == "th":
                state.resumes_at = None
        elif tag == "table":
            state.depth += 1
            self._heads = []
            if state.resumes_at == state.depth:  # CM/ECF starts a new table, without headings, every hundred entries
                state.entries_at = state.depth
            state.resumes_at = None
        elif tag in ("hr", "center"):
            state.resumes_at = None
        elif tag == "tr" and state.entries_at == state.depth:
            self.rows, state.cell, self.in_row = self.rows + 1, -1, True
        elif tag == "td" and state.entries_at in (None, state.depth):
            state.cell += 1
            state.block += 1
            self.open["b"] = self.open["i"] = 0  # a style left open does not leak out of its cell
        if tag in ("br", "tr", "td", "th", "p", "div", "table", "center", "h2"):
            self._add("\n" if not self._in_entries() else " ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in self.open or tag in ("script", "style"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        state = self.state
        if tag in ("script", "style"):
            state.skip = max(0, state.skip - 1)
        elif tag in self.open:
            self.open[tag] = max(0, self.open[tag] - 1)
        elif tag == "table":
            if state.entries_at == state.depth:
                state.resumes_at, state.entries_at, self.in_row = state.depth, None, False
            state.depth = max(0, state.depth - 1)
        elif tag == "html":
            self.ended = True

    def handle_data(self, data: str) -> None:
        if self.state.skip:
            return
        if data.strip():
            self.state.resumes_at = None
        if self.open["title"]:
            self.title += data
            return
        if self.open["h2"] and not self.case_seen:
            self._flags.append(data)
        if "Petition #" in data or "Proceeding #" in data:
            self.case_seen = True
        if self.open["th"]:
            self._head(data)
        self._add(data)

    def _head(self, data: str) -> None:
        head = " ".join(data.split())
        if head:
            self._heads.append(head)
        if head.casefold() == "docket text" and not self._in_entries():
            self.state.entries_at, self.entries_seen = self.state.depth, True
            self.state.columns = list(self._heads)
            self.in_row = False

    def _in_entries(self) -> bool:
        return self.state.entries_at is not None and self.in_row

    def _add(self, text: str) -> None:
        row = self.rows if self._in_entries() else None
        piece = Piece(text, bool(self.open["b"]), bool(self.open["i"]), row, self.state.cell, self.state.block)
        last = self.pieces[-1] if self.pieces else None
        if last and (last.bold, last.italic, last.row, last.cell, last.party) == (
            piece.bold, piece.italic, piece.row, piece.cell, piece.party
        ) and "\n" not in (last.text[-1:], text):
            last.text += text
        else:
            self.pieces.append(piece)
        if piece.bold and piece.italic and text.strip():
            self.roles.append(" ".join(text.split()))
