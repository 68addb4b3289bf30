"""Alert -> the bytes of an e-mail. Pure and reproducible: no clock, no random boundary, no host name.

Threads: every message of a matter refers to one root Message-ID that is computed from ``alert.thread`` and never sent
itself, so mail programs group the messages even when the first was lost (RFC 5322 section 3.6.4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from monitor.core.alerts import Alert
from monitor.notify.base import Attachment, Prepared
from monitor.notify.content import attachable
from monitor.notify.message import render
from monitor.notify.settings import address_of
from monitor.notify.wording import one_line

_MEDIA_TYPE = re.compile(r"([A-Za-z0-9][\w.+-]{0,60})/([A-Za-z0-9][\w.+-]{0,60})")
_NOT_IN_A_NAME = re.compile(r"[^\w.+-]+", re.ASCII)


def compose(
    alert: Alert, attachments: Sequence[Attachment], sender: str, to: tuple[str, ...], domain: str = ""
) -> Prepared:
    """One e-mail: text, HTML and the payloads that fit. Dated by ``alert.at``; ``domain`` defaults to the sender's."""
    domain = domain or address_of(sender).rpartition("@")[2]
    shown = render(alert, attachments)
    message_id, root = f"<{alert.id}@{domain}>", f"<thread.{alert.thread}@{domain}>"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = shown.subject
    mail["Date"] = format_datetime(alert.at.astimezone(UTC))
    mail["Message-ID"] = message_id
    mail["In-Reply-To"] = root
    mail["References"] = root
    # RFC 3834: keeps out-of-office programs from answering.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Covenantd-Alert"] = alert.id
    mail.set_content(shown.text, cte="quoted-printable")
    mail.add_alternative(shown.html, subtype="html", cte="quoted-printable")
    for one in attachable(attachments):
        main, sub = _media_type(one.content_type)
        mail.add_attachment(one.body, maintype=main, subtype=sub, filename=file_name(one.name))
    for number, part in enumerate(p for p in mail.walk() if p.is_multipart()):
        # "=_" cannot occur in quoted-printable or base64, so no payload can end its part early.
        part.set_boundary(f"=_{alert.id}_{number}")
    return Prepared(
        alert=alert.id,
        body=mail.as_bytes(policy=SMTP),
        content_type="message/rfc822",
        headers=(("Subject", shown.subject), ("Message-ID", message_id), ("References", root)),
        recipients=tuple(address_of(one) for one in to),
    )


def file_name(name: str) -> str:
    """A name safe on any disk: the last path segment, ASCII letters, digits, ``. _ + -``; never hidden or empty."""
    last = one_line(name, 1_000).replace("\\", "/").rpartition("/")[2]
    return _NOT_IN_A_NAME.sub("_", last).strip("._")[-100:] or "payload"


def _media_type(text: str) -> tuple[str, str]:
    """Main and sub type; what cannot be attached as bytes (a message, a multipart) or is no type is a plain file."""
    match = _MEDIA_TYPE.fullmatch(text.partition(";")[0].strip())
    if match is None or match[1].lower() in {"message", "multipart"}:
        return "application", "octet-stream"
    return match[1].lower(), match[2].lower()
