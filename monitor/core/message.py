"""The words of an alert: one headline and a few plain sentences, readable alone on a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from monitor.core.alerts import AlertKind
from monitor.core.clause import After, Unlisted, Unpaid, Within
from monitor.core.day_words import between_words, day_words
from monitor.core.facts import Fact, local_date
from monitor.core.findings import Finding, State
from monitor.core.payoff import missed_interest, payoff
from monitor.core.select import Case
from monitor.core.wording import unread, unread_words

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
    """`` (released)``: the fact that ended the window, when one did; the first sentence says when."""
    if finding.state not in (State.CURED, State.EXCEPTED, State.WAIVED) or len(finding.evidence) < 2:
        return ""
    return f" ({finding.evidence[-1].kind.replace('_', ' ')})"


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
        return f"Ripens {_in_days(last)}, at the close"
    return f"{_last_day(finding, case)} {_in_days(last)}; Event of Default {_in_days(default)}"


def _last_day(finding: Finding, case: Case) -> str:
    rule = next(x.ripens for x in case.form.limbs if x.id == finding.limb)
    return "Last day to pay" if isinstance(rule, Unpaid) else "Last day" if isinstance(rule, After) else "Last cure day"


def _in_days(days: int) -> str:
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days" if days > 0 else f"{-days} days ago"


def body(kind: AlertKind, finding: Finding, before: Finding | None, case: Case) -> tuple[str, ...]:
    """Plain sentences. Each date is said where it means something and not again: the rows beside them repeat none."""
    if kind is AlertKind.WITHDRAWN and finding is before:  # what it said then does not stand: only that is repeated
        return (_what_changed(kind, before, finding),)
    lines = [_stands(finding, case)]
    if kind in (AlertKind.WITHDRAWN, AlertKind.REDATED) and before:
        lines.append(_what_changed(kind, before, finding))
    if kind is AlertKind.UNDETERMINED:
        verdicts = [answer["verdict"] for answer in finding.both_answers]
        lines += [f"{a['evaluator']}: {_answer(a['verdict'], verdicts)}" for a in finding.both_answers]
    if finding.state in (State.RUNNING, State.EVENT_OF_DEFAULT, State.UNDETERMINED):
        lines.append(_dates(finding))
        lines += _money(finding, case)
    elif finding.earliest_arguable:
        lines.append(f"Earliest arguable default: {day_words(finding.earliest_arguable)}.")
    return tuple(lines)


def _stands(finding: Finding, case: Case) -> str:
    """The finding's reason, with days that the message names already called by their names."""
    reason = finding.reason.removesuffix(unread_words(finding.state, finding.missing))
    named = {case.today: "today"} | ({finding.deadline: "the last day"} if finding.deadline else {})
    return reason + unread_words(finding.state, finding.missing, named)


def _what_changed(kind: AlertKind, before: Finding, finding: Finding) -> str:
    was = before.state.value.replace("_", " ")
    if kind is AlertKind.REDATED:
        return f"Announced before: {was}, {_moved(before, finding)}."
    was += f", default {day_words(before.default_date)}" if before.default_date else ""
    if finding is before:
        return f"Announced before: {was}. Its trigger was retracted or settled otherwise."
    return f"Announced before: {was}. Now: {finding.state.value.replace('_', ' ')}."


def _moved(before: Finding, finding: Finding) -> str:
    """The dates announced before that hold no longer; those that hold now are said beside them."""
    told = (
        ("last day", before.deadline, finding.deadline), ("default", before.default_date, finding.default_date),
        ("earliest arguable", before.earliest_arguable, finding.earliest_arguable),
    )
    days: dict[str, list[str]] = {}
    for name, was, now in told:
        if was != now:
            days.setdefault(day_words(was) if was else "none", []).append(name)
    return ", ".join(f"{' and '.join(names)} {day}" for day, names in days.items())


def _answer(verdict: object, every: Sequence[object]) -> str:
    """One evaluator's verdict: its state, and of its dates those on which the two differ."""
    if not isinstance(verdict, dict):
        return str(verdict or "no such window")
    said = [str(verdict["state"]).replace("_", " ")]
    for key in ("deadline", "default_date", "earliest_arguable"):
        name, day = key.removesuffix("_date").replace("_", " "), verdict[key]
        if len({v[key] if isinstance(v, dict) else None for v in every}) > 1:
            said.append(f"{name} {day_words(date.fromisoformat(day))}" if day else f"no {name}")
    return ", ".join(said)


def _dates(finding: Finding) -> str:
    """Both dates: the house reading's, which the reason before it says, and the earliest that anybody could argue."""
    default, earliest = finding.default_date, finding.earliest_arguable
    arguable = "none" if earliest is None else "the same day" if earliest == default else day_words(earliest)
    if finding.state is State.UNDETERMINED:
        return f"Earliest arguable: {arguable}."
    house = "The default date is the house reading's" if default else "The house reading gives no default date"
    return f"{house}. Earliest arguable: {arguable}."


def _money(finding: Finding, case: Case) -> list[str]:
    """The sum on the default date; after a petition the claim at its date, not "due" and no per diem (section 9)."""
    if petition(case) or finding.default_date is None:
        return _claim(case, said=finding.opened)
    on = max(finding.default_date, case.today) if finding.state is State.EVENT_OF_DEFAULT else finding.default_date
    owed = payoff(case, on)
    assumed = "automatic acceleration" if case.chosen.get("acceleration") == "automatic" else "the holder's election"
    when = "the default date" if on == finding.default_date else day_words(on)
    return [
        f"Assumes {assumed}: {amount(owed.balance.principal)} + {amount(owed.balance.interest)} interest on "
        f"{when}, then {amount(owed.balance.per_diem)} a day. {_read(owed.read_through, last=finding.deadline)}"
    ]


def _claim(case: Case, said: date | None = None) -> list[str]:
    """The claim at the petition date (left out when it is the day ``said`` already); nothing while none is known."""
    filed = _petitioned_on(case)
    if filed is None:
        return []
    claim, on = payoff(case, filed), "" if filed == said else f" {day_words(filed)}"
    return [
        f"Claim at the petition date{on}: {amount(claim.balance.principal)} + "
        f"{amount(claim.balance.interest)} interest. {_read(claim.read_through)}"
    ]


def amount(value: Decimal) -> str:
    return f"${value:,.2f}"


def _read(through: date | None, last: date | None = None) -> str:
    if through is None:
        return "Payments were never read."
    return f"Payments read through {'the last day' if through == last else day_words(through)}."


def baseline_body(findings: Sequence[Finding], hints: Sequence[Fact], case: Case) -> tuple[str, ...]:
    lines = []
    for finding in findings:
        if finding.trigger:
            why = finding.reason.removesuffix(unread_words(finding.state, finding.missing))
            lines.append(f"{clause_words(finding)}: {finding.state.value.replace('_', ' ')}. {why}")
    if not lines:
        lines.append("No window is open on any clause.")
    if any(f.state is State.UNDETERMINED and f.trigger is None for f in findings):
        lines.append("The engine gave no answer: every clause is undetermined until it does.")
    for missed in missed_interest(case):
        if missed.known:
            lines.append(f"Interest due {day_words(missed.due.nominal)} was not received in full: no event of default.")
    for hint in hints:
        lines.append(f"Awaits review: {hint.fields.get('title') or hint.kind.replace('_', ' ')} ({hint.matter}).")
    missing = unread(sorted({m for f in findings for m in f.missing}), {case.today: "today"})
    if missing:
        lines.append(f"Not verified, because: {missing}.")
    if petition(case):
        return (*lines, *_claim(case))
    owed = payoff(case, case.today)
    lines.append(
        f"Owed today if nothing else was paid: {amount(owed.balance.principal)} + {amount(owed.balance.interest)} "
        f"interest. {_read(owed.read_through)}"
    )
    return tuple(lines)


def review_body(hint: Fact, item: str, zone: str) -> tuple[str, ...]:
    """``zone``: the clock that dates a hint without a clock of its own."""
    first, last = (local_date(end, hint.zone or zone) for end in (hint.happened_on.first, hint.happened_on.last))
    form = " ".join(str(hint.fields[k]) for k in ("form", "items") if hint.fields.get(k))
    said = f" (form {form})" if form else ""
    return (
        f"{hint.source}: {hint.kind.replace('_', ' ')}{said}, dated {between_words(first, last)}; {hint.matter}.",
        f"Decide it with: covenantd review {item}",
    )
