"""A private folder as a user has it: config, statements with evidence, bank files, notes; all of it invented."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from monitor.config import Config, load_config
from monitor.core.alerts import Alert
from monitor.core.findings import Finding
from monitor.daemon.simulate import simulate
from monitor.daemon.world import World, open_world

ROO = "roo-petty-2005"
LIEN: Mapping[str, Any] = {"kind": "lien_filed", "matter": "NY-123", "happened_on": "2005-06-16"}
"""Last cure day Wednesday 6 July 2005."""
RELEASE: Mapping[str, Any] = {"kind": "released", "matter": "NY-123", "happened_on": "2005-07-01"}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@dataclass
class Folder:
    """Everything is written as JSON where YAML is read: JSON is YAML."""

    path: Path
    feeds: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=lambda: {"file": {"folder": "outbox"}})
    instruments: list[str] = field(default_factory=lambda: [ROO])
    more: dict[str, Any] = field(default_factory=dict)

    def feed(self, name: str, **settings: Any) -> Path:
        """Configures a feed on a recorded folder of its own name and returns the folder."""
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        self.feeds[name] = {"source": {"recorded": name}, **settings}
        return folder

    def state(self, name: str, *facts: Mapping[str, Any], on: str) -> None:
        """A file of attested statements, stated on a day (or at an instant), each with its evidence."""
        folder = self.feed("attested")
        (folder / "evidence").mkdir(exist_ok=True)
        (folder / "evidence" / "paper.txt").write_text("An invented document.\n")
        said = [{**f, "stated_by": "Jane Roe", "stated_at": on, "evidence": "evidence/paper.txt"} for f in facts]
        (folder / name).write_text(json.dumps(said))

    def statement(self, name: str, *rows: tuple[str, str], **settings: Any) -> None:
        """A bank statement in CSV from the note's date on: (day, amount) of each credit from the maker."""
        folder = self.feed("payments", date_order="mdy", **settings)
        lines = [
            "Date,Description,Reference,Withdrawals,Deposits,Balance",
            '05/18/2005,"DEPOSIT OF ANOTHER CUSTOMER",FT0,,"$1.00","$1.00"',  # so it covers the start
        ]
        for day, amount in rows:
            shown = date.fromisoformat(day).strftime("%m/%d/%Y")
            lines.append(f'{shown},"WIRE IN ROO GROUP, INC.",FT{day},,"${amount}","$0.00"')
        (folder / name).write_text("\n".join(lines) + "\n")

    def note(self, name: str, maker: str, dated: str, listed: Sequence[str] | str = "none", **more: Any) -> None:
        """An instrument on the ROO form, named like its file."""
        folder = self.path / "instruments"
        folder.mkdir(exist_ok=True)
        year = int(dated[:4])
        keys = {
            "instrument": name, "title": f"{maker} note", "form": "roo-petty-2005",
            "maker": {"id": name, "name": maker, **more}, "payee": {"id": "holder", "name": "Invented Holder"},
            "loan": {"principal": 1000000.00, "currency": "USD", "rate": "10%", "day_count": "ACT/360", "dated": dated,
                     "interest_paid": "monthly", "first_payment": f"{year + 1}-01-02",
                     "maturity": f"{year + 10}-06-30"},
            "listed_at_issue": listed,
            "sources": {"listing": ["edgar"], "bankruptcy": ["court_docket"]},
        }
        lines = (f"{key}: {json.dumps(value)}\n" for key, value in keys.items())
        (folder / f"{name}.yaml").write_text("".join(lines))

    def write(self) -> Path:
        path = self.path / "config.yaml"
        path.write_text(json.dumps({
            "ledger": "var/ledger.sqlite", "instruments": self.instruments, "feeds": self.feeds,
            "channels": self.channels, **self.more,
        }))
        return path

    def config(self) -> Config:
        return load_config(self.write())

    @contextmanager
    def world(self, at: datetime, *, simulated: bool = False) -> Iterator[World]:
        with open_world(self.config(), at, simulated=simulated) as world:
            yield world

    def replay(self, start: str, end: str, known_at: datetime | None = None) -> Replay:
        """A replay into a ledger that is thrown away."""
        ledger = self.path / "var" / "replay.sqlite"
        for old in self.path.glob("var/replay.sqlite*"):
            old.unlink()
        alerts: list[Alert] = []
        with open_world(self.config(), utc(2026, 1, 1), simulated=True, ledger=ledger) as world:
            first, last = date.fromisoformat(start), date.fromisoformat(end)
            complaints = simulate(world, first, last, on_alert=alerts.append, known_at=known_at)
            found = {n: world.ledger.latest_findings(n) for n in world.watched}
            items = [(i.title, len(i.hints), i.state) for i in world.ledger.review_items()]
        return Replay(alerts, complaints, found, items)

    def copy(self, to: Path) -> Folder:
        shutil.copytree(self.path, to)
        return Folder(to, dict(self.feeds), dict(self.channels), list(self.instruments), dict(self.more))


@dataclass(frozen=True)
class Replay:
    """What a replay said, and how everything stood at its end. ``items``: (title, reports, state) of review items."""

    alerts: list[Alert]
    complaints: list[str]
    findings: Mapping[str, list[Finding]]
    items: Sequence[tuple[str, int, str]]

    def of(self, *kinds: str) -> list[Alert]:
        return [a for a in self.alerts if a.kind.value in kinds]

    def windows(self, instrument: str) -> dict[str, Finding]:
        """Findings that have a window, by limb."""
        return {f.limb: f for f in self.findings[instrument] if f.trigger}
