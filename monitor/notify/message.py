"""Alert -> Message: subject, plain text, HTML and Slack blocks of one alert. Pure: equal alerts give equal messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.core.alerts import Alert
from monitor.notify.base import Attachment
from monitor.notify.blocks import blocks, fallback
from monitor.notify.content import Cited, Content, content
from monitor.notify.markup import page
from monitor.notify.wording import one_line

SUBJECT_LIMIT = 250


@dataclass(frozen=True, slots=True)
class Message:
    """One alert in every shape a channel needs. ``slack_text`` is the fallback beside the blocks."""

    subject: str
    text: str
    html: str
    slack_blocks: tuple[dict[str, Any], ...]
    slack_text: str


def render(alert: Alert, attachments: Sequence[Attachment] = ()) -> Message:
    """The message of one alert. ``attachments`` are named in it; which of them travel, content.attachable says."""
    mail = content(alert, attachments)
    slack = content(alert, attachments, carries_files=False)
    subject = subject_of(alert)
    return Message(
        subject=subject,
        text=plain_text(mail),
        html=page(mail, subject),
        slack_blocks=blocks(slack),
        slack_text=fallback(slack),
    )


def subject_of(alert: Alert) -> str:
    """The headline on one line, after the stamp and a word on the petition: on a phone it is all one sees."""
    marks = ["[SIMULATED]"] if alert.simulated else []
    if alert.petition.strip():
        marks.append("[petition on file]" if alert.petition == "on file" else "[petition reported]")
    return one_line(" ".join([*marks, alert.headline]), SUBJECT_LIMIT)


def plain_text(shown: Content) -> str:
    """The whole message as plain text; lines are not wrapped, since a phone wraps them better."""
    groups: list[list[str]] = [[shown.lead]] if shown.lead else []
    groups.append([shown.headline])
    groups.append(list(shown.body))
    groups.append([f"{label}: {value}" for label, value in shown.rows])
    if shown.quote:
        groups.append([f"{shown.quote_of}:", f'"{shown.quote}"'])
    if shown.next_step:
        groups.append(["Next step:", *(f"- {step}" for step in shown.next_step)])
    groups += [_evidence(cited) for cited in shown.evidence]
    if shown.evidence_more:
        groups.append([f"And {shown.evidence_more} more facts, kept in the ledger."])
    groups.append(list(shown.files))
    why = [f"Why: {shown.why}"] if shown.why else []
    groups.append([*why, shown.disclaimer, shown.identity])
    return "\n\n".join("\n".join(group) for group in groups if group) + "\n"


def _evidence(cited: Cited) -> list[str]:
    lines = [f"Evidence: {cited.title}", cited.origin]
    lines += [f"> {line}" for line in cited.text.split("\n")] if cited.text else []
    if cited.more:
        lines.append(f"(shortened: {cited.more:,} more characters in the payload)")
    if cited.link:
        lines.append(cited.link)
    lines.append(", ".join(p for p in (f"sha256 {cited.digest}" if cited.digest else "", cited.learned) if p))
    return lines
