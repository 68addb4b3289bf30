"""The files that show what a person states (``evidence:`` of a statement), kept with the fact they show.

A copy of what monitor/ledger/tables.py said, on purpose: a released migration is never changed.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, String, Text, UniqueConstraint

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exhibits",
        Column("seq", Integer, primary_key=True, autoincrement=True),
        Column("fact", Text, nullable=False),
        Column("digest", Text, ForeignKey("payloads.digest"), nullable=False),
        Column("name", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("sha256", String(64), nullable=False, unique=True),
        UniqueConstraint("fact", "digest", name="exhibits_once"),
        sqlite_autoincrement=True,
    )
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER exhibits_no_{act} BEFORE {act.upper()} ON exhibits "
            "BEGIN SELECT RAISE(ABORT, 'exhibits is append-only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("the record is append-only: put back a backup instead")
