"""Facts and their versions: append-only, each version selectable from the instant it became known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select

from monitor.core.canonical import utc_text
from monitor.core.facts import Fact
from monitor.ledger import tables
from monitor.ledger.access import Reads, Writes
from monitor.ledger.codec import fact_from_text, fact_text, instant
from monitor.ledger.record import append_all, chunks


@dataclass(frozen=True, slots=True)
class FactSource:
    """Where one version of a fact came from. ``payload`` is the sha256 of the raw payload, "" if there is none."""

    fact: str
    version: str
    known_at: datetime
    text: str
    url: str
    payload: str


@dataclass(frozen=True, slots=True)
class KeptExhibit:
    """A file that shows a fact: its name as it was stated, the sha256 of its bytes (``PollReads.payload``)."""

    fact: str
    name: str
    digest: str


class FactReads(Reads):
    def all_facts(
        self, subjects: Collection[str] | None = None, known_at: datetime | None = None, *, history: bool = True
    ) -> list[Fact]:
        """Versions of facts, by (known_at, id). Selecting among them is the core's business (select.visible).

        ``subjects``: only facts about these (case does not count; facts about everyone, ``*``, "maker" and "" are
        always among them). ``known_at``: only versions known by then. ``history`` False leaves out versions that a
        later one of the same fact replaced by then.
        """
        f = tables.facts.c
        wanted = select(f.content).order_by(f.known_at, f.id, f.version)
        if subjects is not None:
            names = {name.casefold() for name in subjects} | {"*", "maker", ""}
            wanted = wanted.where(f.subject_folded.in_(sorted(names)))
        with self._connection() as conn:
            return [fact_from_text(content) for content in conn.scalars(_known(wanted, known_at, history))]

    def fact_versions(self, fact: str) -> list[Fact]:
        """Every version of one fact, oldest first; a version that came back is listed again."""
        f = tables.facts.c
        with self._connection() as conn:
            return [
                fact_from_text(content)
                for content in conn.scalars(select(f.content).where(f.id == fact).order_by(f.known_at, f.version))
            ]

    def fact_sources(self, facts: Collection[str], known_at: datetime | None = None) -> dict[str, FactSource]:
        """Fact id -> where its last version known by ``known_at`` came from, with the triggering text."""
        f = tables.facts.c
        found: dict[str, FactSource] = {}
        with self._connection() as conn:
            for chunk in chunks(sorted(set(facts))):
                wanted = select(f.id, f.version, f.known_at, f.text, f.url, f.payload).where(f.id.in_(chunk))
                for row in conn.execute(_known(wanted, known_at, True).order_by(f.known_at, f.version)):
                    found[row.id] = FactSource(
                        row.id, row.version, instant(row.known_at), row.text, row.url, row.payload or "",
                    )
        return found

    def exhibits(self, facts: Collection[str]) -> list[KeptExhibit]:
        """The files kept with these facts, in the order in which they came."""
        x = tables.exhibits.c
        found: list[KeptExhibit] = []
        with self._connection() as conn:
            for chunk in chunks(sorted(set(facts))):
                wanted = select(x.fact, x.name, x.digest).where(x.fact.in_(chunk)).order_by(x.seq)
                found += [KeptExhibit(row.fact, row.name, row.digest) for row in conn.execute(wanted)]
        return found

    def fact_text(self, fact: str, known_at: datetime | None = None) -> str:
        """The triggering words as the source wrote them: untrusted. "" when none were kept."""
        source = self.fact_sources([fact], known_at).get(fact)
        return source.text if source else ""


class FactWrites(Writes):
    def add_facts(
        self, facts: Iterable[Fact], payload_digest: str | None = None, texts: Mapping[str, str] | None = None,
        url: str = "",
    ) -> list[Fact]:
        """Adds what is new; returns the new facts and new versions, by (known_at, id).

        ``texts``: record -> triggering words (``Parsed.texts``). The same content again adds nothing, however often
        it is read. Content that comes back after other content was known (A, B, A) is a row of its own, so that A can
        be selected from then on; its ``version`` is that of the first A, so tell them apart by ``known_at`` too.
        Facts that are captured late (an older ``known_at``) are put in their place.
        """
        batch: dict[tuple[str, str], dict[str, dict[str, Fact]]] = defaultdict(lambda: defaultdict(dict))
        for fact in facts:
            batch[fact.subject, fact.id][utc_text(fact.known_at)].setdefault(fact.version, fact)
        first = min((known_at for by_instant in batch.values() for known_at in by_instant), default="")
        held = self._versions({id_ for _, id_ in batch}, first)
        new = [
            fact for who, by_instant in batch.items() for fact in _not_held(by_instant, held[who])
        ]
        new.sort(key=lambda f: (f.known_at, f.id, f.version))
        append_all(
            self._conn, tables.facts,
            [
                {
                    "subject": f.subject, "subject_folded": f.subject.casefold(), "id": f.id, "version": f.version,
                    "known_at": utc_text(f.known_at), "kind": f.kind, "source": f.source, "content": fact_text(f),
                    "payload": payload_digest, "text": (texts or {}).get(f.record, ""), "url": url,
                }
                for f in new
            ],
        )
        return new

    def add_exhibit(self, fact: str, name: str, digest: str, at: datetime) -> None:
        """Keeps with a fact the file that shows it; ``digest`` is that of a kept payload. The same again adds nothing.

        A file that was changed after it was stated is another one: both stay.
        """
        x = tables.exhibits.c
        if self._conn.scalar(select(x.seq).where(x.fact == fact, x.digest == digest)) is None:
            row = {"fact": fact, "name": name, "digest": digest, "at": utc_text(at)}
            append_all(self._conn, tables.exhibits, [row])

    def _versions(self, ids: set[str], first: str) -> defaultdict[tuple[str, str], dict[str, set[str]]]:
        """(subject, id) -> known_at -> versions known at that instant: those in force at ``first`` and later ones.

        A fact that says how far a source was read has a version for each poll: years of them are never read again.
        """
        f, older = tables.facts.c, tables.facts.alias("older").c
        in_force = select(func.max(older.known_at)).where(
            older.subject == f.subject, older.id == f.id, older.known_at <= first
        ).scalar_subquery()
        held: defaultdict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
        for chunk in chunks(sorted(ids)):
            wanted = select(f.subject, f.id, f.version, f.known_at).where(f.id.in_(chunk))
            wanted = wanted.where(f.known_at >= func.coalesce(in_force, ""))
            for row in self._conn.execute(wanted):
                held[row.subject, row.id].setdefault(row.known_at, set()).add(row.version)
        return held


def _not_held(by_instant: Mapping[str, Mapping[str, Fact]], held: dict[str, set[str]]) -> list[Fact]:
    """Of one fact, the versions that say something else than what was known just before. Extends ``held``."""
    new: list[Fact] = []
    for known_at in sorted(by_instant):
        versions = by_instant[known_at]
        before = max((known for known in held if known <= known_at), default="")
        known = held.get(before, set())
        if before != known_at and known == set(versions):
            continue
        added = [v for v in versions if before != known_at or v not in known]
        new += [versions[v] for v in added]
        if added:
            held.setdefault(known_at, set()).update(added)
    return new


def _known(wanted: Select[Any], known_at: datetime | None, history: bool) -> Select[Any]:
    f, later = tables.facts.c, tables.facts.alias("later").c
    newer = [later.subject == f.subject, later.id == f.id, later.known_at > f.known_at]
    if known_at is not None:
        wanted = wanted.where(f.known_at <= utc_text(known_at))
        newer.append(later.known_at <= utc_text(known_at))
    return wanted if history else wanted.where(~exists(select(later.seq).where(and_(*newer))))
