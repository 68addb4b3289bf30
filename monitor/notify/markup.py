"""Content -> HTML for a phone: one column, no table, no picture, no link but the source's own.

Inline styles only, since mail programs drop style sheets. No colour is set for plain text or background, so that a
dark screen stays dark; the two banners set both.
"""

from __future__ import annotations

from html import escape

from monitor.notify.content import Cited, Content

_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_BODY = f"margin:0;padding:16px;font-family:{_FONT};font-size:16px;line-height:1.45;overflow-wrap:anywhere"
_COLUMN = "max-width:600px;margin:0 auto"
_STAY = "background:#8a1c1c;color:#ffffff;padding:12px;border-radius:6px;font-weight:600;margin:0 0 12px"
_STAMP = "background:#5b4300;color:#ffffff;padding:8px 12px;border-radius:6px;font-weight:600;margin:0 0 12px"
_H1 = "font-size:20px;line-height:1.3;margin:0 0 12px"
_H2 = "font-size:14px;margin:20px 0 4px;opacity:.75"
_P = "margin:0 0 8px"
_ROW = "margin:0 0 4px"
_LABEL = "display:inline;opacity:.75"
_VALUE = "display:inline;margin:0;font-weight:600;unicode-bidi:isolate"
_QUOTE = "margin:0 0 8px;padding:2px 0 2px 12px;border-left:3px solid #8a8a8a;white-space:pre-wrap"
_SMALL = "font-size:13px;opacity:.8;margin:0 0 4px"
_LINK = "color:inherit;text-decoration:underline"


def page(content: Content, subject: str) -> str:
    """A whole HTML document. Every piece of text is escaped here and nowhere else."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
        f"<title>{escape(subject)}</title></head>",
        f'<body style="{_BODY}"><div style="{_COLUMN}">',
    ]
    if content.simulated:
        parts.append(_p(content.simulated, _STAMP))
    if content.stay:
        parts.append(_p(content.stay, _STAY))
    parts.append(f'<h1 style="{_H1}">{escape(content.headline)}</h1>')
    parts += [_p(line, _P) for line in content.body]
    if content.rows:
        parts.append('<dl style="margin:16px 0">')
        parts += [
            f'<div style="{_ROW}"><dt style="{_LABEL}">{escape(label)}:</dt> '
            f'<dd style="{_VALUE}">{escape(value)}</dd></div>'
            for label, value in content.rows
        ]
        parts.append("</dl>")
    if content.quote:
        parts += [_h2(content.quote_of), f'<blockquote style="{_QUOTE}">“{escape(content.quote)}”</blockquote>']
    if content.next_step:
        parts.append(_h2("Next step"))
        parts.append('<ul style="margin:0;padding-left:20px">')
        parts += [f'<li style="{_P}">{escape(step)}</li>' for step in content.next_step]
        parts.append("</ul>")
    for cited in content.evidence:
        parts += _evidence(cited)
    if content.evidence_more:
        parts.append(_p(f"And {content.evidence_more} more facts, kept in the ledger.", _SMALL))
    parts += [_p(line, _SMALL) for line in content.files]
    parts.append('<div style="margin-top:20px;padding-top:8px;border-top:1px solid #8a8a8a">')
    if content.why:
        parts.append(_p(f"Why: {content.why}", _SMALL))
    parts += [_p(content.disclaimer, _SMALL), _p(content.identity, _SMALL), "</div></div></body></html>\n"]
    return "\n".join(parts)


def _evidence(cited: Cited) -> list[str]:
    parts = [_h2("Evidence"), f'<p style="{_P}"><b>{escape(cited.title)}</b><br>{escape(cited.origin)}</p>']
    if cited.text:
        parts.append(f'<blockquote dir="auto" style="{_QUOTE}">{escape(cited.text)}</blockquote>')
    if cited.more:
        parts.append(_p(f"Shortened: {cited.more:,} more characters in the payload.", _SMALL))
    if cited.link:
        link = escape(cited.link)
        parts.append(f'<p style="{_SMALL}"><a href="{link}" style="{_LINK}">{link}</a></p>')
    if cited.digest:
        parts.append(_p(f"sha256 {cited.digest}", _SMALL))
    parts.append(_p(cited.learned[:1].upper() + cited.learned[1:], _SMALL))
    return parts


def _h2(text: str) -> str:
    return f'<h2 style="{_H2}">{escape(text)}</h2>'


def _p(text: str, style: str) -> str:
    return f'<p style="{style}">{escape(text)}</p>'
