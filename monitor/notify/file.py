"""A folder of alerts: ``<at>-<id>.eml``, the bytes that e-mail would send, and ``<at>-<id>.json`` for programs.

The embedded default: it needs no account, and a mail program opens the files. Each appears whole or not at all, and
the same alert again is the same file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import ClassVar

from monitor.core.alerts import Alert
from monitor.core.canonical import plain, utc_text
from monitor.notify.base import Attachment, Prepared, Reply, TransportError
from monitor.notify.content import attachable
from monitor.notify.message import render
from monitor.notify.mime import compose
from monitor.notify.settings import FileSettings

_SAFE = re.compile(r"[^A-Za-z0-9_-]")


class FileChannel:
    """A folder on this machine. Simulated alerts may go here: they carry their stamp."""

    kind: ClassVar[str] = "file"
    real: ClassVar[bool] = False

    def __init__(self, settings: FileSettings) -> None:
        self._settings = settings

    @property
    def name(self) -> str:
        return self._settings.name

    def prepare(self, alert: Alert, attachments: Sequence[Attachment] = ()) -> Prepared:
        chosen = self._settings
        mail = compose(alert, attachments, chosen.sender, chosen.to, chosen.domain)
        return replace(
            mail,
            headers=(*mail.headers, ("File", stem(alert))),
            recipients=(),
            beside=_as_json(alert, attachments, mail.body),
        )

    def send(self, prepared: Prepared) -> Reply:
        """Write both files; the ``.eml`` last, so that whoever finds it finds the other too."""
        name = prepared.header("File")
        folder = Path(self._settings.folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / f"{name}.json", prepared.beside)
            _write(folder / f"{name}.eml", prepared.body)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise TransportError(f"channel {self.name}: cannot write to {folder}: {reason}", permanent=False) from None
        return Reply(f"written {name}.eml and {name}.json, {len(prepared.body)} and {len(prepared.beside)} bytes")


def stem(alert: Alert) -> str:
    """``20050617T140200Z-<id>``: sorts by time, and the id makes it the alert's own."""
    return f"{alert.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{_SAFE.sub('_', alert.id)}"


def _as_json(alert: Alert, attachments: Sequence[Attachment], eml: bytes) -> bytes:
    shown = render(alert, attachments)
    sent = attachable(attachments)
    document = {
        "id": alert.id, "kind": alert.kind.value, "step": alert.step, "at": utc_text(alert.at),
        "simulated": alert.simulated, "instrument": alert.instrument, "instrument_title": alert.instrument_title,
        "matter": alert.matter, "thread": alert.thread, "petition": alert.petition,
        "subject": shown.subject, "headline": alert.headline, "body": list(alert.body), "quote": alert.quote,
        "next_step": list(alert.next_step), "why": alert.why,
        "evidence": [plain(e) for e in alert.evidence],
        "finding": plain(alert.finding.as_json()) if alert.finding else None,
        "attachments": [
            {"name": a.name, "content_type": a.content_type, "size": len(a.body), "sha256": a.sha256,
             "attached": any(a is s for s in sent)}
            for a in attachments
        ],
        "eml_sha256": hashlib.sha256(eml).hexdigest(),
    }
    # ASCII with escapes: a source's text may hold halves of surrogate pairs, which UTF-8 cannot carry.
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode("ascii")


def _write(path: Path, body: bytes) -> None:
    """Atomically: a reader sees the old file or the whole new one, also after a power cut."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
