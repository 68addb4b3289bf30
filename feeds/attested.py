"""Attested statements: what a person states, with a name, a date and a file that shows it.

Endpoint   YAML files in a folder of the holder's; nothing is fetched.
Auth       whoever may write the folder.
Cadence    hourly.
Freshness  none: a statement proves what it says and no absence. A search that found nothing is stated as a
           ``source_read`` fact of its own (source, jurisdiction, through).
Volume     a handful a year; the only source for clause (d).
Proves     what the kind proves (rules/vocabulary.yaml).
Shape      a list of facts in the vocabulary's shape, each with

               stated_by: Jane Roe, counsel to the holder   # required
               stated_at: 2005-09-14                        # required; an instant, or a date: its end in New York
               evidence: evidence/notice.pdf                # required; relative to this file

           ``subject`` defaults to the one watched obligor. The digest of the evidence goes into the alert's text, its
           bytes go with the fact (at most 64 MB a file).
Traps      - known_at is when the program learned of it, published_at when it was stated: neither is written by hand.
           - Without ``record`` or ``id`` a statement is identified by its content: changed content is another fact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlparse

from feeds.base import Exhibit, FeedChanged, FeedFailed, Http, Parsed, Payload, Watch
from feeds.names import is_named
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, fact_id, local_date
from monitor.rulebook.fact_dates import FactDates
from monitor.rulebook.facts_file import FactReader
from monitor.rulebook.law import HOUSE_LAW
from monitor.rulebook.problems import Problems, RulebookError, told
from monitor.rulebook.rulebook import Rulebook, load_rulebook
from monitor.rulebook.section import as_text
from monitor.rulebook.yaml_marks import Entry, Items, Node, Table, Word, decoded, describe, parse_yaml

LARGEST = 64 * 1024 * 1024
STATED = ("stated_by", "stated_at", "evidence")
OURS = ("known_at", "published_at")


class AttestedFeed:
    """Statement files; one payload is one file, one record one statement."""

    name = "attested"
    proves = "evidence"
    cadence_minutes = 60
    suffixes: tuple[str, ...] = (".yaml", ".yml")
    joins_payloads = False
    settings: tuple[str, ...] = ("folder", "rules")
    gaps_closed_by: tuple[str, ...] = ()

    def watches(self, obligor: Obligor) -> bool:
        return True

    def fetch(self, http: Http, watch: Watch) -> Iterator[Payload]:
        raise FeedFailed("attested: statements are files. Save them in a folder and use `source: recorded` with it.")

    def parse(self, payload: Payload, watch: Watch) -> Parsed:
        if not payload.name.endswith((".yaml", ".yml")):
            line = f"{payload.name}:1:1: not a .yaml file. Keep evidence in a folder below the statements."
            return Parsed(errors=(line,))
        problems = Problems()
        nodes = _nodes(payload, problems)
        reader = _Statements(payload, watch, problems)
        facts: dict[str, Fact] = {}
        texts: dict[str, str] = {}
        exhibits: dict[str, Exhibit] = {}
        for node in nodes:
            found = reader.read(node)
            if found is None:
                continue
            fact, text, exhibit = found
            if fact.id in facts:
                what = "the same statement stands above"
                problems.add(node.spot, what, "Give each a `record` of its own, or remove one")
                continue
            facts[fact.id] = fact
            texts[fact.record] = text
            exhibits[fact.record] = exhibit
        return Parsed(
            facts=tuple(facts.values()), errors=tuple(str(p) for p in sorted(problems)), records=len(nodes),
            texts=texts, exhibits=exhibits,
        )

    def captured_at(self, body: bytes, name: str) -> datetime | None:
        return None


def _nodes(payload: Payload, problems: Problems) -> tuple[Node, ...]:
    try:
        node = parse_yaml(decoded(payload.body, payload.name), payload.name, problems)
    except RulebookError as error:
        raise FeedChanged(str(error)) from error
    if isinstance(node, Items):
        return node.items
    if node is None or (isinstance(node, Word) and node.is_null):
        raise FeedChanged(f"{payload.name}:1:1: no statements. Write a list of facts, or `[]` for none.")
    at = f"{payload.name}:{node.spot.line}:{node.spot.column}"
    raise FeedChanged(f"{at}: a list of statements is needed, this is {describe(node)}. Begin each with `- kind: ...`.")


class _Statements:
    """Reads the statements of one file. Mistakes are noted; the statement they are in is left out."""

    def __init__(self, payload: Payload, watch: Watch, problems: Problems) -> None:
        self.payload, self.watch, self.problems = payload, watch, problems
        rulebook = _rulebook(watch.settings.get("rules"))
        self.reader = FactReader(rulebook, None, None, problems)
        law = rulebook.laws[HOUSE_LAW]
        self.dates = FactDates(law.zone, law.holidays, problems)

    def read(self, node: Node) -> tuple[Fact, str, Exhibit] | None:
        before = len(self.problems)
        entries = dict(node.entries) if isinstance(node, Table) else {}
        stated = {key: entries.pop(key, None) for key in STATED}
        if isinstance(node, Table):
            for key in OURS:
                if key in entries:
                    self.problems.add(entries.pop(key).key, f"`{key}` is not stated by hand", "Write `stated_at`")
            self._subject(node, entries)
        fact = self.reader.read(Table(node.spot, entries) if isinstance(node, Table) else node)
        if not isinstance(node, Table):
            return None
        by = self._text(node, stated["stated_by"], "stated_by", "who states this")
        stated_at = self._needed(node, stated["stated_at"], "stated_at", "the day it was stated")
        at = self.dates.instant(stated_at.node, "`stated_at`") if stated_at else None
        shown = self._evidence(node, stated["evidence"])
        if fact is None or at is None or shown is None or len(self.problems) > before:
            return None
        own = "record" in entries and "id" not in entries
        identity = fact_id("attested", fact.record, fact.kind, fact.subject) if own else fact.id
        fact = replace(fact, id=identity, source="attested", known_at=self.payload.captured_at, published_at=at)
        digest = hashlib.sha256(shown.body).hexdigest()
        said = f"Stated by {by} on {local_date(at, self.dates.zone)}; evidence {shown.name} sha256 {digest}"
        return fact, said, shown

    def _subject(self, node: Table, entries: dict[str, Entry]) -> None:
        """An obligor's exact name becomes its id; nothing becomes the one obligor watched."""
        entry = entries.get("subject")
        if entry is None:
            if len(self.watch.obligors) == 1:
                spot = node.spot
                entries["subject"] = Entry(spot, Word(spot, self.watch.obligors[0].id, plain=False))
            elif "kind" in entries:
                what = f"{len(self.watch.obligors)} obligors are watched and the statement names none"
                self.problems.add(node.spot, what, "Add `subject: ...`, an obligor's id or exact name")
        elif isinstance(entry.node, Word):
            for obligor in self.watch.obligors:
                if entry.node.text != obligor.id and is_named(obligor, entry.node.text):
                    entries["subject"] = Entry(entry.key, Word(entry.node.spot, obligor.id, plain=False))

    def _needed(self, node: Node, entry: Entry | None, key: str, meaning: str) -> Entry | None:
        if entry is None:
            self.problems.add(node.spot, f"the statement has no `{key}`", f"Add `{key}: ...`, {meaning}")
        return entry

    def _text(self, node: Node, entry: Entry | None, key: str, meaning: str) -> str:
        found = self._needed(node, entry, key, meaning)
        return as_text(found.node, self.problems, f"`{key}`") if found else ""

    def _evidence(self, node: Node, entry: Entry | None) -> Exhibit | None:
        """The evidence file."""
        name = self._text(node, entry, "evidence", "the file that shows it")
        if not name or entry is None:
            return None
        folder = _folder(self.payload, self.watch)
        if folder is None:
            what = "it is not known where this file lies"
            self.problems.add(entry.node.spot, what, "Set `folder` of the attested feed")
            return None
        try:
            large = (folder / name).stat().st_size > LARGEST
            body = b"" if large else (folder / name).read_bytes()
        except OSError as error:
            what = f"evidence {told(name)} cannot be read ({error.strerror})"
            self.problems.add(entry.node.spot, what, "Write its path relative to this file")
            return None
        if large:
            what = f"evidence {told(name)} is larger than 64 MB"
            self.problems.add(entry.node.spot, what, "Name the page that matters alone")
            return None
        return Exhibit(name, body)


def _folder(payload: Payload, watch: Watch) -> Path | None:
    """The folder of the statement file: of its ``file:`` address, else the setting ``folder``."""
    if payload.url.startswith("file:"):
        return Path(unquote(urlparse(payload.url).path)).parent
    given = watch.settings.get("folder")
    return (Path(str(given)) / payload.name).parent if given else None


@lru_cache(maxsize=4)
def _rulebook(folder: str | None) -> Rulebook:
    return load_rulebook(Path(folder) if folder else None)
