"""From two sets of findings to alerts: what is told, why, and under which identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.alerting import (
    Change,
    Context,
    Origin,
    baseline_alert,
    change_alert,
    changes,
    checks,
    in_order,
    interest_alerts,
    next_steps,
    reminder_alert,
    review_alert,
)
from monitor.core.alerts import Alert, AlertKind
from monitor.core.canonical import utc_text
from monitor.core.evaluate import findings
from monitor.core.facts import Fact
from monitor.core.findings import Finding, State
from monitor.core.reminders import Reminder
from monitor.core.select import Case
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, fact, found, moment, paid, read


def told(
    rulebook: Rulebook, facts: Sequence[Said | Fact], *instants: str, engine_fails_at: Sequence[str] = ()
) -> list[Alert]:
    """What the daemon would say, evaluating at each instant (the first one is the enrolment)."""
    alerts: list[Alert] = []
    before: Mapping[str, Finding] = {}
    since: datetime | None = None
    for instant in instants:
        decided = case(rulebook, facts, instant)
        after = findings(decided, "the engine failed twice" if instant in engine_fails_at else None)
        news = {
            f.id: f"{f.version}@{utc_text(f.known_at)}"
            for f in (fact(rulebook, s) if not isinstance(s, Fact) else s for s in facts)
            if f.known_at <= decided.known_at and (since is None or f.known_at > since)
        }
        context = Context(case=decided, at=decided.as_of, news=news, origins={})
        if since is not None:
            alerts += in_order(change_alert(c, context) for c in changes(before, after))
        before, since = {f.key: f for f in after}, decided.known_at
    return alerts


def kinds(alerts: Sequence[Alert]) -> list[str]:
    return [a.kind.value + (f" {a.step}" if a.step else "") for a in alerts]


# --- transitions ----------------------------------------------------------------------------------------------------

S, K = State, AlertKind
TRANSITIONS: list[tuple[State | None, State, AlertKind | None, str]] = [
    (None, S.RUNNING, K.OPENED, ""), (None, S.EVENT_OF_DEFAULT, K.RIPENED, ""), (None, S.CURED, K.CURED, ""),
    (None, S.EXCEPTED, K.EXCEPTED, ""), (None, S.WAIVED, K.WAIVED, ""), (None, S.CLEAR, K.INFORMATION, "arguable"),
    (None, S.UNDETERMINED, K.UNDETERMINED, ""),
    (S.RUNNING, S.RUNNING, None, ""), (S.RUNNING, S.EVENT_OF_DEFAULT, K.RIPENED, ""), (S.RUNNING, S.CURED, K.CURED, ""),
    (S.RUNNING, S.EXCEPTED, K.EXCEPTED, ""), (S.RUNNING, S.WAIVED, K.WAIVED, ""), (S.RUNNING, S.CLEAR, K.CLEARED, ""),
    (S.RUNNING, S.UNDETERMINED, K.UNDETERMINED, ""),
    (S.EVENT_OF_DEFAULT, S.EVENT_OF_DEFAULT, None, ""), (S.EVENT_OF_DEFAULT, S.RUNNING, K.WITHDRAWN, "running"),
    (S.EVENT_OF_DEFAULT, S.CURED, K.WITHDRAWN, "cured"), (S.EVENT_OF_DEFAULT, S.EXCEPTED, K.WITHDRAWN, "excepted"),
    (S.EVENT_OF_DEFAULT, S.CLEAR, K.WITHDRAWN, "clear"), (S.EVENT_OF_DEFAULT, S.WAIVED, K.WAIVED, ""),
    (S.EVENT_OF_DEFAULT, S.UNDETERMINED, K.UNDETERMINED, ""),
    (S.CURED, S.CURED, None, ""), (S.CURED, S.RUNNING, K.OPENED, ""), (S.CURED, S.EVENT_OF_DEFAULT, K.RIPENED, ""),
    (S.EXCEPTED, S.EXCEPTED, None, ""), (S.EXCEPTED, S.EVENT_OF_DEFAULT, K.RIPENED, ""),
    (S.WAIVED, S.WAIVED, None, ""), (S.WAIVED, S.EVENT_OF_DEFAULT, K.RIPENED, ""), (S.WAIVED, S.RUNNING, K.OPENED, ""),
    (S.CLEAR, S.CLEAR, None, ""), (S.CLEAR, S.RUNNING, K.OPENED, ""), (S.CLEAR, S.EVENT_OF_DEFAULT, K.RIPENED, ""),
    (S.UNDETERMINED, S.UNDETERMINED, None, ""), (S.UNDETERMINED, S.RUNNING, K.INFORMATION, "determined"),
    (S.UNDETERMINED, S.EVENT_OF_DEFAULT, K.RIPENED, ""), (S.UNDETERMINED, S.CURED, K.CURED, ""),
]


@pytest.fixture(scope="module")
def lien(rulebook: Rulebook) -> Finding:
    return found(case(rulebook, [LIEN], "2005-06-20"))["b.lien NY-123"]


@pytest.mark.parametrize(("was", "now", "kind", "step"), TRANSITIONS, ids=[f"{t[0]}-{t[1]}" for t in TRANSITIONS])
def test_each_transition_has_its_alert(
    lien: Finding, was: State | None, now: State, kind: AlertKind | None, step: str
) -> None:
    before = {lien.key: replace(lien, state=was)} if was else {}
    found = changes(before, [replace(lien, state=now)])
    assert [(c.kind, c.step) for c in found] == ([(kind, step)] if kind else [])


GONE = [(s, s in (S.RUNNING, S.EVENT_OF_DEFAULT, S.WAIVED, S.UNDETERMINED)) for s in State]


@pytest.mark.parametrize(("was", "is_told"), GONE)
def test_a_window_that_is_gone_is_withdrawn_when_it_was_announced_as_standing(
    lien: Finding, was: State, is_told: bool
) -> None:
    found = changes({lien.key: replace(lien, state=was)}, [])
    assert [(c.kind, c.step) for c in found] == ([(K.WITHDRAWN, "trigger gone")] if is_told else [])


@pytest.mark.parametrize("state", [S.RUNNING, S.EVENT_OF_DEFAULT, S.UNDETERMINED])
@pytest.mark.parametrize("date", ["deadline", "default_date", "earliest_arguable"])
def test_a_date_that_moved_is_told(lien: Finding, state: State, date: str) -> None:
    old = replace(lien, state=state)
    value = getattr(lien, date)
    new = replace(old, **{date: value - timedelta(days=1)})
    assert [c.kind for c in changes({old.key: old}, [new])] == [K.REDATED]


def test_a_cured_window_s_dates_are_no_news(lien: Finding) -> None:
    old = replace(lien, state=S.CURED)
    assert changes({old.key: old}, [replace(old, earliest_arguable=None)]) == []


def test_a_default_that_becomes_verified_is_told_and_the_reverse_is_not(lien: Finding) -> None:
    unread, sure = (replace(lien, state=S.EVENT_OF_DEFAULT, verified=v) for v in (False, True))
    assert [(c.kind, c.step) for c in changes({lien.key: unread}, [sure])] == [(K.INFORMATION, "verified")]
    assert changes({lien.key: sure}, [unread]) == []


def test_limbs_without_a_window_say_nothing(rulebook: Rulebook) -> None:
    clear = findings(case(rulebook, [], "2005-06-20"))
    assert changes({f.key: f for f in clear}, clear) == []


def test_an_engine_that_fails_where_there_is_no_window_is_told_once_and_its_return_too(rulebook: Rulebook) -> None:
    days = ["2005-06-20", "2005-06-21", "2005-06-22", "2005-06-23", "2005-06-24"]
    alerts = told(rulebook, [], *days, engine_fails_at=days[1:3])
    assert [(a.kind, a.headline) for a in alerts] == [
        (K.UNDETERMINED, "ROO Group, Inc. note of 18 May 2005: the engine fails: every clause is undetermined"),
        (K.INFORMATION, "ROO Group, Inc. note of 18 May 2005: the engine answers again"),
    ]
    assert "engine failed twice" in alerts[0].body[0]


def test_an_engine_that_fails_on_a_window_is_told_of_the_window_alone(rulebook: Rulebook) -> None:
    alerts = told(rulebook, [LIEN], "2005-06-20", "2005-06-21", "2005-06-22", engine_fails_at=["2005-06-21"])
    assert kinds(alerts) == ["undetermined", "information determined"]
    assert alerts[0].headline.endswith("undetermined. Act on the earlier date, 7 July 2005")
    running = "reference: running, deadline 6 July 2005, default 7 July 2005"
    assert any(line.startswith(running) for line in alerts[0].body)
    assert any(line.startswith("engine: the engine failed twice") for line in alerts[0].body)
    assert alerts[1].headline.endswith(
        "both evaluators agree again: running. Last cure day in 14 days; Event of Default in 15 days"
    )


# --- identity -------------------------------------------------------------------------------------------------------


def version(of: Fact, known_at: str, kind: str | None = None) -> Fact:
    return replace(of, known_at=moment(known_at), kind=kind or of.kind)


def test_default_withdrawn_and_default_again_are_three_alerts(rulebook: Rulebook) -> None:
    """A release effective in time is learned late, then found to be another company's."""
    release = fact(rulebook, {"kind": "released", "matter": "NY-123", "happened_on": "2005-07-01",
                              "known_at": "2005-07-10", "record": "R"})
    retraction: Said = {"kind": "retraction", "supersedes": release.id, "happened_on": "2005-07-12",
                        "known_at": "2005-07-12", "reason": "another company's"}
    alerts = told(rulebook, [LIEN, release, retraction], "2005-06-20", "2005-07-07", "2005-07-10", "2005-07-12")
    assert kinds(alerts) == ["ripened", "withdrawn cured", "ripened"]
    assert len({a.id for a in alerts}) == 3


def test_default_again_on_the_same_deadline_after_a_closure_was_taken_back_is_a_third_alert(rulebook: Rulebook) -> None:
    """A closure learned late moves the fifth session; taking it back ripens the window by a fact, not by time."""
    removed: Said = {"kind": "listing_removed", "venue": "otcbb", "happened_on": "2005-06-13",
                     "effective": "before_open", "known_at": "2005-06-13"}
    closure = fact(rulebook, {"kind": "market_closed", "subject": "*", "happened_on": "2005-06-15",
                              "known_at": "2005-06-17T17:00:00-04:00", "record": "closure"})
    retraction: Said = {"kind": "retraction", "subject": "*", "supersedes": closure.id, "happened_on": "2005-06-18",
                        "known_at": "2005-06-18", "reason": "it was open"}
    alerts = told(
        rulebook, [removed, closure, retraction], "2005-06-14", "2005-06-17T16:00:00-04:00",
        "2005-06-17T17:00:00-04:00", "2005-06-18",
    )
    assert kinds(alerts) == ["ripened", "withdrawn running", "ripened"]
    assert len({a.id for a in alerts}) == 3
    assert alerts[0].why == "Sent because the window has run; sent now because its deadline has passed."
    assert alerts[2].why == "Sent because what is known of this matter changed."


def test_the_same_change_seen_twice_is_one_alert(rulebook: Rulebook) -> None:
    one = told(rulebook, [LIEN], "2005-06-20", "2005-07-07")
    late = told(rulebook, [LIEN], "2005-06-20", "2005-07-09")
    assert kinds(one) == kinds(late) == ["ripened"]
    assert one[0].id == late[0].id  # the due instant names it, not the instant at which it was seen


def test_how_far_a_source_was_read_is_no_cause_of_a_transition(rulebook: Rulebook) -> None:
    plain = told(rulebook, [LIEN], "2005-06-20", "2005-07-07")
    also_read = told(rulebook, [LIEN, read("acris", "2005-07-05", "2005-07-05", jurisdiction="NY")],
                     "2005-06-20", "2005-07-07")
    assert [a.id for a in plain] == [a.id for a in also_read]


def test_the_trigger_s_version_names_an_opening(rulebook: Rulebook) -> None:
    reports = [fact(rulebook, {**LIEN, "record": "1", "known_at": day}) for day in ("2005-06-21", "2005-06-23")]
    first, second = (told(rulebook, [report], "2005-06-20", "2005-06-25")[0] for report in reports)
    assert first.kind is second.kind is K.OPENED
    assert first.id != second.id


def test_a_change_of_rules_is_told_apart_from_one_caused_by_a_fact(rulebook: Rulebook) -> None:
    decided = case(rulebook, [LIEN], "2005-06-20")
    old = found(decided)["b.lien NY-123"]
    new = replace(old, deadline=old.opened, digests={"form": "another"})
    change = Change(K.REDATED, new, old)
    by_fact = Context(case=decided, at=decided.as_of, news={"elsewhere": "v"}, origins={})
    by_rules = replace(by_fact, rules_changed=True)
    told_fact, told_rules = change_alert(change, by_fact), change_alert(change, by_rules)
    assert told_fact.id != told_rules.id
    assert "the rules, the instrument's terms or the program changed" in told_rules.why
    learned = replace(by_rules, news={new.evidence[0].fact: "v"})
    assert change_alert(change, learned).why.startswith("Sent because of lien filed")


def test_a_reminder_is_named_by_its_due_instant(rulebook: Rulebook) -> None:
    decided = case(rulebook, [LIEN], "2005-07-01")
    finding = found(decided)["b.lien NY-123"]
    context = Context(case=decided, at=decided.as_of, news={}, origins={})
    due = datetime(2005, 7, 1, 11, tzinfo=UTC)
    one = reminder_alert(finding, Reminder("5 days", due), context)
    late = reminder_alert(finding, Reminder("5 days", due), replace(context, at=decided.as_of + timedelta(hours=3)))
    moved = reminder_alert(finding, Reminder("5 days", due + timedelta(days=1)), context)
    assert one.id == late.id != moved.id
    assert one.headline.endswith("day 15 of 20. Last cure day in 5 days; Event of Default in 6 days")


def test_two_reports_of_one_hint_s_matter_are_one_review_alert(rulebook: Rulebook) -> None:
    reports = [
        fact(rulebook, {"kind": "bankruptcy_reported", "matter": "edgar 1", "happened_on": day, "record": day,
                        "title": "Bankruptcy or Receivership", "known_at": "2005-10-10"})
        for day in ("2005-10-03", "2005-10-07")
    ]
    decided = case(rulebook, reports, "2005-10-10")
    context = Context(case=decided, at=decided.as_of, news={}, origins={})
    one, other = (review_alert(hint, context) for hint in decided.hints)
    assert one.id == other.id
    assert one.headline == "ROO Group, Inc. note of 18 May 2005: please review: Bankruptcy or Receivership"


def test_missed_interest_is_told_once_for_each_date(rulebook: Rulebook) -> None:
    seen = [read("payments", "2005-07-05", "2005-07-06"), paid("2005-07-01", "9166.67")]
    early, late = (
        interest_alerts(Context(case=case(rulebook, seen, day), at=moment(day), news={}, origins={}))
        for day in ("2005-07-06", "2005-07-20")
    )
    assert [a.id for a in early] == [a.id for a in late]
    assert [a.headline.partition(": ")[2] for a in early] == [
        "interest due 1 June 2005 was not received in full", "interest due 1 July 2005 was not received in full",
    ]


def test_missed_interest_without_a_statement_is_not_told(rulebook: Rulebook) -> None:
    decided = case(rulebook, [], "2005-07-20")
    assert interest_alerts(Context(case=decided, at=decided.as_of, news={}, origins={})) == []


# --- the stay warning -----------------------------------------------------------------------------------------------

PETITION: Said = {"kind": "voluntary_petition", "matter": "nysb 05-99893", "happened_on": "2005-10-03"}
HINT: Said = {"kind": "bankruptcy_reported", "matter": "edgar 1", "happened_on": "2005-10-03"}


def baseline(decided: Case) -> Alert:
    return baseline_alert(
        findings(decided), decided.hints, Context(case=decided, at=decided.as_of, news={}, origins={})
    )


WARNED = [
    ("nothing", [], ""), ("a hint", [HINT], "reported"), ("a petition", [PETITION], "on file"),
    ("both", [HINT, PETITION], "on file"),
    ("a docket of a like name", [{**HINT, "kind": "docket_reported"}], "reported"),
    ("another hint", [{**HINT, "kind": "listing_notice_reported"}], ""),
    ("a petition before the note", [{**PETITION, "happened_on": "2001-10-03"}], ""),
    ("a hint before the note", [{**HINT, "happened_on": "2001-10-03"}], ""),
    ("an old and a new one", [{**PETITION, "happened_on": "2001-10-03", "matter": "old"}, PETITION], "on file"),
    ("a petition announced for later", [{**PETITION, "happened_on": "2005-12-01", "known_at": "2005-10-01"}], ""),
    ("one that was dismissed", [
        {**PETITION, "kind": "involuntary_petition"},
        {"kind": "case_dismissed", "matter": "nysb 05-99893", "happened_on": "2005-10-05"},
    ], "on file"),
]


@pytest.mark.parametrize(("why", "facts", "known"), WARNED, ids=[w[0] for w in WARNED])
def test_how_a_petition_is_known(rulebook: Rulebook, why: str, facts: list[Said], known: str) -> None:
    assert baseline(case(rulebook, facts, "2005-10-10")).petition == known, why


def money(rulebook: Rulebook, facts: Sequence[Said], as_of: str) -> list[str]:
    """Lines with amounts of every alert of an enrolment at ``as_of`` and a lien's opening on the same day."""
    decided = case(rulebook, [*facts, {**LIEN, "happened_on": as_of}], as_of)
    context = Context(case=decided, at=decided.as_of, news={}, origins={})
    opened = change_alert(Change(K.OPENED, found(decided)["b.lien NY-123"], None), context)
    return [line for alert in (opened, baseline(decided)) for line in alert.body if "$" in line]


def test_after_a_petition_every_message_shows_the_claim_at_its_date_and_nothing_due(rulebook: Rulebook) -> None:
    claim = (
        "Claim at the petition date 3 October 2005: $1,100,000.00 + $42,166.67 interest. Payments were never read."
    )
    assert money(rulebook, [PETITION], "2005-11-15") == [claim, claim]


def test_a_case_of_years_ago_hides_no_amount_and_no_later_petition(rulebook: Rulebook) -> None:
    old: Said = {**PETITION, "happened_on": "2001-10-03", "matter": "old"}
    before = money(rulebook, [old, {**HINT, "happened_on": "2001-10-03"}], "2005-09-15")
    assert [line.split(":")[0] for line in before] == [
        "Assumes automatic acceleration", "Owed today if nothing else was paid",
    ]
    after = money(rulebook, [old, PETITION], "2005-11-15")
    assert [line.split(":")[0] for line in after] == ["Claim at the petition date 3 October 2005"] * 2


def test_on_a_hint_nothing_is_called_due(rulebook: Rulebook) -> None:
    assert money(rulebook, [HINT], "2005-11-15") == []


# --- words ----------------------------------------------------------------------------------------------------------


def test_a_withdrawal_does_not_repeat_the_default_as_if_it_stood(rulebook: Rulebook) -> None:
    lien = fact(rulebook, LIEN)
    retraction: Said = {"kind": "retraction", "supersedes": lien.id, "happened_on": "2005-07-10",
                        "known_at": "2005-07-10", "reason": "another company"}
    (ripened, withdrawn) = told(rulebook, [lien, retraction], "2005-06-20", "2005-07-07", "2005-07-10")
    assert withdrawn.step == "trigger gone"
    assert withdrawn.body == (
        "Announced before: event of default, default 7 July 2005. Its trigger was retracted or settled otherwise.",
    )
    assert ripened.thread == withdrawn.thread


def test_an_extended_maturity_is_the_one_that_is_shown(rulebook: Rulebook) -> None:
    extended: Said = {"kind": "maturity_extended", "happened_on": "2005-12-01", "to": "2006-06-30", "signed": True}
    finding = found(case(rulebook, [extended], "2006-02-01"))["c.maturity"]
    assert (finding.state, finding.reason) == (State.CLEAR, "Not due before 30 June 2006.")
    unsigned = found(case(rulebook, [{**extended, "signed": False}], "2005-12-15"))["c.maturity"]
    assert unsigned.reason == "Not due before 31 December 2005."


def test_a_baseline_says_what_is_open_what_awaits_review_and_what_was_not_read(rulebook: Rulebook) -> None:
    seen = [LIEN, {**HINT, "happened_on": "2005-06-18", "title": "Bankruptcy or Receivership"},
            read("payments", "2005-06-19", "2005-06-19")]
    alert = baseline(case(rulebook, seen, "2005-06-20"))
    assert alert.headline == "ROO Group, Inc. note of 18 May 2005: now watched"
    text = "\n".join(alert.body)
    assert "clause (b): running. Lien filed (NY-123), 16 June 2005." in text
    assert "Interest due 1 June 2005 was not received in full: no event of default." in text
    assert "Awaits review: Bankruptcy or Receivership (edgar 1)." in text
    assert "Not verified, because: acris (NY), attested, court_docket, edgar" in text
    assert "ucc_search (DE): never read; all needed through today." in text


def test_an_empty_baseline_says_so_and_what_is_owed(rulebook: Rulebook) -> None:
    alert = baseline(case(rulebook, [], "2005-06-01"))
    assert alert.body[0] == "No window is open on any clause."
    assert alert.body[-1].startswith("Owed today if nothing else was paid: $1,100,000.00 + $4,277.78 interest.")


def test_counsel_s_own_lines_come_with_the_alert(rulebook: Rulebook) -> None:
    decided = case(rulebook, [], "2005-06-01")
    own = replace(decided.instrument, next_step={"default": ("A",), "ripened": ("B", "C")})
    assert next_steps(replace(decided, instrument=own), "ripened") == ("B", "C")
    assert next_steps(replace(decided, instrument=own), "opened") == ("A",)
    assert next_steps(replace(decided, instrument=replace(own, next_step={})), "ripened") == ()


LOOK = [
    ("a.failure", {"kind": "listing_removed", "venue": "otcbb", "happened_on": "2005-06-13"}, "2005-06-14", "FINRA"),
    ("b.lien", LIEN, "2005-06-20", "lien registers"),
    ("b.levy", {"kind": "levy", "matter": "L-1", "happened_on": "2005-06-16"}, "2005-06-20", "lien registers"),
    ("b.judgment", {"kind": "judgment_entered", "matter": "1/05", "happened_on": "2005-06-16"}, "2005-06-20",
     "judgment roll"),
    ("c.maturity", None, "2006-01-02", "bank statement"),
    ("d.B", {"kind": "debt_other_default", "matter": "loan", "happened_on": "2005-06-16", "grace_ends_on": "2005-06-30",
             "permits_acceleration": True}, "2005-06-20", "other debt"),
    ("f.proceeding", {"kind": "involuntary_petition", "matter": "05-1", "happened_on": "2005-06-16"}, "2005-06-20",
     "docket"),
]
"""Limb, its trigger, a day on which its window runs, and what its line must name."""


@pytest.mark.parametrize(("limb", "trigger", "day", "where"), LOOK, ids=[row[0] for row in LOOK])
def test_an_open_window_says_where_to_look_in_the_words_of_its_area(
    rulebook: Rulebook, limb: str, trigger: Said | None, day: str, where: str
) -> None:
    decided = case(rulebook, [trigger] if trigger else [], day)
    (running,) = [f for f in findings(decided) if f.limb == limb and f.trigger]
    assert running.state is State.RUNNING
    (line,) = checks(decided, running)
    assert where in line
    others = {row[3] for row in LOOK} - {where}
    assert not [word for word in others if word in line]
    context = Context(case=decided, at=decided.as_of, news={}, origins={})
    for kind in (K.OPENED, K.REMINDER):
        assert change_alert(Change(kind, running, None), context).next_step.count(line) == 1


LOOKED = [
    (State.RUNNING, False, True), (State.RUNNING, True, True),
    (State.EVENT_OF_DEFAULT, False, True), (State.EVENT_OF_DEFAULT, True, False),
    (State.CURED, True, False), (State.EXCEPTED, True, False), (State.WAIVED, False, False),
    (State.CLEAR, False, False),
]


@pytest.mark.parametrize(("state", "verified", "asked"), LOOKED)
def test_nobody_is_sent_to_look_for_a_cure_that_is_ruled_out_or_has_come(
    rulebook: Rulebook, lien: Finding, state: State, verified: bool, asked: bool
) -> None:
    decided = case(rulebook, [LIEN], "2005-06-20")
    assert bool(checks(decided, replace(lien, state=state, verified=verified))) is asked
    at_once = replace(lien, state=State.EVENT_OF_DEFAULT, verified=False, deadline=None)
    assert checks(decided, at_once) == ()


def test_every_area_that_can_hold_a_cure_says_where_to_look(rulebook: Rulebook) -> None:
    form = case(rulebook, [], "2005-06-01").form
    assert {limb.cure_area for limb in form.limbs} - {""} <= set(form.checks)


def test_the_triggering_text_address_and_digest_come_with_the_evidence(rulebook: Rulebook) -> None:
    decided = case(rulebook, [LIEN], "2005-06-20")
    finding = found(decided)["b.lien NY-123"]
    origin = Origin("NOTICE OF LIEN <b>", "https://example.org/1", "ab" * 32)
    context = Context(case=decided, at=decided.as_of, news={}, origins={finding.evidence[0].fact: origin})
    (evidence,) = change_alert(Change(K.OPENED, finding, None), context).evidence
    assert (evidence.text, evidence.url, evidence.sha256) == ("NOTICE OF LIEN <b>", "https://example.org/1", "ab" * 32)


def test_a_stream_is_ordered_by_instant_instrument_finding_and_kind(rulebook: Rulebook) -> None:
    alerts = told(rulebook, [LIEN, {**LIEN, "matter": "NY-9", "record": "9"}], "2005-06-16", "2005-06-18", "2005-07-07")
    assert in_order(reversed(alerts)) == in_order(alerts)
    keys = [(a.at, a.instrument, a.finding.key if a.finding else "", a.kind.value) for a in in_order(alerts)]
    assert keys == sorted(keys)
