"""E-mail by SMTP submission: STARTTLS, AUTH, one connection per message, the server's last words kept.

A reply of 4xx is worth another try; 5xx and a refused password are not, until a person changes something. Trouble with
the connection or the certificate is temporary: it ends when network or server is repaired, and no alert is lost.
https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
"""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from typing import ClassVar

from monitor.core.alerts import Alert
from monitor.notify.base import Attachment, Prepared, Refusal, Reply, TransportError, refuse_simulated
from monitor.notify.mime import compose
from monitor.notify.settings import EmailSettings, SecretMissing, address_of
from monitor.notify.wording import one_line


class EmailChannel:
    """An SMTP server and the people it reaches. ``environ`` is where secrets are looked up (default: the process's)."""

    kind: ClassVar[str] = "email"
    real: ClassVar[bool] = True

    def __init__(self, settings: EmailSettings, environ: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environ = environ

    @property
    def name(self) -> str:
        return self._settings.name

    def prepare(self, alert: Alert, attachments: Sequence[Attachment] = ()) -> Prepared:
        refuse_simulated(alert, self.name)
        chosen = self._settings
        return compose(alert, attachments, chosen.sender, chosen.to, chosen.domain)

    def send(self, prepared: Prepared) -> Reply:
        """Deliver to ``prepared.recipients``. Served to at least one: a Reply that names those refused.

        Raises TransportError when nobody was served.
        """
        password = self._password()
        try:
            return self._deliver(prepared, password)
        except smtplib.SMTPAuthenticationError as error:
            raise self._failed("refused the user name and password", error, password) from None
        except smtplib.SMTPResponseException as error:
            raise self._failed("refused the message", error, password) from None
        except smtplib.SMTPNotSupportedError as error:
            # STARTTLS or AUTH is not offered. A server under repair may offer it again: nothing is sent, nothing lost.
            raise self._error(f"cannot be used: {_redacted(str(error), password)}", permanent=False) from None
        except smtplib.SMTPServerDisconnected:
            raise self._error("closed the connection in the middle", permanent=False) from None
        except smtplib.SMTPException as error:
            raise self._error(f"failed ({_redacted(str(error), password)})", permanent=False) from None
        except ssl.SSLCertVerificationError as error:
            raise self._error(f"has no trusted certificate ({error.verify_message})", permanent=False) from None
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise self._error(f"cannot be reached ({_redacted(reason, password)})", permanent=False) from None

    def _password(self) -> str:
        if not self._settings.username:
            return ""
        try:
            return self._settings.password.read(self._environ)
        except SecretMissing as error:
            # Temporary: the place is read again next time, and a secret being rotated may be away for a moment.
            raise TransportError(f"channel {self.name}: {error}", permanent=False) from None

    def _connect(self) -> smtplib.SMTP:
        chosen = self._settings
        # The name given in EHLO is the sender's domain: looking up our own can hang where DNS is broken.
        here = address_of(chosen.sender).rpartition("@")[2]
        if not chosen.encrypted:
            return smtplib.SMTP(chosen.host, chosen.port, local_hostname=here, timeout=chosen.timeout)
        trust = ssl.create_default_context(cafile=chosen.ca_file or None)
        if chosen.security == "tls":
            return smtplib.SMTP_SSL(
                chosen.host, chosen.port, local_hostname=here, timeout=chosen.timeout, context=trust
            )
        client = smtplib.SMTP(chosen.host, chosen.port, local_hostname=here, timeout=chosen.timeout)
        try:
            client.starttls(context=trust)
        except BaseException:
            client.close()
            raise
        return client

    def _deliver(self, prepared: Prepared, password: str) -> Reply:
        # Step by step rather than by sendmail(), which throws the server's last reply away.
        client = self._connect()
        try:
            client.ehlo_or_helo_if_needed()
            if password:
                client.login(self._settings.username, password)
            code, text = client.mail(address_of(self._settings.sender))
            if code != 250:
                raise smtplib.SMTPSenderRefused(code, text, self._settings.sender)
            refused = self._offer(client, prepared.recipients, password)
            if len(refused) == len(prepared.recipients):
                raise self._nobody(refused)
            code, text = client.data(prepared.body)
            if code != 250:
                raise smtplib.SMTPDataError(code, text)
            reply = _reply_line(code, text, password)
            self._goodbye(client)
            return Reply(reply, refused)
        finally:
            client.close()

    @staticmethod
    def _offer(client: smtplib.SMTP, recipients: tuple[str, ...], password: str) -> tuple[Refusal, ...]:
        refused: list[Refusal] = []
        for recipient in recipients:
            code, text = client.rcpt(recipient)
            if code == 421:
                raise smtplib.SMTPResponseException(code, text)
            if code not in (250, 251):
                refused.append(Refusal(recipient, code >= 500, _reply_line(code, text, password)))
        return tuple(refused)

    @staticmethod
    def _goodbye(client: smtplib.SMTP) -> bool:
        """Whether the server took leave politely. It has the message either way, so a failure here changes nothing."""
        try:
            client.quit()
        except (smtplib.SMTPException, OSError):
            return False
        return True

    def _nobody(self, refused: tuple[Refusal, ...]) -> TransportError:
        if not refused:
            return self._error("was given no recipient", permanent=True)
        listed = "; ".join(f"{r.recipient}: {r.reply}" for r in refused)
        return self._error(f"refused every recipient: {listed}", all(r.permanent for r in refused), refused)

    def _failed(self, what: str, error: smtplib.SMTPResponseException, password: str) -> TransportError:
        reply = _reply_line(error.smtp_code, error.smtp_error, password)
        return self._error(f"{what}: {reply}", permanent=error.smtp_code >= 500)

    def _error(self, what: str, permanent: bool, refused: tuple[Refusal, ...] = ()) -> TransportError:
        server = f"{self._settings.host}:{self._settings.port}"
        return TransportError(
            one_line(f"channel {self.name}: {server} {what}"), permanent=permanent, refused=refused
        )


def _reply_line(code: int, text: bytes | str, password: str) -> str:
    """The server's reply as it is kept: ``250 2.0.0 queued as 4F1``, without the password should it echo it."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _redacted(one_line(f"{code} {words}"), password)


def _redacted(text: str, password: str) -> str:
    if not password:
        return one_line(text)
    encoded = base64.b64encode(password.encode()).decode().rstrip("=")
    return one_line(text).replace(password, "[password]").replace(encoded, "[password]")
