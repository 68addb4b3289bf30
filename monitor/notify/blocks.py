"""Content -> Slack's Block Kit within its limits: 50 blocks, 3,000 characters a text, 150 a header, 10 fields of 2,000.

Slack's own client does not escape: ``<!channel>`` in a docket text would page everybody. Here ``& < >`` are escaped
in every text, and ``verbatim`` keeps Slack from finding names and links by itself.
https://docs.slack.dev/reference/block-kit/composition-objects/text-object
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from monitor.notify.content import Cited, Content

MAX_BLOCKS = 50
MAX_TEXT = 3_000
MAX_HEADER = 150
MAX_FIELD = 2_000
MAX_FIELDS = 10
MAX_SECTIONS = 5
"""Our own: a body or a list of steps beyond 15,000 characters is cut, so that 50 blocks always suffice."""
MAX_FALLBACK = 3_000
"""Slack cuts the fallback text at 40,000 characters and advises fewer than 4,000."""

Block = dict[str, Any]

# Slack decodes these three and no others, so nothing else is escaped.
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CUT = " …"


def fit(text: str, limit: int) -> str:
    """``text`` escaped and at most ``limit`` long as Slack counts (UTF-16), never cut inside an entity."""
    pieces: list[str] = []
    room = limit
    for char in text:
        piece = _ESCAPED.get(char, char)
        room -= len(piece) + (ord(char) > 0xFFFF)
        pieces.append(piece)
        if room < 0:
            break
    else:
        return "".join(pieces)
    room = limit - len(_CUT)
    while pieces and sum(_length(p) for p in pieces) > room:
        pieces.pop()
    return "".join(pieces) + _CUT


def blocks(content: Content) -> tuple[Block, ...]:
    """The message as blocks, the stay warning before everything, the headline as the header."""
    made: list[Block] = []
    if content.lead:
        made.append(_section(_bold(content.lead)))
    made.append({"type": "header", "text": _plain(content.headline, MAX_HEADER)})
    if len(content.headline) > MAX_HEADER - len(_CUT):
        made.append(_section(fit(content.headline, MAX_TEXT)))
    made += _packed(content.body)
    made += _fields(content.rows)
    if content.quote:
        made.append(_section(f"{_bold(content.quote_of)}\n“{fit(content.quote, 2_500)}”"))
    if content.next_step:
        made += _packed(("Next step:", *(f"• {step}" for step in content.next_step)))
    for cited in content.evidence:
        made += _evidence(cited)
    if content.evidence_more:
        made.append(_context((f"And {content.evidence_more} more facts, kept in the ledger.",)))
    # Apart from what can be long, so that the disclaimer is never what is cut.
    tail = [_context(content.files)] if content.files else []
    tail += [_context((f"Why: {content.why}",))] if content.why else []
    tail.append(_context((content.disclaimer, content.identity)))
    return (*made[: MAX_BLOCKS - len(tail)], *tail)


def fallback(content: Content) -> str:
    """What a lock screen shows: the warning, the headline, the first sentences."""
    return fit("\n".join(p for p in (content.lead, content.headline, *content.body) if p), MAX_FALLBACK)


def _evidence(cited: Cited) -> list[Block]:
    head = f"{_bold(cited.title)}\n{fit(cited.origin, 400)}"
    if cited.text:
        # A code block shows the source's words without formatting them; a back-tick would end it.
        quoted = fit(cited.text.replace("`", "'"), MAX_TEXT - len(head) - 200)
        head += f"\n```{quoted}```"
        if cited.more:
            head += f"\n(shortened: {cited.more:,} more characters in the payload)"
    proof = ", ".join(p for p in (f"sha256 {cited.digest}" if cited.digest else "", cited.learned) if p)
    lines = [cited.link, proof] if cited.link else [proof]
    return [_section(head), _context(lines)]


def _fields(rows: tuple[tuple[str, str], ...]) -> list[Block]:
    fields = [_mrkdwn(f"{_bold(label)}\n{fit(value, MAX_FIELD - 200)}") for label, value in rows]
    return [
        {"type": "section", "fields": fields[start : start + MAX_FIELDS]}
        for start in range(0, len(fields), MAX_FIELDS)
    ]


def _packed(lines: Iterable[str]) -> list[Block]:
    """As few sections as hold the lines, each line whole (or cut at the limit when it alone is too long)."""
    texts: list[str] = []
    for line in lines:
        piece = fit(line, MAX_TEXT)
        if texts and _length(texts[-1]) + 1 + _length(piece) <= MAX_TEXT:
            texts[-1] += "\n" + piece
        else:
            texts.append(piece)
    if len(texts) > MAX_SECTIONS:
        texts = [*texts[:MAX_SECTIONS], "(shortened; the ledger has the whole)"]
    return [_section(text) for text in texts]


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(lines: Iterable[str]) -> Block:
    # At most 10 elements; one text of several lines reads better on a phone than several texts on one line.
    return {"type": "context", "elements": [_mrkdwn(fit("\n".join(line for line in lines if line), MAX_TEXT))]}


def _bold(text: str) -> str:
    """Bold, unless the words hold an asterisk of their own."""
    return fit(text, 500) if "*" in text else f"*{fit(text, 500)}*"


def _mrkdwn(escaped: str) -> Block:
    return {"type": "mrkdwn", "text": escaped, "verbatim": True}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": fit(text, limit), "emoji": False}


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
