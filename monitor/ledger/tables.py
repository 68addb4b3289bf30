"""The tables as they are after the last migration.

A *record table* is append-only: triggers refuse updates and deletes, each row has the sha256 of its canonical bytes,
and the sealer chains those digests. ``seq`` is only the order of arrival; it never enters the canonical bytes.
A *working table* may be changed; nothing in it is evidence, and all of it can be made again from the record.
Instants are UTC text with microseconds, so that they sort as text.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData()


def _record(name: str, *items: SchemaItem) -> Table:
    return Table(
        name, metadata, Column("seq", Integer, primary_key=True, autoincrement=True), *items,
        Column("sha256", String(64), nullable=False, unique=True), sqlite_autoincrement=True,
    )


def _text(name: str, *items: SchemaItem, null: bool = False) -> Column[str]:
    return Column(name, Text, *items, nullable=null)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


# --- the record -------------------------------------------------------------------------------------------------

meta = _record("meta", Column("name", Text, nullable=False, unique=True), _text("value"), _text("at"))

payloads = _record(
    "payloads", Column("digest", String(64), nullable=False, unique=True), _number("size"), _blob("body"),
)
captures = _record(
    "captures", _text("digest", ForeignKey("payloads.digest")), _text("feed"), _text("name"), _text("url"),
    _text("captured_at"), _number("status"), _text("headers"),
    Index("captures_by_name", "feed", "name", "captured_at"), Index("captures_by_digest", "digest"),
)
polls = _record(
    "polls", _text("feed"), _text("started_at"), _text("outcome"), _text("error"), _text("payloads"),
    _number("records"), _text("unmapped"), _text("errors"), _text("through", null=True),
    Index("polls_by_feed", "feed", "outcome", "started_at"),
)
facts = _record(
    "facts", _text("subject"), _text("subject_folded"), _text("id"), _text("version"), _text("known_at"),
    _text("kind"), _text("source"), _text("content"), _text("payload", ForeignKey("payloads.digest"), null=True),
    _text("text"), _text("url"),
    UniqueConstraint("subject", "id", "version", "known_at", name="facts_version"),
    Index("facts_by_id", "id", "known_at"), Index("facts_by_subject", "subject_folded", "known_at"),
)
exhibits = _record(
    "exhibits", _text("fact"), _text("digest", ForeignKey("payloads.digest")), _text("name"), _text("at"),
    UniqueConstraint("fact", "digest", name="exhibits_once"),
)
files = _record(
    "files", _text("digest"), _text("path"), _text("effective_at"), _number("size"), _blob("body"),
    UniqueConstraint("path", "digest", "effective_at", name="files_version"), Index("files_by_digest", "digest"),
)
enrolments = _record(
    "enrolments", _text("instrument"), _text("change"), _text("digest"), _text("at"),
    Index("enrolments_by_instrument", "instrument"),
)
evaluations = _record(
    "evaluations", _text("instrument"), _text("as_of"), _text("known_at"), _text("inputs"), _number("agreed"),
    _text("detail"), Index("evaluations_by_instrument", "instrument", "known_at"),
)
findings = _record(
    "findings", _text("instrument"), _text("key"), _number("number"),
    _text("evaluation", ForeignKey("evaluations.sha256")), _text("content", null=True), _text("as_of"),
    _text("known_at"), _text("next_change_on", null=True),
    UniqueConstraint("instrument", "key", "number", name="findings_number"),
    Index("findings_by_change", "next_change_on"),
)
alerts = _record(
    "alerts", Column("id", Text, nullable=False, unique=True), _text("at"), _text("instrument"), _text("finding"),
    _text("kind"), _text("thread"), _text("content"), _text("channels"), _text("created_at"),
    Index("alerts_in_order", "at", "instrument", "finding", "kind"), Index("alerts_by_thread", "thread"),
)
deliveries = _record(
    "deliveries", _text("alert", ForeignKey("alerts.id")), _text("channel"), _number("attempt"), _text("at"),
    _text("outcome"), _text("sent_digest"), _blob("sent"), _text("reply"),
    Index("deliveries_by_alert", "alert", "channel"),
)
reviews = _record(
    "reviews", Column("id", Text, nullable=False, unique=True), _text("instrument"), _text("title"), _text("opened_at"),
    Index("reviews_by_instrument", "instrument"),
)
review_hints = _record(
    "review_hints", _text("item", ForeignKey("reviews.id")), _text("fact"), _text("version"), _text("at"),
    UniqueConstraint("item", "fact", "version", name="review_hints_once"),
)
decisions = _record(
    "decisions", _text("item", ForeignKey("reviews.id")), _text("verdict"), _text("who"), _text("reason"), _text("at"),
    _text("fact", null=True), Index("decisions_by_item", "item"),
)
acknowledgements = _record(
    "acknowledgements", _text("alert", ForeignKey("alerts.id")), _text("who"), _text("note"), _text("at"),
    Index("acknowledgements_by_alert", "alert"),
)

RECORDS: tuple[Table, ...] = (
    meta, payloads, captures, polls, facts, exhibits, files, enrolments, evaluations, findings, alerts, deliveries,
    reviews, review_hints, decisions, acknowledgements,
)

BLOBS: Mapping[str, tuple[str, str]] = {
    "payloads": ("body", "digest"), "files": ("body", "digest"), "deliveries": ("sent", "sent_digest"),
}
"""Table -> (compressed column, column with the sha256 of the uncompressed bytes). The digest stands for the bytes."""

seals = Table(
    "seals", metadata, Column("number", Integer, primary_key=True, autoincrement=False), _text("previous"),
    _text("entries"), _text("sealed_at"), Column("sha256", String(64), nullable=False, unique=True),
)
"""The chain: each seal lists the digests committed since the seal before it, and names that seal's digest."""

APPEND_ONLY: tuple[Table, ...] = (*RECORDS, seals)

# --- working tables: not the record -----------------------------------------------------------------------------

unsealed = Table(
    "unsealed", metadata, Column("seq", Integer, primary_key=True, autoincrement=True), _text("kind"),
    Column("sha256", String(64), nullable=False, unique=True), sqlite_autoincrement=True,
)
outbox = Table(
    "outbox", metadata, Column("alert", Text, ForeignKey("alerts.id"), primary_key=True),
    Column("channel", Text, primary_key=True), _text("state"), _number("attempts"), _text("next_attempt_at"),
    _text("recipients"),
    Index("outbox_by_due", "state", "next_attempt_at"),
)
due = Table(
    "due", metadata, Column("instrument", Text, primary_key=True), Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True), _text("at"), _text("detail"), Index("due_by_instant", "at"),
)
lease = Table(
    "lease", metadata, Column("name", Text, primary_key=True), _text("owner"), _number("pid"), _text("taken_at"),
    _text("expires_at"), _number("epoch"),
)
heartbeat = Table("heartbeat", metadata, Column("name", Text, primary_key=True), _text("at"))
