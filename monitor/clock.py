"""The one clock. ``now()`` is read once at each process edge and carried along; nothing below reads it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
