"""Dates in a message: one format, the weekday for the last day alone, and none of them said over and over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.core.alerting import Change, Context, Origin, change_alert, interest_alerts, reminder_alert, review_alert
from monitor.core.alerts import Alert, AlertKind
from monitor.core.findings import Finding, State
from monitor.core.reminders import Reminder
from monitor.core.select import Case
from monitor.notify.content import content
from monitor.notify.message import render
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, found, paid, read
from tests.notify import samples

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAY = re.compile(rf"(?<!\d)\d{{1,2}} (?:{MONTHS}) \d{{4}}")
WEEKDAY = re.compile(rf"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{{1,2}} (?:{MONTHS}) \d{{4}})")
ISO = re.compile(r"\d{4}-\d\d-\d\d")
NOTE = "note of 18 May 2005"

PETITION: Said = {"kind": "voluntary_petition", "matter": "05-1", "happened_on": "2005-10-03"}
OUT: Said = {"kind": "listing_removed", "venue": "otcbb", "effective": "before_open", "happened_on": "2005-05-26"}
SUNDAY: Said = {**LIEN, "happened_on": "2005-06-14", "known_at": "2005-07-01"}  # day 20 is Independence Day


def release(day: str, **more: Any) -> Said:
    return {"kind": "released", "matter": "NY-123", "happened_on": day, "known_at": day, **more}


CASES: list[tuple[str, AlertKind, str, list[Said], str]] = [
    ("opened", AlertKind.OPENED, "b.lien NY-123", [LIEN], "2005-06-17"),
    ("learned on its day", AlertKind.OPENED, "b.lien NY-123", [{**LIEN, "known_at": "2005-06-16"}], "2005-06-16"),
    ("rolled, learned late", AlertKind.OPENED, "b.lien NY-123",
     [SUNDAY, read("acris", "2005-06-30", "2005-07-01", jurisdiction="NY"),
      read("payments", "2005-06-30", "2005-07-01")], "2005-07-01"),
    ("the last day", AlertKind.REMINDER, "b.lien NY-123", [SUNDAY], "2005-07-05"),
    ("sessions", AlertKind.OPENED, "a.failure common stock listing", [OUT], "2005-05-26"),
    ("sessions ripened", AlertKind.RIPENED, "a.failure common stock listing", [OUT], "2005-06-02"),
    ("relisted on the last", AlertKind.CURED, "a.failure common stock listing",
     [OUT, {"kind": "listing_added", "venue": "otcbb", "happened_on": "2005-06-02T10:30:00-04:00",
            "known_at": "2005-06-02T11:00:00-04:00"}], "2005-06-02"),
    ("ripened unread", AlertKind.RIPENED, "b.lien NY-123",
     [SUNDAY, read("liens", "2005-07-04", "2005-07-05"), read("payments", "2005-07-05", "2005-07-05")], "2005-07-06"),
    ("told later", AlertKind.INFORMATION, "b.lien NY-123", [LIEN], "2005-07-20"),
    ("released", AlertKind.CURED, "b.lien NY-123", [LIEN, release("2005-07-01")], "2005-07-01"),
    ("released on the last day", AlertKind.CURED, "b.lien NY-123", [LIEN, release("2005-07-06")], "2005-07-06"),
    ("released on its own day", AlertKind.CURED, "b.lien NY-123",
     [{**LIEN, "known_at": "2005-06-16"}, release("2005-06-16")], "2005-06-16"),
    ("released at some time", AlertKind.CURED, "b.lien NY-123",
     [LIEN, {**release("2005-06-30"), "happened_on": {"from": "2005-06-30", "to": "2005-07-10"},
             "known_at": "2005-07-10"}], "2005-07-10"),
    ("at once", AlertKind.RIPENED, "e.iii 05-1", [PETITION], "2005-10-03"),
    ("after a petition", AlertKind.OPENED, "b.lien NY-123",
     [PETITION, {**LIEN, "happened_on": "2005-10-03", "known_at": "2005-10-03"}], "2005-10-03"),
    ("maturity", AlertKind.OPENED, "c.maturity maturity", [read("payments", "2005-12-30", "2005-12-31")], "2005-12-31"),
    ("unpaid", AlertKind.RIPENED, "c.maturity maturity", [read("payments", "2006-01-03", "2006-01-03")], "2006-01-04"),
    ("waived", AlertKind.WAIVED, "b.lien NY-123",
     [LIEN, {"kind": "default_waived", "matter": "NY-123", "happened_on": "2005-07-08", "signed": True}], "2005-07-08"),
    ("stayed", AlertKind.CURED, "f.proceeding 05-2",
     [{**PETITION, "kind": "involuntary_petition", "matter": "05-2"},
      {"kind": "case_stayed", "matter": "05-2", "happened_on": "2005-10-10"}], "2005-10-10"),
]


def the_alert(rulebook: Rulebook, kind: AlertKind, key: str, facts: list[Said], as_of: str) -> Alert:
    decided = case(rulebook, facts, as_of)
    return change_alert(Change(kind, found(decided)[key], None), context_of(decided))


def context_of(decided: Case) -> Context:
    origins = {f: Origin("the source's own words of 2005-06-16", "", "ab" * 32) for f in decided.facts}
    news = {fact: "version" for fact in decided.facts}
    return Context(case=decided, at=decided.as_of, news=news, origins=origins)


def ours(text: str) -> Iterator[str]:
    """Lines in the program's own words, after the headline: what a source wrote or called a record is its own."""
    for line in text.replace(NOTE, "note").splitlines()[1:]:
        if not line.startswith((">", "Why: Sent because of")) and ", record " not in line:
            yield line


@pytest.mark.parametrize(("why", "kind", "key", "facts", "as_of"), CASES, ids=[c[0] for c in CASES])
def test_no_date_is_said_more_than_twice_and_all_in_one_format(
    rulebook: Rulebook, why: str, kind: AlertKind, key: str, facts: list[Said], as_of: str
) -> None:
    alert = the_alert(rulebook, kind, key, facts, as_of)
    text = "\n".join(ours(render(alert).text))
    said = Counter(DAY.findall(text))
    assert not {day: count for day, count in said.items() if count > 2}, text
    assert not ISO.findall(text), text
    assert not ISO.findall(alert.headline)
    deadline = alert.finding.deadline if alert.finding else None
    last = f"{deadline.day} {deadline:%B %Y}" if deadline else ""
    assert set(WEEKDAY.findall(text)) <= {last}, text


@pytest.mark.parametrize(("why", "kind", "key", "facts", "as_of"), CASES, ids=[c[0] for c in CASES])
def test_no_fact_of_the_sample_alert_is_lost(
    rulebook: Rulebook, why: str, kind: AlertKind, key: str, facts: list[Said], as_of: str
) -> None:
    alert = the_alert(rulebook, kind, key, facts, as_of)
    finding, text = alert.finding, render(alert).text
    assert finding
    days = {finding.opened, finding.deadline, finding.earliest_arguable, finding.default_date} - {None}
    assert not {day for day in days if day and f"{day.day} {day:%B %Y}" not in text}, text
    if finding.state in (State.RUNNING, State.EVENT_OF_DEFAULT):
        assert "The default date is the house reading's. Earliest arguable: " in text
        assert "Payments read through" in text or "Payments were never read." in text
        assert " a day. " in text or alert.petition
    for evidence in alert.evidence:
        assert evidence.sha256 in text
        assert re.search(r"learned (\d{1,2} \w+ 2005|the same day), \d\d:\d\d UTC", text)


def test_dates_that_moved_are_told_by_what_was_announced(rulebook: Rulebook) -> None:
    decided = case(rulebook, [SUNDAY], "2005-07-02")
    now = found(decided)["b.lien NY-123"]
    assert now.deadline
    assert now.default_date
    assert now.earliest_arguable == now.deadline
    earlier = Finding(**{**{f: getattr(now, f) for f in Finding.__slots__}, "deadline": now.opened,
                         "default_date": now.deadline, "earliest_arguable": now.deadline})
    alert = change_alert(Change(AlertKind.REDATED, now, earlier), context_of(decided))
    assert "Announced before: running, last day 14 June 2005, default 5 July 2005." in alert.body
    withdrawn = change_alert(Change(AlertKind.WITHDRAWN, now, earlier), context_of(decided))
    assert "Announced before: running, default 5 July 2005. Now: running." in withdrawn.body


def test_reminders_reviews_and_interest_are_told_in_the_same_format(rulebook: Rulebook) -> None:
    hint: Said = {"kind": "listing_notice_reported", "matter": "edgar 1", "record": "1", "title": "Notice",
                  "happened_on": {"from": "2005-05-19", "to": "2005-05-23"}, "known_at": "2005-05-24"}
    seen = [hint, LIEN, paid("2005-07-01", "9166.67"), read("payments", "2005-07-05", "2005-07-06")]
    decided = case(rulebook, seen, "2005-07-06")
    context = context_of(decided)
    lien = found(decided)["b.lien NY-123"]
    alerts = [
        reminder_alert(lien, Reminder("1 days", decided.as_of), context), *interest_alerts(context),
        *(review_alert(h, context) for h in decided.hints),
    ]
    assert len(alerts) == 4
    for alert in alerts:
        text = "\n".join([alert.headline, *ours(render(alert).text)])
        assert not ISO.findall(text), text
        assert not [day for day, count in Counter(DAY.findall(text)).items() if count > 2], text
    assert alerts[0].why.endswith("sent now as its reminder (1 day).")
    assert "dated between 19 and 23 May 2005;" in alerts[-1].body[0]


EVIDENCE_DATES = [
    ("a day the body does not say", "2005-06-15", "Lien filed, 15 June 2005"),
    ("a day the body says", "2005-06-16", "Lien filed"),
    ("the end of another day's words", "2005-07-06", "Lien filed"),
    ("no part of 16 June", "2005-06-06", "Lien filed, 6 June 2005"),
    ("an instant of a day the body says", "2005-06-16T14:30:00.000000Z", "Lien filed, at 14:30 UTC of that day"),
    ("an instant of another day", "2005-06-15T14:30:00.000000Z", "Lien filed, 15 June 2005, 14:30 UTC"),
    ("a range", "2005-06-14..2005-06-16", "Lien filed, between 14 and 16 June 2005"),
    ("over the year's end", "2004-12-31..2005-01-02", "Lien filed, between 31 December 2004 and 2 January 2005"),
    ("no date at all", "in the summer", "Lien filed, in the summer"),
]


@pytest.mark.parametrize(("why", "happened", "title"), EVIDENCE_DATES, ids=[e[0] for e in EVIDENCE_DATES])
def test_evidence_is_dated_where_the_body_does_not_date_it(why: str, happened: str, title: str) -> None:
    (cited,) = content(samples.lien_alert(evidence=(replace(samples.LIEN, happened_on=happened),))).evidence
    assert cited.title == title, why


def test_a_second_fact_learned_on_the_same_day_says_only_the_time() -> None:
    later = replace(samples.LIEN, fact="f2", known_at=datetime(2005, 6, 17, 23, 59, tzinfo=UTC))
    next_day = replace(samples.LIEN, fact="f3", known_at=datetime(2005, 6, 18, 0, 0, tzinfo=UTC))
    assert [c.learned for c in content(samples.lien_alert(evidence=(samples.LIEN, later, next_day))).evidence] == [
        "fetched 17 June 2005, 14:02 UTC", "fetched the same day, 23:59 UTC", "fetched 18 June 2005, 00:00 UTC",
    ]
