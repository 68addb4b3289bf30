"""ACRIS documents put together from their rows, and what a later document refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from feeds.acris_rows import Bundle, Row, amount_of, day_of

DEEPEST = 8
"""A revocation refers to a release that refers to a lien; longer chains than this are somebody's mistake."""


@dataclass(frozen=True, slots=True)
class DocumentParty:
    """``type``: 1 the debtor (borrower, grantor), 2 the secured party, 3 an assignee."""

    type: str
    name: str
    lines: tuple[str, ...]
    zip: str


@dataclass(frozen=True, slots=True)
class Reference:
    crfn: str
    document: str
    file: str
    reel: tuple[str, ...]

    @property
    def text(self) -> str:
        named = self.crfn or self.document or self.file
        return named or ("reel " + "/".join(self.reel) if self.reel else "nothing")


@dataclass(frozen=True, slots=True)
class Document:
    """``recorded`` is the day of recording, ``executed`` the document's own date (real property only)."""

    id: str
    crfn: str
    type: str
    recorded: date
    executed: date | None
    amount: Decimal | None
    file: str
    reel: tuple[str, ...]
    parties: tuple[DocumentParty, ...]
    references: tuple[Reference, ...]
    remarks: str

    @property
    def matter(self) -> str:
        """City-wide file number since 2003, else the document id."""
        return f"acris {self.crfn or self.id}"

    @property
    def creditor(self) -> str:
        return "; ".join(p.name for p in self.parties if p.type == "2")


@dataclass(frozen=True, slots=True)
class Target:
    """The first document a chain of references leads to. ``document`` is None when its rows are not at hand."""

    matter: str
    document: Document | None


@dataclass(frozen=True)
class Register:
    documents: Mapping[str, Document]
    by_crfn: Mapping[str, Document]
    by_file: Mapping[str, Document]
    by_reel: Mapping[tuple[str, ...], Document]

    @classmethod
    def of(cls, bundle: Bundle) -> tuple[Register, list[str]]:
        """The documents, and one line for each that could not be read."""
        parties, references, remarks = (_grouped(bundle.parts[p]) for p in ("parties", "references", "remarks"))
        documents: dict[str, Document] = {}
        errors: list[str] = []
        fresh = sorted(bundle.parts["master"], key=lambda row: str(day_of(row.get("good_through_date", ""))))
        for row in fresh:  # a corrected document comes again in a later batch
            name, recorded = row.get("document_id", ""), day_of(row.get("recorded_datetime", ""))
            if not name or not row.get("doc_type") or recorded is None:
                errors.append(f"document {name or '(no id)'}: no type or no recording date; it was not read")
                continue
            documents[name] = Document(
                id=name, crfn=row.get("crfn", ""), type=row["doc_type"], recorded=recorded,
                executed=day_of(row.get("document_date", "")), amount=amount_of(row.get("document_amt", "")),
                file=row.get("file_nbr", ""), reel=_reel(row, row.get("recorded_borough", "")),
                parties=tuple(_party(r) for r in parties.get(name, ())),
                references=tuple(_reference(r) for r in references.get(name, ())),
                remarks=" ".join(r.get("remark_text", "") for r in remarks.get(name, ())),
            )
        held = list(documents.values())
        return cls(
            documents, {d.crfn: d for d in held if d.crfn}, {d.file: d for d in held if d.file},
            {d.reel: d for d in held if d.reel},
        ), errors

    def targets(self, document: Document, later: frozenset[str]) -> tuple[list[Target], list[Reference]]:
        """The first documents that ``document`` is about, and the references that lead nowhere.

        ``later``: document types that are themselves about an earlier document, so that the chain goes on.
        """
        found: dict[str, Target] = {}
        lost: list[Reference] = []
        for reference in document.references:
            target = self._root(reference, later, frozenset({document.id}))
            if target is None:
                lost.append(reference)
            else:
                found.setdefault(target.matter, target)
        return list(found.values()), lost

    def _root(self, reference: Reference, later: frozenset[str], seen: frozenset[str]) -> Target | None:
        document = self._named(reference)
        if document is None:
            named = reference.crfn or reference.document
            return Target(f"acris {named}", None) if named else None
        if document.id in seen or len(seen) > DEEPEST:
            return None
        if document.type in later:
            for further in document.references:
                root = self._root(further, later, seen | {document.id})
                if root is not None:
                    return root
        return Target(document.matter, document)

    def _named(self, reference: Reference) -> Document | None:
        return (
            self.by_crfn.get(reference.crfn) or self.documents.get(reference.document)
            or self.by_file.get(reference.file) or self.by_reel.get(reference.reel)
        )


def _grouped(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        held = grouped.setdefault(row.get("document_id", ""), [])
        if row not in held:
            held.append(row)
    return grouped


def _party(row: Row) -> DocumentParty:
    lines = tuple(row[name] for name in ("address_1", "address_2") if row.get(name))
    return DocumentParty(row.get("party_type", ""), row.get("name", ""), lines, row.get("zip", ""))


def _reference(row: Row) -> Reference:
    return Reference(
        row.get("crfn", ""), row.get("reference_by_doc_id", ""), row.get("file_nbr", ""),
        _reel(row, row.get("reel_borough", "")),
    )


def _reel(row: Row, borough: str) -> tuple[str, ...]:
    """Year, borough, reel and page: how documents were filed before 2003. Zeros mean none."""
    values = (row.get("reel_yr", ""), borough, row.get("reel_nbr", ""), row.get("reel_pg", ""))
    return () if any(v in ("", "0", "0.0") for v in values) else values
