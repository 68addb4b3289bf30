"""The words of an alert: one headline and a few plain sentences, readable alone on a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from monitor.core.alerts import AlertKind
from monitor.core.clause import After, Unlisted, Unpaid, Within
from monitor.core.facts import Fact
from monitor.core.findings import Finding, State
from monitor.core.payoff import missed_interest, payoff
from monitor.core.select import Case
from monitor.core.wording import day_words

PETITIONS = ("voluntary_petition", "involuntary_petition", "debtor_relief_petition")
REPORTS = ("bankruptcy_reported", "docket_reported")


def petition(case: Case) -> str:
    """How a petition against or by the maker is known, from the first one, even a hint: it never lapses here."""
    if _petitioned_on(case):
        return "on file"
    issue = case.instrument.loan.dated.isoformat()
    hinted = any(h.kind in REPORTS and h.happened_on.last.isoformat()[:10] >= issue for h in case.hints)
    return "reported" if hinted else ""


def _petitioned_on(case: Case) -> date | None:
    """The date of the first petition since the instrument was made; an older case is another matter."""
    issue = case.instrument.loan.dated
    filed = (e.last for e in case.events if e.kind in PETITIONS and case.happened(e) and e.last >= issue)
    return min(filed, default=None)


def quoted(finding: Finding, case: Case) -> str:
    """The limb's words and those its period comes from."""
    period = next((x.window_quote for x in case.form.limbs if x.id == finding.limb), "")
    return f"{finding.quote} … {period}" if period else finding.quote


def clause_words(finding: Finding) -> str:
    """``clause (b)``, ``clause (e)(iii)``"""
    limb = finding.limb.partition(".")[2]
    numbered = limb.isupper() or (limb and set(limb) <= set("ivx"))
    return f"clause ({finding.clause})" + (f"({limb})" if numbered else "")


def headline(kind: AlertKind, step: str, finding: Finding, case: Case) -> str:
    """Who, which clause, what: one line without line breaks."""
    if step == "engine":
        answers = "fails: every clause is undetermined" if kind is AlertKind.UNDETERMINED else "answers again"
        return f"{case.instrument.title}: the engine {answers}"
    start = f"{case.instrument.title}, {clause_words(finding)}"
    default = day_words(finding.default_date) if finding.default_date else ""
    match kind:
        case AlertKind.OPENED:
            return f"{start}: a window opened. {_remaining(finding, case)}"
        case AlertKind.REMINDER:
            doubt = "undetermined, by the earlier date " if finding.state is State.UNDETERMINED else ""
            return f"{start}: {doubt}{_progress(finding, case)}. {_remaining(finding, case)}"
        case AlertKind.RIPENED:
            return f"{start}: {_default_words(finding)} from {default}"
        case AlertKind.CURED:
            return f"{start}: cured{_by_what(finding)}"
        case AlertKind.EXCEPTED:
            return f"{start}: excepted{_by_what(finding)}, no default"
        case AlertKind.WAIVED:
            return f"{start}: waived{_by_what(finding)}"
        case AlertKind.CLEARED:
            return f"{start}: the window ended"
        case AlertKind.WITHDRAWN:
            return f"{start}: withdrawn. What was announced does not stand{_by_what(finding)}"
        case AlertKind.REDATED:
            return f"{start}: dates changed. {_remaining(finding, case)}"
        case AlertKind.UNDETERMINED:
            earlier = finding.default_date or finding.earliest_arguable
            return f"{start}: undetermined. Act on the earlier date" + (f", {day_words(earlier)}" if earlier else "")
        case _:
            if step == "verified":
                return f"{start}: cure now ruled out; Event of Default from {default}"
            if step == "determined":
                return f"{start}: both evaluators agree again: running. {_remaining(finding, case)}"
            return f"{start}: for information"


def _by_what(finding: Finding) -> str:
    """`` (released 2005-07-05)``: the fact that ended the window, when one did."""
    if finding.state not in (State.CURED, State.EXCEPTED, State.WAIVED) or len(finding.evidence) < 2:
        return ""
    ended = finding.evidence[-1]
    return f" ({ended.kind.replace('_', ' ')}, {ended.happened_on[:10]})"


def _default_words(finding: Finding) -> str:
    return "Event of Default" if finding.verified else "window has run, cure not ruled out; Event of Default"


def _progress(finding: Finding, case: Case) -> str:
    rule = next(x.ripens for x in case.form.limbs if x.id == finding.limb)
    if isinstance(rule, Within | After) and finding.opened:
        passed = (case.today - finding.opened).days
        rolled = f" (day {rule.days} was no business day)" if passed > rule.days else ""
        return f"day {min(passed, rule.days)} of {rule.days}{rolled}"
    if isinstance(rule, Unlisted) and finding.deadline:
        sessions = case.calendars.sessions
        left = sessions.index_at(finding.deadline) - sessions.index_at(case.today)
        return f"session {rule.sessions - left} of {rule.sessions}"
    return "running"


def _remaining(finding: Finding, case: Case) -> str:
    if finding.deadline is None or finding.default_date is None:
        return "The clock is stopped"
    if finding.state not in (State.RUNNING, State.UNDETERMINED):
        return f"Default date {day_words(finding.default_date)}"
    last = (finding.deadline - case.today).days
    default = (finding.default_date - case.today).days
    if finding.deadline == finding.default_date:
        return f"Ripens at the close of {day_words(finding.deadline)} ({_in_days(last)})"
    return f"{_last_day(finding, case)} {_in_days(last)}; Event of Default {_in_days(default)}"


def _last_day(finding: Finding, case: Case) -> str:
    rule = next(x.ripens for x in case.form.limbs if x.id == finding.limb)
    return "Last day to pay" if isinstance(rule, Unpaid) else "Last day" if isinstance(rule, After) else "Last cure day"


def _in_days(days: int) -> str:
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days" if days > 0 else f"{-days} days ago"


def body(kind: AlertKind, finding: Finding, before: Finding | None, case: Case) -> tuple[str, ...]:
    if kind is AlertKind.WITHDRAWN and finding is before:  # what it said then does not stand: only that is repeated
        return (_what_changed(kind, before, finding),)
    lines = [finding.reason]
    if kind in (AlertKind.WITHDRAWN, AlertKind.REDATED) and before:
        lines.append(_what_changed(kind, before, finding))
    if kind is AlertKind.UNDETERMINED:
        for answer in finding.both_answers:
            lines.append(f"{answer['evaluator']}: {_answer(answer['verdict'])}")
    if finding.state in (State.RUNNING, State.EVENT_OF_DEFAULT, State.UNDETERMINED):
        lines.append(_dates(finding))
        lines += _money(finding, case)
    return tuple(lines)


def _what_changed(kind: AlertKind, before: Finding, finding: Finding) -> str:
    was = before.state.value.replace("_", " ") + (f", default {before.default_date}" if before.default_date else "")
    if kind is AlertKind.WITHDRAWN and finding is before:
        return f"Announced before: {was}. Its trigger was retracted or settled otherwise."
    now = finding.state.value.replace("_", " ") + (f", default {finding.default_date}" if finding.default_date else "")
    return f"Announced before: {was}. Now: {now}."


def _answer(verdict: object) -> str:
    if not isinstance(verdict, dict):
        return str(verdict or "no such window")
    return f"{verdict['state']}, deadline {verdict['deadline']}, default {verdict['default_date']}"


def _dates(finding: Finding) -> str:
    house = day_words(finding.default_date) if finding.default_date else "none"
    arguable = day_words(finding.earliest_arguable) if finding.earliest_arguable else "none"
    return f"House reading: default {house}. Earliest arguable: {arguable}."


def _money(finding: Finding, case: Case) -> list[str]:
    """The sum on the default date; after a petition the claim at its date, not "due" and no per diem (section 9)."""
    if petition(case) or finding.default_date is None:
        return _claim(case)
    on = max(finding.default_date, case.today) if finding.state is State.EVENT_OF_DEFAULT else finding.default_date
    owed = payoff(case, on)
    assumed = "automatic acceleration" if case.chosen.get("acceleration") == "automatic" else "the holder's election"
    return [
        f"Assumes {assumed}: {amount(owed.balance.principal)} + {amount(owed.balance.interest)} interest on "
        f"{day_words(on)}, then {amount(owed.balance.per_diem)} a day. {_read(owed.read_through)}"
    ]


def _claim(case: Case) -> list[str]:
    """The claim at the petition date; nothing while no date of a petition is known."""
    filed = _petitioned_on(case)
    if filed is None:
        return []
    claim = payoff(case, filed)
    return [
        f"Claim at the petition date {day_words(filed)}: {amount(claim.balance.principal)} + "
        f"{amount(claim.balance.interest)} interest. {_read(claim.read_through)}"
    ]


def amount(value: Decimal) -> str:
    return f"${value:,.2f}"


def _read(through: date | None) -> str:
    return f"Payments read through {day_words(through)}." if through else "Payments were never read."


def baseline_body(findings: Sequence[Finding], hints: Sequence[Fact], case: Case) -> tuple[str, ...]:
    lines = []
    for finding in findings:
        if finding.trigger:
            lines.append(f"{clause_words(finding)}: {finding.state.value.replace('_', ' ')}. {finding.reason}")
    if not lines:
        lines.append("No window is open on any clause.")
    if any(f.state is State.UNDETERMINED and f.trigger is None for f in findings):
        lines.append("The engine gave no answer: every clause is undetermined until it does.")
    for missed in missed_interest(case):
        if missed.known:
            lines.append(f"Interest due {day_words(missed.due.nominal)} was not received in full: no event of default.")
    for hint in hints:
        lines.append(f"Awaits review: {hint.fields.get('title') or hint.kind.replace('_', ' ')} ({hint.matter}).")
    unread = sorted({m for f in findings for m in f.missing})
    if unread:
        lines.append("Not verified, because: " + "; ".join(unread) + ".")
    if petition(case):
        return (*lines, *_claim(case))
    owed = payoff(case, case.today)
    lines.append(
        f"Owed today if nothing else was paid: {amount(owed.balance.principal)} + {amount(owed.balance.interest)} "
        f"interest. {_read(owed.read_through)}"
    )
    return tuple(lines)


def review_body(hint: Fact, item: str) -> tuple[str, ...]:
    first, last = hint.happened_on.first, hint.happened_on.last
    dated = f"{first}" if first == last else f"between {first} and {last}"
    form = " ".join(str(hint.fields[k]) for k in ("form", "items") if hint.fields.get(k))
    said = f" (form {form})" if form else ""
    return (
        f"{hint.source}: {hint.kind.replace('_', ' ')}{said}, dated {dated}; {hint.matter}.",
        f"Decide it with: covenantd review {item}",
    )
