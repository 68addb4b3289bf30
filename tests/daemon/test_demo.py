"""The demo of config.yaml: an invented year on a simulated clock. docs/demo.md counts the dates below by hand."""

from __future__ import annotations

import email
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email import policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.config import load_config
from monitor.core.alerts import Alert, AlertKind
from monitor.core.findings import Finding, State
from monitor.daemon.simulate import simulate
from monitor.daemon.world import open_world
from monitor.ledger.store import Ledger
from monitor.notify.settings import FileSettings

pytestmark = pytest.mark.xdist_group("demo")  # one process plays the year once for all of these

AT = datetime(2026, 1, 1, tzinfo=UTC)
LIEN, JUDGMENT, CASE = "acris 2005999000101", "New York County index no. 999893/2005", "nysb 05-99893"
STAY = "The automatic stay (11 U.S.C. 362) may bar collection; consult counsel."

# (New York date, kind, limb of the finding, or what the alert is about)
STREAM = [
    ("2005-05-18", "baseline", ""),
    ("2005-05-23", "review", "edgar 0000000000-05-000007 3.01"),
    ("2005-05-26", "opened", "a.failure"),  # removed before the open: that session is the first
    ("2005-06-02", "cured", "a.failure"),  # quoted again during the fifth; Memorial Day was no session
    ("2005-07-01", "opened", "b.lien"),  # recorded 14 June, published with the June batch
    ("2005-07-06", "ripened", "b.lien"),  # the July batch is not out: cure not ruled out
    ("2005-08-03", "withdrawn", "b.lien"),  # released on 5 July, day 20 being Independence Day
    ("2005-08-17", "opened", "b.judgment"),
    ("2005-09-02", "information", "interest"),  # nothing on 1 September
    ("2005-09-07", "ripened", "b.judgment"),  # day 20 a Sunday, then Labor Day: last day Tuesday
    ("2005-09-09", "information", "b.judgment"),  # the search of 9 September rules a cure out
    ("2005-10-18", "review", CASE),
    ("2005-10-19", "opened", "f.proceeding"),
    ("2005-12-15", "cured", "f.proceeding"),  # dismissed on day 58
    ("2005-12-31", "opened", "c.maturity"),
    ("2006-01-04", "ripened", "c.maturity"),  # Saturday, Sunday, holiday: last day Tuesday 3 January
]


@dataclass(frozen=True)
class Played:
    alerts: list[Alert]
    findings: list[Finding]
    outbox: Path
    complaints: list[str]
    ledger_problems: tuple[str, ...]


@pytest.fixture(scope="module")
def played(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The whole demo at full speed, delivered to a folder."""
    folder = tmp_path_factory.mktemp("demo")
    config = replace(load_config(repo / "config.yaml"), channels=(FileSettings(str(folder / "outbox")),))
    assert config.simulate is not None
    alerts: list[Alert] = []
    with open_world(config, AT, simulated=True, ledger=folder / "demo.sqlite") as world:
        complaints = simulate(world, config.simulate.start, config.simulate.end, on_alert=alerts.append)
        findings = world.ledger.latest_findings("roo-petty-2005")
        problems = world.ledger.verify().problems
    return Played(alerts, findings, folder / "outbox", complaints, problems)


def new_york_date(alert: Alert) -> str:
    return alert.at.astimezone(ZoneInfo("America/New_York")).date().isoformat()


def about(alert: Alert) -> str:
    return alert.finding.limb if alert.finding else alert.matter or ""


def finding(played: Played, matter: str) -> Finding:
    return next(f for f in played.findings if f.matter == matter)


def test_the_stream_is_the_story_that_was_counted_by_hand(played: Played) -> None:
    told = [(new_york_date(a), a.kind.value, about(a)) for a in played.alerts if a.kind is not AlertKind.REMINDER]
    assert told == STREAM
    assert played.complaints == []
    assert played.ledger_problems == ()


def test_the_judgment_ripens_on_the_wednesday_after_labor_day(played: Played) -> None:
    ripened = next(a for a in played.alerts if a.kind is AlertKind.RIPENED and a.matter == JUDGMENT)
    assert ripened.finding is not None
    assert ripened.finding.opened == date(2005, 8, 15)
    assert ripened.finding.deadline == date(2005, 9, 6)
    assert ripened.finding.default_date == date(2005, 9, 7)
    assert ripened.finding.earliest_arguable == date(2005, 9, 5)
    assert ripened.finding.acceleration_date == date(2005, 9, 7)
    assert ripened.at == datetime(2005, 9, 7, 4, tzinfo=UTC)
    assert not ripened.finding.verified
    assert "cure not ruled out" in ripened.headline
    later = next(a for a in played.alerts if a.matter == JUDGMENT and a.step == "verified")
    assert "Event of Default from 7 September 2005" in later.headline
    final = finding(played, JUDGMENT)
    assert (final.state, final.verified) == (State.EVENT_OF_DEFAULT, True)


def test_the_lien_released_on_its_last_day_is_cured_once_the_register_shows_it(played: Played) -> None:
    own = {a.kind: a.finding for a in played.alerts if a.matter == LIEN}
    opened, ripened = own[AlertKind.OPENED], own[AlertKind.RIPENED]
    assert opened is not None
    assert ripened is not None
    assert (opened.deadline, opened.default_date) == (date(2005, 7, 5), date(2005, 7, 6))
    assert (ripened.state, ripened.verified) == (State.EVENT_OF_DEFAULT, False)
    final = finding(played, LIEN)
    assert (final.state, final.deadline, final.default_date) == (State.CURED, date(2005, 7, 5), None)
    assert final.earliest_arguable == date(2005, 7, 5)  # without the roll 4 July was the last day
    assert [e.happened_on for e in final.evidence] == ["2005-06-14", "2005-07-05"]


def test_the_relisting_in_the_fifth_session_cures_and_the_dismissal_on_day_58_does(played: Played) -> None:
    listing, case = finding(played, "common stock listing"), finding(played, CASE)
    assert (listing.state, listing.deadline) == (State.CURED, date(2005, 6, 2))
    assert (case.state, case.opened, case.deadline) == (State.CURED, date(2005, 10, 18), date(2005, 12, 17))
    opened = next(a.finding for a in played.alerts if a.matter == CASE and a.kind is AlertKind.OPENED)
    assert opened is not None
    assert opened.default_date == date(2005, 12, 18)  # a Sunday: a state that continues never rolls


def test_maturity_ripens_on_the_fourth_of_january_verified(played: Played) -> None:
    ripened = played.alerts[-1].finding
    assert ripened is not None
    assert (ripened.limb, ripened.deadline, ripened.default_date) == (
        "c.maturity", date(2006, 1, 3), date(2006, 1, 4))
    assert ripened.earliest_arguable == date(2006, 1, 1)
    assert ripened.verified


def test_every_alert_from_the_first_hint_of_a_petition_on_opens_with_the_stay_warning(played: Played) -> None:
    marks = [a.petition for a in played.alerts]
    first = next(n for n, a in enumerate(played.alerts) if a.matter == CASE)
    assert marks == [""] * first + ["reported"] + ["on file"] * (len(marks) - first - 1)
    for alert, text in mails(played):
        lead = text.strip().splitlines()[0]
        assert (STAY in lead) == bool(alert.petition), lead


def test_everything_is_stamped_simulated_on_its_first_line(played: Played) -> None:
    assert all(a.simulated for a in played.alerts)
    shown = list(mails(played))
    assert len(shown) == len(played.alerts)
    for _, text in shown:
        assert text.lstrip().startswith("SIMULATED")


def test_nothing_is_said_twice(played: Played) -> None:
    assert len({a.id for a in played.alerts}) == len(played.alerts)
    said = [(a.at, a.headline) for a in played.alerts]
    assert len(set(said)) == len(said)
    transitions = [(a.kind, about(a), a.step) for a in played.alerts if a.kind is not AlertKind.REMINDER]
    assert len(set(transitions)) == len(transitions)


def test_the_two_evaluators_agreed_on_every_stop(played: Played) -> None:
    assert [a.headline for a in played.alerts if a.kind is AlertKind.UNDETERMINED] == []
    assert [f.limb for f in played.findings if f.state is State.UNDETERMINED] == []


def test_reminders_name_the_last_day_of_every_window_that_reached_it(played: Played) -> None:
    last = [(new_york_date(a), about(a)) for a in played.alerts if a.step in ("last day", "last session")]
    assert last == [
        ("2005-06-02", "a.failure"), ("2005-07-05", "b.lien"), ("2005-09-06", "b.judgment"),
        ("2006-01-03", "c.maturity"),
    ]


def test_the_missed_interest_is_information_and_named_once(played: Played) -> None:
    missed = [a for a in played.alerts if a.matter == "interest"]
    assert len(missed) == 1
    assert "1 September 2005" in missed[0].headline
    assert "9,472.22" in missed[0].body[0]
    assert "not an event of default" in missed[0].body[1]


def test_every_folder_of_the_demo_says_that_it_is_invented(repo: Path) -> None:
    recorded = repo / "feeds" / "recorded"
    folders = [recorded, *(p for p in sorted(recorded.iterdir()) if p.is_dir())]
    assert len(folders) == 7
    for folder in folders:
        said = (folder / "README.md").read_text()
        assert "Invented" in said, folder
        assert "written by hand" in said, folder


def mails(played: Played) -> Iterator[tuple[Alert, str]]:
    """Each alert with the plain text of its message in the outbox."""
    by_id = {a.id: a for a in played.alerts}
    for path in sorted(played.outbox.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        yield by_id[str(message["X-Covenantd-Alert"])], body.get_content()


def test_sigterm_midway_ends_the_demo_with_zero_and_an_intact_ledger(repo: Path, tmp_path: Path) -> None:
    text = (repo / "config.yaml").read_text().replace("recorded: feeds/", f"recorded: {repo}/feeds/")
    (tmp_path / "config.yaml").write_text(text.replace("seconds: 60", "seconds: 30"))
    command = [sys.executable, "-m", "monitor.cli", "run", "--config", str(tmp_path / "config.yaml")]
    wide = {**os.environ, "COLUMNS": "120"}
    child = subprocess.Popen(command, cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=wide)
    watchdog = threading.Timer(240, child.kill)
    watchdog.start()
    try:
        assert child.stdout is not None
        started = time.monotonic()
        opened = next((line for line in child.stdout if "clause (a): a window opened" in line), "")
        assert opened, "no first alert"
        assert time.monotonic() - started < 60
        child.send_signal(signal.SIGTERM)
        rest, errors = child.communicate(timeout=120)
    finally:
        watchdog.cancel()
        child.kill()
    assert child.returncode == 0, errors
    assert "stopped early" in rest
    assert "Traceback" not in errors
    with Ledger.open(tmp_path / "var" / "demo.sqlite", mode="simulated", at=AT, create=False) as ledger:
        report = ledger.verify()
        assert report.problems == ()
        assert report.unsealed == 0
        kinds = [a.kind for a in ledger.alerts()]
    assert kinds[:3] == [AlertKind.BASELINE, AlertKind.REVIEW, AlertKind.OPENED]
    assert len(kinds) < len(STREAM)
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == len(kinds)
