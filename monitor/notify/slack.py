"""Slack by incoming webhook. The whole address is the secret: it is in no log line and in no error.

429 and 5xx are temporary (``Retry-After`` is handed on); any other refusal, such as ``invalid_token`` or
``channel_is_archived``, is permanent. A webhook returns no message id, so Slack messages are not threaded.
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import ClassVar
from urllib.parse import urlsplit

from monitor.core.alerts import Alert
from monitor.notify.base import Attachment, Prepared, Reply, TransportError, refuse_simulated
from monitor.notify.message import render
from monitor.notify.settings import SecretMissing, SlackSettings, webhook_complaint
from monitor.notify.wording import is_loopback, one_line


class SlackChannel:
    """One Slack channel behind one webhook. ``environ`` is where the address is looked up (default: the process's)."""

    kind: ClassVar[str] = "slack"
    real: ClassVar[bool] = True

    def __init__(self, settings: SlackSettings, environ: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environ = environ

    @property
    def name(self) -> str:
        return self._settings.name

    def prepare(self, alert: Alert, attachments: Sequence[Attachment] = ()) -> Prepared:
        refuse_simulated(alert, self.name)
        shown = render(alert, attachments)
        body = {
            "text": shown.slack_text, "blocks": list(shown.slack_blocks),
            "unfurl_links": False, "unfurl_media": False,
        }
        # json.dumps as slack_sdk calls it, so that the bytes kept are the bytes sent.
        return Prepared(
            alert=alert.id,
            body=json.dumps(body).encode(),
            content_type="application/json",
            headers=(("Subject", shown.subject),),
        )

    def send(self, prepared: Prepared) -> Reply:
        """Deliver. Raises TransportError; its ``retry_after`` is what Slack asked for, in seconds."""
        # Imported here: the SDK takes 0.2 s to load, and most runs have no Slack channel.
        from slack_sdk.webhook import WebhookClient

        url = self._url()
        client = WebhookClient(url, timeout=int(self._settings.timeout) or 1, logger=_silent(), retry_handlers=[])
        if is_loopback(urlsplit(url).hostname or ""):
            # The SDK takes a proxy from the environment without asking NO_PROXY.
            client.proxy = None
        try:
            answer = client.send_dict(json.loads(prepared.body))
        except (OSError, HTTPException, ValueError, LookupError) as error:
            # The error's own text may quote the address, so only its kind is told.
            reason = getattr(error, "reason", error)
            kind = getattr(reason, "strerror", None) or type(reason).__name__
            raise self._error(f"cannot be reached ({_redacted(kind, url)})", permanent=False) from None
        words = _redacted(answer.body, url)
        code = answer.status_code
        if 400 <= code < 500 and code not in (408, 429):
            raise self._error(f"refused the message: {code} {words}", permanent=True)
        if not 200 <= code < 300:
            wait = _seconds(answer.headers.get("Retry-After"))
            raise self._error(f"answered {code} {words}", permanent=False, retry_after=wait)
        if answer.body.strip() != "ok":
            # A sign-in page of some network in between also answers 200.
            raise self._error(f"answered {code} but not Slack's 'ok': {words}", permanent=False)
        return Reply(f"{code} {words}")

    def _url(self) -> str:
        try:
            url = self._settings.url.read(self._environ).strip()
        except SecretMissing as error:
            # Temporary: the place is read again next time, and a secret being rotated may be away for a moment.
            raise TransportError(f"channel {self.name}: {error}", permanent=False) from None
        complaint = webhook_complaint(url)
        if complaint:
            raise TransportError(f"channel {self.name}: {complaint}", permanent=True)
        return url

    def _error(self, what: str, *, permanent: bool, retry_after: float | None = None) -> TransportError:
        line = one_line(f"channel {self.name}: Slack {what}")
        return TransportError(line, permanent=permanent, retry_after=retry_after)


def _silent() -> logging.Logger:
    """A logger of nobody's: slack_sdk writes the webhook's address into debug lines and error lines."""
    logger = logging.Logger("covenantd.slack.silent", level=logging.CRITICAL + 1)
    logger.disabled = True
    return logger


def _redacted(text: str, url: str) -> str:
    path = url.partition("://")[2].partition("/")[2]
    shown = one_line(text, 5_000).replace(url, "[webhook]")
    return one_line(shown.replace(path, "[webhook]") if path else shown, 200)


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; its other form, a date, would need a clock: then the caller's own wait holds."""
    return float(text) if text and text.strip().isdecimal() else None
