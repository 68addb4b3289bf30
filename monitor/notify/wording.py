"""Words fit to print: untrusted text made harmless, and sizes and links spelled one way everywhere.

Escaping is each output's own business (HTML, Slack); what happens here is common to all of them: no control
characters, no invisible direction switches, no line break where one line is meant.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029\v\f]")
# Cc: controls. Cf: direction switches, zero-width and tag characters. Cs: lone surrogates, which cannot be encoded.
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})


def clean(text: str) -> str:
    """``text`` without control, direction and other invisible characters; line breaks become ``\\n``, tabs stay."""
    kept = _LINE_ENDS.sub("\n", text)
    if kept.isascii() and kept.replace("\n", "").replace("\t", "").isprintable():
        return kept
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)


def one_line(text: str, limit: int = 500) -> str:
    """``clean`` text on one line, at most ``limit`` characters: fit for a subject, a header, a log line."""
    joined = " ".join(clean(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"


def shorten(text: str, limit: int) -> tuple[str, int]:
    """The beginning of ``text``, cut at white space where there is some near, and how many characters were left out."""
    text = text.strip()
    if len(text) <= limit:
        return text, 0
    cut = text[:limit]
    space = max(cut.rfind(" "), cut.rfind("\n"))
    kept = (cut[:space] if space > limit - 80 else cut).rstrip()
    return kept, len(text) - len(kept)


def size_text(count: int) -> str:
    """``873 bytes``, ``12 KB``, ``3.4 MB``; powers of 1,000."""
    if count < 1_000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{count / 1_000:.0f} KB" if count < 999_500 else "1.0 MB"
    return f"{count / 1_000_000:.1f} MB"


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def public_link(url: str) -> str:
    """``url`` when a reader elsewhere can open it, else "".

    Only http and https, without credentials, never this machine or a private address: an alert is read on a phone.
    """
    if not url.isascii() or not url.isprintable() or any(c in url for c in " \"'<>\\^`{|}") or len(url) > 2_000:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or parts.username or parts.password or is_loopback(host):
        return ""
    try:
        return url if ipaddress.ip_address(host).is_global else ""
    except ValueError:
        return url if "." in host else ""
