"""Reading a complete submission of form 25: SGML header, then notificationOfRemoval XML or HTML with a ticked box."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from feeds.base import FeedChanged, Payload

GIVE = "Give the complete submission text of a form 25, as www.sec.gov/Archives has it."
CHANGED = f"{GIVE} If this is it, its format has changed: report that."
FORMS = ("25", "25/A", "25-NSE", "25-NSE/A")
PROVISION = re.compile(r"12d2-2\s*\(\s*([abc])\s*\)(?:\s*\(\s*([1-4])\s*\))?")
MARK = re.compile(r"[☒☑☐□■⌧✓✔]|\[\s*[xX]?\s*\]|\(\s*[xX]\s*\)")
TICKED = "☒☑■⌧✓✔xX"
WINGDINGS = {"x": "☒", "ý": "☒", "þ": "☒", "ü": "☒", "o": "☐", "¨": "☐", "q": "☐"}


class Unread(ValueError):
    """One form that a person must read: typed by hand in a way no rule here covers. One line."""


@dataclass(frozen=True, slots=True)
class Form25:
    """What one form 25 says. ``rule``: empty unless exactly one box is ticked. ``text``: the exhibit, or the form."""

    accession: str
    form: str
    filed: date
    ciks: tuple[str, ...]
    exchange: str
    description: str
    rule: str
    text: str


def is_submission(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \r\n\t")[:14] in (b"<SEC-DOCUMENT>", b"<SEC-DOCUMENT ")


def read_form25(payload: Payload) -> Form25:
    """Raises FeedChanged when it is no form 25 or EDGAR's own format changed, Unread for a form nobody can parse."""
    text = payload.body.decode("utf-8", "replace")
    header, _, body = text.partition("</SEC-HEADER>")
    accession = _header(header, "ACCESSION NUMBER", payload)
    form = _header(header, "CONFORMED SUBMISSION TYPE", payload)
    if form not in FORMS:
        raise FeedChanged(f"{payload.name}: form {form}, not a form 25. {GIVE}")
    filed = _header(header, "FILED AS OF DATE", payload)
    try:
        day = datetime.strptime(filed, "%Y%m%d").date()  # noqa: DTZ007  (a date, no clock)
    except ValueError as error:
        raise FeedChanged(f"{payload.name}: FILED AS OF DATE {filed!r} is no date. {CHANGED}") from error
    ciks = tuple(
        found for section in re.split(r"^(?=[A-Z][A-Z ]+:\s*$)", header, flags=re.M)
        if section.startswith(("SUBJECT COMPANY", "FILER", "ISSUER"))
        for found in re.findall(r"CENTRAL INDEX KEY:\s*(\d{10})", section)
    )
    if not ciks:
        raise FeedChanged(f"{payload.name}: the header names no company. {CHANGED}")
    found = re.search(r"<notificationOfRemoval.*?</notificationOfRemoval>", body, re.S)
    if found:
        exchange, description, rule = _xml(found[0], payload)
        return Form25(accession, form, day, ciks, exchange, description, rule, _documents(body[found.end():]))
    words = _documents(body)
    exchange, description = _html_names(words, payload)
    return Form25(accession, form, day, ciks, exchange, description, _ticked(words), words)


def _documents(body: str) -> str:
    """The words of each document, without the SGML around them."""
    return "\n".join(_plain(text) for text in re.findall(r"<TEXT>(.*?)</TEXT>", body, re.S) if "<XML>" not in text)


def _header(header: str, name: str, payload: Payload) -> str:
    found = re.search(rf"^{name}:\s*(\S.*?)\s*$", header, re.M)
    if not found:
        raise FeedChanged(f"{payload.name}: no {name} in the header. {CHANGED}")
    return found[1]


def _xml(text: str, payload: Payload) -> tuple[str, str, str]:
    try:
        root = ElementTree.fromstring(text)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FeedChanged(f"{payload.name}: notificationOfRemoval is not readable XML ({error}). {CHANGED}") from error
    values = [root.findtext(path) for path in ("exchange/entityName", "descriptionClassSecurity", "ruleProvision")]
    if any(value is None for value in values):
        raise FeedChanged(f"{payload.name}: notificationOfRemoval lacks exchange, class or rule. {CHANGED}")
    exchange, description, rule = (" ".join(str(value).split()) for value in values)
    return exchange, description, _provisions(rule)


def _provisions(text: str) -> str:
    """The one provision named, spelt ``17 CFR 240.12d2-2(a)(3)``; empty when none or several are."""
    found = {f"({a})" + (f"({n})" if n else "") for a, n in PROVISION.findall(text)}
    return f"17 CFR 240.12d2-2{found.pop()}" if len(found) == 1 else ""


def _html_names(words: str, payload: Payload) -> tuple[str, str]:
    """Exchange and class of an issuer's own form: the lines above the form's fixed captions."""
    named = re.search(r"SECURITIES EXCHANGE ACT OF 1934\.?(.*?)\(\s*Exact name of Issuer", words, re.S | re.I)
    described = re.search(r"executive offices\s*\)(.*?)\(\s*Description of class", words, re.S | re.I)
    if not named or not described:
        raise Unread(f"{payload.name}: the captions of form 25 are not where they should be. Read it by hand.")
    exchange = re.split(r"\s/\s|\n|;", named[1].strip())[-1]
    lines = [line.strip() for line in described[1].splitlines() if line.strip()]
    return " ".join(exchange.split()), "; ".join(lines)


def _ticked(words: str) -> str:
    """The provision beside the one ticked box."""
    marks = list(MARK.finditer(words))
    chosen = set()
    for here, after in zip(marks, [*marks[1:], None], strict=True):
        if any(c in TICKED for c in here[0]):
            found = PROVISION.search(words[here.end():after.start() if after else len(words)])
            if found:
                chosen.add(_provisions(found[0]))
    return chosen.pop() if len(chosen) == 1 else ""


def _plain(markup: str) -> str:
    """Text of HTML or of plain text: paragraphs as lines, Wingdings boxes as boxes."""
    boxes = re.sub(
        r"<font[^>]*wingdings[^>]*>\s*(&#\d+;|.)\s*</font>",
        lambda m: WINGDINGS.get(html.unescape(m[1]), " "), markup, flags=re.I,
    )
    lines = re.sub(r"\s+", " ", boxes) if re.search(r"<(?:p|td|div)\b", boxes, re.I) else boxes
    lines = re.sub(r"</(?:p|td|tr|div|table)>|<br\s*/?>", "\n", lines, flags=re.I)
    return html.unescape(re.sub(r"<[^>]*>", "", lines)).replace("\xa0", " ")
