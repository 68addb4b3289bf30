"""docs/first-note.md, walked: every command of it, word for word, from nothing to a first real alert in outbox/."""

from __future__ import annotations

import email
import re
import shlex
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Ran

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
"""After the days that the page names."""
TYPED = ("--yes", "--maker", "Maple, Inc.", "--state", "DE", "--assets-in", "NY", "--dated", "2026-01-05",
         "--maturity", "2027-01-05", "--principal", "100000.00", "--listed", "nyse")
"""What the user of the page answers on the terminal."""
NOT_HERE = (["run"], ["notify", "test", "email"])
"""The daemon has tests of its own; the mail server of the example does not exist."""


def commands(page: str) -> list[list[str]]:
    found = []
    for body in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for line in body.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "covenantd":
                found.append(words[1:])
    return found


def test_the_first_note_page_leads_to_a_first_alert(
    cli: Cli, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.clock.now", lambda: NOW)
    page = (repo / "docs" / "first-note.md").read_text(encoding="utf-8")
    notes = tmp_path / "notes"
    walked: list[tuple[str, Ran]] = []
    for words in commands(page):
        if words[: words.index("--config") if "--config" in words else 1] in NOT_HERE:
            continue
        own = [word.replace("~/notes", str(notes)) for word in words]
        ran = cli(*own, *(TYPED if words[0] == "init" else ()))
        assert (ran.code, ran.complaints) == (0, []), words
        walked.append((words[0], ran))
        if words[0] == "init":
            for name in ("search", "judgment"):  # what the user saves before stating it
                (notes / "evidence" / f"{name}.pdf").write_bytes(b"%PDF-1.4 invented " + name.encode())
    assert [name for name, _ in walked] == [
        "init", "check", "doctor", "once", "status", "attest", "notify", "attest", "once", "explain"]

    status = walked[4][1].out
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert shown in status
    assert walked[3][1].out.splitlines()[-1] == "baseline: Maple, Inc. note of 2026-01-05: now watched"
    assert "b.judgment Index 650001/2026: no window -> running" in walked[7][1].out
    assert walked[8][1].out.splitlines()[-1].startswith("opened: Maple, Inc. note of 2026-01-05, clause (b): ")
    assert "outbox/" in page
    mails = [email.message_from_bytes(p.read_bytes(), policy=default) for p in sorted(notes.glob("outbox/*.eml"))]
    assert len(mails) == 3  # the baseline, the test and the window
    opened = next(m for m in mails if "a window opened" in str(m["Subject"]))
    attached = {a.get_filename(): a.get_content() for a in opened.iter_attachments()}
    assert attached == {"judgment.pdf": b"%PDF-1.4 invented judgment"}
