"""What a message says, and that nothing a source wrote can change how it is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from monitor.core.alerts import AlertKind
from monitor.core.findings import State
from monitor.notify.content import content
from monitor.notify.message import Message, render
from monitor.notify.mime import file_name
from monitor.notify.wording import clean, one_line, public_link, shorten, size_text
from tests.notify.samples import FINDING, LIEN, NOTE, WARNING, lien_alert, payload, ripened_alert

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(2)"> </blockquote></title> <!channel> <!here> <@U123> '
    "<#C1> &amp; &lt;b&gt; [red]markup[/red] *bold* _it_ ``` ' \" \u202egnp.exe\u202c \u200b\ufeff\u2066 "
    "\x1b[31mred\x07 \x00 \ud800 line\r\nBcc: thief@evil.example\u2028next \U000e0041"
)


class Tags(HTMLParser):
    """Collects the tags and links of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_message() -> Message:
    evil = replace(LIEN, kind=HOSTILE, happened_on=HOSTILE, source=HOSTILE, record=HOSTILE, sha256=HOSTILE,
                   text=HOSTILE, url='https://x.example/"><script>')
    finding = replace(FINDING, matter=HOSTILE, clause=HOSTILE, limb=HOSTILE, verified=False, missing=(HOSTILE,))
    return render(
        lien_alert(headline=HOSTILE, body=(HOSTILE,), quote=HOSTILE, next_step=(HOSTILE,), why=HOSTILE, step=HOSTILE,
                   instrument_title=HOSTILE, evidence=(evil,), finding=finding),
        [payload(name=HOSTILE)],
    )


def shapes(message: Message) -> list[str]:
    return [message.subject, message.text, message.html, message.slack_text, *slack_texts(message)]


def slack_texts(message: Message) -> list[str]:
    found: list[str] = []
    for block in message.slack_blocks:
        texts = [block["text"]] if "text" in block else [*block.get("fields", ()), *block.get("elements", ())]
        found += [text["text"] for text in texts]
    return found


def test_hostile_text_adds_no_tag_and_no_link_to_the_page() -> None:
    plain, hostile = Tags(render(lien_alert()).html), Tags(hostile_message().html)
    assert hostile.tags <= plain.tags
    assert "table" not in plain.tags
    assert "script" not in plain.tags
    assert hostile.links == []
    assert hostile.handlers == []
    assert "<script>alert(1)</script>" in hostile.text


def test_hostile_text_pages_nobody_on_slack() -> None:
    texts = [*slack_texts(hostile_message()), hostile_message().slack_text]
    assert all("<" not in text and ">" not in text for text in texts)
    assert any("&lt;!channel&gt;" in text and "&lt;@U123&gt;" in text for text in texts)
    assert any("&amp;lt;b&amp;gt;" in text for text in texts)


def test_every_markdown_text_on_slack_is_verbatim() -> None:
    for block in hostile_message().slack_blocks:
        texts = [block["text"]] if "text" in block else [*block.get("fields", ()), *block.get("elements", ())]
        assert texts
        for text in texts:
            assert text.get("verbatim") is True or text["type"] == "plain_text"


def test_a_back_tick_of_the_source_does_not_end_the_code_block() -> None:
    (quoted,) = [t for t in slack_texts(hostile_message()) if "&lt;script&gt;" in t and t.count("```") > 1]
    assert quoted.count("```") == 2


def test_no_shape_of_a_message_holds_a_control_or_direction_character() -> None:
    message = hostile_message()
    for shown in shapes(message):
        assert clean(shown) == shown
        shown.encode("utf-8")
        assert "\u202e" not in shown
        assert "\x1b" not in shown


def test_a_line_break_cannot_enter_the_subject() -> None:
    subject = hostile_message().subject
    assert "\n" not in subject
    assert "\r" not in subject
    assert "line Bcc: thief@evil.example next" in subject
    assert len(subject) <= 250


def test_a_docket_text_of_100_kb_is_shortened_and_says_by_how_much() -> None:
    text = "Order for Relief <&> entered. " * 3_500
    message = render(lien_alert(evidence=(replace(LIEN, text=text),)))
    assert len(text) > 100_000
    assert message.text.count("Order for Relief") == 50
    assert "103,500 more characters" in message.text
    assert "103,500 more characters" in message.html
    assert len(message.html) < 15_000
    assert all(len(t) <= 3_000 for t in slack_texts(message))


def test_slack_limits_hold_for_the_largest_alert() -> None:
    big = "&<>\U0001f600" * 2_000
    evidence = tuple(replace(LIEN, fact=f"f{n}", text=big, record=big, kind=big) for n in range(60))
    message = render(lien_alert(
        headline=big, body=(big,) * 40, next_step=(big,) * 40, evidence=evidence, quote=big, why=big,
        petition="on file", finding=replace(FINDING, missing=(big,) * 40, verified=False),
    ), [payload(name=f"p{n}") for n in range(60)])
    assert len(message.slack_blocks) <= 50
    assert len(message.slack_text.encode("utf-16-le")) // 2 <= 3_000
    for block in message.slack_blocks:
        limit = {"header": 150}.get(block["type"], 2_000 if "fields" in block else 3_000)
        texts = [block["text"]] if "text" in block else [*block.get("fields", ()), *block.get("elements", ())]
        assert 1 <= len(texts) <= 10
        for text in texts:
            assert 1 <= len(text["text"].encode("utf-16-le")) // 2 <= limit
            # No entity is cut in two.
            rest = text["text"].replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
            assert "&" not in rest
    assert "A reading of the note, not legal advice." in message.slack_blocks[-1]["elements"][0]["text"]


@pytest.mark.parametrize(("petition", "known"), [
    ("on file", "on file"), ("reported", "reported"), ("hint", "reported"),
])
def test_from_the_first_petition_every_shape_opens_with_the_stay_warning(petition: str, known: str) -> None:
    warning = WARNING.replace("on file", known)
    message = render(lien_alert(petition=petition))
    assert message.text.startswith(warning)
    assert message.slack_text.startswith(warning)
    assert message.slack_blocks[0]["text"]["text"] == f"*{warning}*"
    assert message.html.index(warning) < message.html.index("<h1")
    assert message.subject.startswith(f"[petition {known}] {NOTE}")


def test_without_a_petition_there_is_no_warning() -> None:
    assert "automatic stay" not in "".join(shapes(render(lien_alert())))


def test_a_simulated_alert_is_stamped_in_subject_and_first_line() -> None:
    message = render(lien_alert(simulated=True, petition="on file"))
    assert message.subject.startswith("[SIMULATED] [petition on file]")
    for first in (message.text.splitlines()[0], message.slack_text.splitlines()[0]):
        assert first.startswith("SIMULATED.")
        assert first.endswith(WARNING)
    assert message.html.index("SIMULATED.") < message.html.index(WARNING) < message.html.index("<h1")
    assert "SIMULATED" not in "".join(shapes(render(lien_alert())))


def test_a_window_that_ran_unwatched_is_no_bare_default() -> None:
    finding = replace(FINDING, state=State.EVENT_OF_DEFAULT, verified=False, missing=("acris: never read",))
    text = render(ripened_alert(finding=finding)).text
    assert "State: window has run, cure not ruled out\n" in text
    assert "Sources: unverified\n" in text
    watched = render(ripened_alert(finding=replace(finding, verified=True, missing=()))).text
    assert "State: event of default\n" in watched
    assert "Sources: verified\n" in watched


def test_a_withdrawn_default_is_not_shown_as_standing() -> None:
    announced = replace(FINDING, state=State.EVENT_OF_DEFAULT)
    gone = render(ripened_alert(kind=AlertKind.WITHDRAWN, step="trigger gone", finding=announced)).text
    assert "State: withdrawn (announced before: event of default)\n" in gone
    assert "Default, house reading" not in gone
    assert "Last cure day:" not in gone
    cured = replace(FINDING, state=State.CURED, default_date=None, earliest_arguable=None)
    assert "State: cured\n" in render(ripened_alert(kind=AlertKind.WITHDRAWN, step="cured", finding=cured)).text


def test_the_clause_is_named_as_the_note_counts_it() -> None:
    finding = replace(FINDING, clause="e", limb="e.iii")
    assert "\nClause (e)(iii):\n" in render(lien_alert(finding=finding)).text


def test_an_immediate_limb_unverified_says_so() -> None:
    finding = replace(FINDING, state=State.EVENT_OF_DEFAULT, verified=False, deadline=None, deadline_at=None)
    assert "State: event of default, unverified\n" in render(ripened_alert(finding=finding)).text


def test_rows_repeat_no_date_that_the_sentences_say() -> None:
    finding = replace(FINDING, state=State.EVENT_OF_DEFAULT, acceleration_date=FINDING.default_date)
    labels = ["Matter", "State", "Sources"]
    assert [label for label, _ in content(ripened_alert(finding=finding)).rows] == labels
    declared = replace(finding, acceleration_date=date(2005, 7, 20))
    assert ("Acceleration", "20 July 2005") in content(ripened_alert(finding=declared)).rows


def test_an_alert_about_no_finding_still_names_its_instrument() -> None:
    alert = lien_alert(kind=AlertKind.STALE, finding=None, evidence=(), quote="", next_step=(), matter=None, why="",
                       headline="acris has been silent for 3 days", body=("What it would show is unknown.",), step="")
    text = render(alert).text
    assert f"Instrument: {NOTE}\n" in text
    assert "State:" not in text
    assert "Evidence" not in text
    assert text.endswith(f"A reading of the note, not legal advice.\nalert {alert.id} · stale\n")


def test_what_was_learned_in_a_replay_is_not_called_fetched() -> None:
    assert "fetched 17 June 2005, 14:02 UTC" in render(lien_alert()).text
    assert "learned 17 June 2005, 14:02 UTC" in render(lien_alert(simulated=True)).text
    attested = replace(LIEN, url="", sha256="")
    assert "\nlearned 17 June 2005, 14:02 UTC" in render(lien_alert(evidence=(attested,))).text


def test_evidence_beyond_ten_facts_is_counted() -> None:
    message = render(lien_alert(evidence=(LIEN,) * 14))
    assert message.text.count("Evidence: Lien filed") == 10
    for shown in (message.text, message.html, "\n".join(slack_texts(message))):
        assert "And 4 more facts, kept in the ledger." in shown


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:8080/x", "http://localhost/x", "https://[::1]/x", "http://10.1.2.3/x", "http://192.168.0.9/",
    "http://0.0.0.0/", "file:///etc/passwd", "javascript:alert(1)", "https://user:pw@court.example/x", "http://[bad",
    "https://intranet/x", "https://x.example/a b", "https://x.example/\u202e", "https://x.example/<b>", "", "HTTPS//x",
])
def test_a_link_that_a_phone_could_not_or_should_not_open_is_left_out(url: str) -> None:
    assert public_link(url) == ""
    message = render(lien_alert(evidence=(replace(LIEN, url=url),)))
    assert Tags(message.html).links == []
    assert "127.0.0.1" not in message.text


@pytest.mark.parametrize("url", ["https://www.sec.gov/a?b=c&d=e#f", "http://ecf.court.example:8080/x", "https://8.8.8.8/"])
def test_the_sources_own_address_is_linked(url: str) -> None:
    message = render(lien_alert(evidence=(replace(LIEN, url=url),)))
    assert Tags(message.html).links == [url]
    assert url in message.text


def test_shortening_cuts_at_a_word_and_counts_what_it_left_out() -> None:
    assert shorten("one two three", 9) == ("one two", 6)
    assert shorten("  short ", 9) == ("short", 0)
    assert shorten("x" * 200, 100) == ("x" * 100, 100)


def test_cleaning_keeps_what_people_write() -> None:
    assert clean("Żółć § “quoted” 日本 🙂\tx\r\ny\rz") == "Żółć § “quoted” 日本 🙂\tx\ny\nz"
    assert one_line("a\n\n b\t c", 50) == "a b c"
    assert one_line("abcdef", 4) == "abc…"


@pytest.mark.parametrize(("count", "shown"), [
    (0, "0 bytes"), (999, "999 bytes"), (1_000, "1 KB"), (999_499, "999 KB"), (999_500, "1.0 MB"),
    (1_250_000, "1.2 MB"),
])
def test_sizes_read_as_people_say_them(count: int, shown: str) -> None:
    assert size_text(count) == shown


@pytest.mark.parametrize(("name", "safe"), [
    ("../../etc/passwd", "passwd"), ("C:\\x\\y.pdf", "y.pdf"), (".hidden", "hidden"), ("", "payload"),
    ("..", "payload"), ("a b\u202e.html", "a_b.html"), ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
])
def test_a_file_name_is_safe_on_any_disk(name: str, safe: str) -> None:
    assert file_name(name) == safe
