"""The folder channel: whole files, the same alert the same file, the same bytes as e-mail."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import os
from pathlib import Path

import pytest

from monitor.notify.base import TransportError
from monitor.notify.email import EmailChannel
from monitor.notify.file import FileChannel
from monitor.notify.settings import EmailSettings, FileSettings
from tests.notify.samples import DOCKET, LIEN, NOTE, lien_alert, payload, ripened_alert


def channel(folder: Path, **changes: object) -> FileChannel:
    return FileChannel(FileSettings(folder=str(folder), **changes))  # type: ignore[arg-type]


def test_an_alert_becomes_one_eml_and_one_json_named_by_time_and_id(tmp_path: Path) -> None:
    by = channel(tmp_path / "made" / "outbox")
    prepared = by.prepare(lien_alert(), [payload()])
    reply = by.send(prepared)
    name = f"20050629T110000Z-{lien_alert().id}"
    assert sorted(p.name for p in (tmp_path / "made" / "outbox").iterdir()) == [f"{name}.eml", f"{name}.json"]
    assert reply.text.startswith(f"written {name}.eml and {name}.json")
    eml = (tmp_path / "made" / "outbox" / f"{name}.eml").read_bytes()
    assert eml == prepared.body
    message = email.message_from_bytes(eml, policy=email.policy.default)
    assert message["Subject"].startswith(NOTE)
    assert [a.get_payload(decode=True) for a in message.iter_attachments()] == [DOCKET]


def test_the_json_says_what_the_alert_says(tmp_path: Path) -> None:
    by = channel(tmp_path)
    by.send(by.prepare(lien_alert(), [payload()]))
    (found,) = tmp_path.glob("*.json")
    document = json.loads(found.read_text())
    alert = lien_alert()
    assert (document["id"], document["kind"], document["at"]) == (alert.id, "reminder", "2005-06-29T11:00:00.000000Z")
    assert document["finding"]["default_date"] == "2005-07-07"
    assert document["evidence"][0]["text"] == LIEN.text
    assert document["attachments"] == [{
        "name": "lien-NY-123.html", "content_type": "text/html", "size": 47, "sha256": payload().sha256,
        "attached": True,
    }]
    (eml,) = tmp_path.glob("*.eml")
    assert document["eml_sha256"] == hashlib.sha256(eml.read_bytes()).hexdigest()


def test_the_same_alert_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        by = channel(tmp_path)
        by.send(by.prepare(lien_alert()))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert len(before) == 2
    by = channel(tmp_path)
    by.send(by.prepare(ripened_alert()))
    after = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert len(after) == 4
    assert before.items() <= after.items()


def test_the_eml_is_what_e_mail_would_send(tmp_path: Path) -> None:
    sender, to = "covenantd <alerts@watch.example>", ("holder@home.example",)
    mailed = EmailChannel(EmailSettings(host="smtp.example", sender=sender, to=to)).prepare(lien_alert(), [payload()])
    kept = channel(tmp_path, sender=sender, to=to).prepare(lien_alert(), [payload()])
    assert kept.body == mailed.body


def test_a_simulated_alert_is_kept_with_its_stamp(tmp_path: Path) -> None:
    by = channel(tmp_path)
    by.send(by.prepare(lien_alert(simulated=True)))
    (eml,), (document,) = tmp_path.glob("*.eml"), tmp_path.glob("*.json")
    subject = email.message_from_bytes(eml.read_bytes(), policy=email.policy.default)["Subject"]
    assert subject.startswith(f"[SIMULATED] {NOTE}")
    assert json.loads(document.read_text())["simulated"] is True


def test_text_that_utf8_cannot_carry_is_still_written(tmp_path: Path) -> None:
    by = channel(tmp_path)
    by.send(by.prepare(lien_alert(body=("half \ud83d a pair",))))
    (document,) = tmp_path.glob("*.json")
    assert json.loads(document.read_text())["body"] == ["half \ud83d a pair"]


def test_an_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    by = channel(tmp_path / "outbox")
    by.send(by.prepare(lien_alert(id="../../x")))
    assert sorted(p.name for p in (tmp_path / "outbox").iterdir()) == [
        "20050629T110000Z-______x.eml", "20050629T110000Z-______x.json",
    ]


def test_a_folder_that_cannot_be_written_is_one_plain_line_and_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where a folder should be")
    by = channel(tmp_path / "outbox")
    with pytest.raises(TransportError) as caught:
        by.send(by.prepare(lien_alert()))
    assert str(caught.value) == f"channel file: cannot write to {tmp_path / 'outbox'}: File exists"
    assert not caught.value.permanent


def test_an_interrupted_write_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by = channel(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransportError, match="No space left on device"):
        by.send(by.prepare(lien_alert()))
    assert list(tmp_path.iterdir()) == []
