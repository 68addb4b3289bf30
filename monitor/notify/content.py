"""What a message says, before it is laid out: Alert -> Content. Pure; every output shows the same content.

Everything here has been cleaned of control characters; escaping is left to the layouts (message.py, markup.py,
blocks.py, terminal.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.core.alerts import Alert, AlertKind
from monitor.core.day_words import clock_words, day_words, instant_words, told_words
from monitor.core.findings import Evidence, Finding, State
from monitor.core.message import clause_words
from monitor.notify.base import Attachment
from monitor.notify.wording import clean, one_line, public_link, shorten, size_text

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
    shown = _evidence(alert)
    return Content(
        stay=stay_warning(alert.petition),
        simulated=SIMULATED if alert.simulated else "",
        headline=one_line(alert.headline),
        body=tuple(line for line in (_sentence(b) for b in alert.body) if line),
        rows=_rows(alert),
        quote_of=_quote_of(alert.finding),
        quote=shorten(clean(alert.quote), TEXT_LIMIT)[0],
        next_step=tuple(line for line in (_sentence(s) for s in alert.next_step) if line),
        evidence=shown,
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
    # The body says every date of the window; a row repeats none.
    if finding.acceleration_date and finding.acceleration_date != finding.default_date:
        rows.append(("Acceleration", day_words(finding.acceleration_date)))
    rows.append(("Sources", "verified" if finding.verified else "unverified"))
    return tuple(rows)


def _quote_of(finding: Finding | None) -> str:
    if finding is None:
        return "The note says"
    words = one_line(clause_words(finding), 80)
    return words[:1].upper() + words[1:]


def _evidence(alert: Alert) -> tuple[Cited, ...]:
    """The facts shown. A day that the body says, or on which the fact above was learned too, is not repeated."""
    body, above = " ".join(alert.body), None
    shown = []
    for evidence in alert.evidence[:EVIDENCE_LIMIT]:
        shown.append(_cited(evidence, body, above, simulated=alert.simulated))
        above = evidence.known_at
    return tuple(shown)


def _cited(evidence: Evidence, body: str, above: datetime | None, *, simulated: bool) -> Cited:
    text, more = shorten(clean(evidence.text), TEXT_LIMIT)
    kind = one_line(evidence.kind, 80).replace("_", " ")
    link, at = public_link(evidence.url), evidence.known_at
    # Evidence carries when the fact was learned. For a payload fetched live that is the fetch; in a replay it is not.
    verb = "fetched" if link and evidence.sha256 and not simulated else "learned"
    same_day = above is not None and above.astimezone(UTC).date() == at.astimezone(UTC).date()
    when = f"the same day, {clock_words(at)}" if same_day else instant_words(at)
    return Cited(
        title=f"{kind[:1].upper()}{kind[1:]}{_happened(evidence.happened_on, body)}",
        origin=f"{one_line(evidence.source, 120)}, record {one_line(evidence.record, 200)}",
        link=link,
        digest=one_line(evidence.sha256, 80),
        learned=f"{verb} {when}",
        text=text,
        more=more,
    )


def _happened(text: str, body: str) -> str:
    """``, 16 June 2005``; nothing when the body says the day, and the time of day when that is all it leaves out."""
    told = one_line(told_words(text), 80)
    day, _, clock = told.partition(", ")
    if re.search(rf"(?<!\d){re.escape(day)}", body):
        return f", at {clock} of that day" if clock and " and " not in told else ""
    return f", {told}"


def _files(attachments: Sequence[Attachment], carries_files: bool) -> tuple[str, ...]:
    sent = set(map(id, attachable(attachments))) if carries_files else set()
    return tuple(
        f"{'Attached' if id(one) in sent else 'Kept in the ledger, not attached'}: "
        f"{one_line(one.name, 120)}, {size_text(len(one.body))}, sha256 {one.sha256}"
        for one in attachments
    )
