"""What a message says, before it is laid out: Alert -> Content. Pure; every output shows the same content.

Everything here has been cleaned of control characters; escaping is left to the layouts (message.py, markup.py,
blocks.py, terminal.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.core.alerts import Alert, AlertKind
from monitor.core.findings import Evidence, Finding, State
from monitor.core.message import clause_words
from monitor.notify.base import Attachment
from monitor.notify.wording import clean, day_text, instant_text, one_line, public_link, shorten, size_text

TEXT_LIMIT = 1_500
"""Characters of a triggering text shown; the rest is in the payload."""
EVIDENCE_LIMIT = 10
"""Facts shown one by one. Beyond that a message no longer fits a phone; the ledger has them all."""
ATTACH_LIMIT = 1_000_000
"""Bytes: a payload of this size or more is named by digest instead of attached."""
ATTACH_TOTAL = 5_000_000
"""Bytes of all attachments together: mail servers refuse messages of 10 to 25 MB, base64 included."""

DISCLAIMER = "A reading of the note, not legal advice."
SIMULATED = "SIMULATED. Made on a simulated clock or replayed; not a live alert."

_STATE = {
    State.CLEAR: "clear",
    State.RUNNING: "running",
    State.CURED: "cured",
    State.EXCEPTED: "excepted",
    State.EVENT_OF_DEFAULT: "event of default",
    State.WAIVED: "waived",
    State.UNDETERMINED: "undetermined (the two evaluators differ)",
}


@dataclass(frozen=True, slots=True)
class Cited:
    """One fact behind the alert. ``link`` is "" when only this machine could open it; ``more``: characters cut."""

    title: str
    origin: str
    link: str
    digest: str
    learned: str
    text: str
    more: int


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of one message, in the order in which they are read."""

    stay: str
    simulated: str
    headline: str
    body: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    quote_of: str
    quote: str
    next_step: tuple[str, ...]
    evidence: tuple[Cited, ...]
    evidence_more: int
    files: tuple[str, ...]
    why: str
    disclaimer: str
    identity: str

    @property
    def lead(self) -> str:
        """The first line when there is something to say before the headline: the stamp, then the stay warning."""
        return " ".join(part for part in (self.simulated, self.stay) if part)


def attachable(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Those that travel with the message: each below ATTACH_LIMIT, in order, while ATTACH_TOTAL is not passed."""
    kept: list[Attachment] = []
    total = 0
    for one in attachments:
        if len(one.body) < ATTACH_LIMIT and total + len(one.body) <= ATTACH_TOTAL:
            kept.append(one)
            total += len(one.body)
    return tuple(kept)


def content(alert: Alert, attachments: Sequence[Attachment] = (), *, carries_files: bool = True) -> Content:
    """``carries_files`` False: the channel cannot attach anything, so every payload is named by its digest."""
    shown = alert.evidence[:EVIDENCE_LIMIT]
    return Content(
        stay=stay_warning(alert.petition),
        simulated=SIMULATED if alert.simulated else "",
        headline=one_line(alert.headline),
        body=tuple(line for line in (_sentence(b) for b in alert.body) if line),
        rows=_rows(alert),
        quote_of=_quote_of(alert.finding),
        quote=shorten(clean(alert.quote), TEXT_LIMIT)[0],
        next_step=tuple(line for line in (_sentence(s) for s in alert.next_step) if line),
        evidence=tuple(_cited(e, simulated=alert.simulated) for e in shown),
        evidence_more=len(alert.evidence) - len(shown),
        files=_files(attachments, carries_files),
        why=one_line(alert.why, 1_000),
        disclaimer=DISCLAIMER,
        identity=" · ".join(one_line(p, 80) for p in ("alert " + alert.id, alert.kind.value, alert.step) if p),
    )


def stay_warning(petition: str) -> str:
    """The words of semantics.md section 9, "" without a petition. Anything but a known filing counts as reported."""
    if not petition.strip():
        return ""
    known = "on file" if petition == "on file" else "reported"
    return (
        f"A bankruptcy petition is {known}. The automatic stay (11 U.S.C. 362) may bar collection; consult counsel."
    )


def state_text(finding: Finding) -> str:
    """The state in words. A window that has run while its cure sources were not read is never a bare default."""
    if finding.state is State.EVENT_OF_DEFAULT and not finding.verified:
        if finding.deadline is not None:
            return "window has run, cure not ruled out"
        return "event of default, unverified"
    return _STATE[finding.state]


def _sentence(text: str) -> str:
    return one_line(text, 2_000)


def _rows(alert: Alert) -> tuple[tuple[str, str], ...]:
    rows: list[tuple[str, str]] = []
    if alert.instrument_title and alert.instrument_title not in alert.headline:
        rows.append(("Instrument", one_line(alert.instrument_title, 300)))
    finding = alert.finding
    if finding is None:
        return tuple(rows)
    if finding.matter:
        rows.append(("Matter", one_line(finding.matter, 300)))
    if alert.kind is AlertKind.WITHDRAWN and alert.step != finding.state.value:
        # The window is gone with its trigger: the finding is the one announced before, and its dates no longer hold.
        return (*rows, ("State", f"withdrawn (announced before: {_STATE[finding.state]})"))
    rows.append(("State", state_text(finding)))
    if finding.opened:
        rows.append(("Opened", day_text(finding.opened)))
    if finding.deadline:
        rows.append(_deadline(finding, finding.deadline))
    if finding.default_date:
        rows.append(("Default, house reading", day_text(finding.default_date)))
    if finding.earliest_arguable:
        rows.append(("Earliest arguable", day_text(finding.earliest_arguable)))
    if finding.acceleration_date:
        rows.append(("Acceleration", day_text(finding.acceleration_date)))
    missing = "; ".join(one_line(m, 300) for m in finding.missing)
    if finding.verified:
        rows.append(("Sources", "verified"))
    else:
        rows.append(("Sources", f"unverified; missing: {missing}" if missing else "unverified"))
    return tuple(rows)


def _deadline(finding: Finding, deadline: date) -> tuple[str, str]:
    # A window of sessions ends at a close within its last day, not at the midnight after it (semantics.md section 1).
    if finding.deadline_at and finding.default_date == deadline:
        return ("Deadline", f"{day_text(deadline)}, at the close ({instant_text(finding.deadline_at)})")
    return ("Last cure day", day_text(deadline))


def _quote_of(finding: Finding | None) -> str:
    if finding is None:
        return "The note says"
    words = one_line(clause_words(finding), 80)
    return words[:1].upper() + words[1:]


def _cited(evidence: Evidence, *, simulated: bool) -> Cited:
    text, more = shorten(clean(evidence.text), TEXT_LIMIT)
    kind = one_line(evidence.kind, 80).replace("_", " ")
    link = public_link(evidence.url)
    # Evidence carries when the fact was learned. For a payload fetched live that is the fetch; in a replay it is not.
    verb = "fetched" if link and evidence.sha256 and not simulated else "learned"
    return Cited(
        title=f"{kind[:1].upper()}{kind[1:]}, {_happened(evidence.happened_on)}",
        origin=f"{one_line(evidence.source, 120)}, record {one_line(evidence.record, 200)}",
        link=link,
        digest=one_line(evidence.sha256, 80),
        learned=f"{verb} {instant_text(evidence.known_at)}",
        text=text,
        more=more,
    )


def _happened(text: str) -> str:
    try:
        return day_text(date.fromisoformat(text))
    except ValueError:
        return one_line(text, 80)


def _files(attachments: Sequence[Attachment], carries_files: bool) -> tuple[str, ...]:
    sent = set(map(id, attachable(attachments))) if carries_files else set()
    return tuple(
        f"{'Attached' if id(one) in sent else 'Kept in the ledger, not attached'}: "
        f"{one_line(one.name, 120)}, {size_text(len(one.body))}, sha256 {one.sha256}"
        for one in attachments
    )
