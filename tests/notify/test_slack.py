"""Slack against a real HTTP endpoint on loopback."""

from __future__ import annotations

import json
import logging
import socket
import traceback

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from monitor.notify.base import TransportError
from monitor.notify.settings import Secret, SlackSettings
from monitor.notify.slack import SlackChannel
from tests.notify.conftest import free_port
from tests.notify.samples import LIEN, lien_alert, payload, ripened_alert

TOKEN = "T024BE7LD/B0XY/s3cr3t-9f8e7d"
PATH = f"/services/{TOKEN}"


def channel(url: str, timeout: float = 5) -> SlackChannel:
    return SlackChannel(SlackSettings(Secret(env="SLACK_URL"), timeout=timeout), {"SLACK_URL": url})


def failing(by: SlackChannel) -> TransportError:
    prepared = by.prepare(lien_alert())
    with pytest.raises(TransportError) as caught:
        by.send(prepared)
    return caught.value


def test_the_bytes_slack_got_are_the_bytes_prepared(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request(PATH, method="POST").respond_with_data("ok")
    by = channel(httpserver.url_for(PATH))
    prepared = by.prepare(lien_alert(), [payload()])
    reply = by.send(prepared)
    assert reply.text == "200 ok"
    ((request, _),) = httpserver.log
    assert request.data == prepared.body
    assert request.content_type.startswith("application/json")
    body = json.loads(request.data)
    assert body["text"].startswith(lien_alert().headline)
    assert body["blocks"][0]["type"] == "header"
    assert body["unfurl_links"] is False
    whole = json.dumps(body["blocks"])
    for words in ("NOTICE OF FEDERAL TAX LIEN", LIEN.sha256, LIEN.url, "Wed 6 July 2005", "not legal advice",
                  f"Kept in the ledger, not attached: lien-NY-123.html, 47 bytes, sha256 {payload().sha256}"):
        assert words in whole


def test_the_secret_address_is_in_no_bytes_that_are_kept(httpserver: HTTPServer) -> None:
    prepared = channel(httpserver.url_for(PATH)).prepare(ripened_alert())
    assert TOKEN.encode() not in prepared.body
    assert TOKEN not in repr(prepared)


@pytest.mark.parametrize(("status", "words", "permanent"), [
    (400, "invalid_payload", True), (403, "invalid_token", True), (404, "no_service", True),
    (410, "channel_is_archived", True), (408, "slow", False), (429, "rate_limited", False),
    (500, "rollup_error", False), (503, "down", False), (307, "elsewhere", False),
])
def test_the_status_says_whether_to_try_again(
    httpserver: HTTPServer, status: int, words: str, permanent: bool
) -> None:
    httpserver.expect_request(PATH).respond_with_data(words, status=status)
    error = failing(channel(httpserver.url_for(PATH)))
    assert error.permanent is permanent
    assert f"{status} {words}" in str(error)
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), (None, None)])
def test_the_wait_slack_asks_for_is_handed_on(
    httpserver: HTTPServer, header: str | None, seconds: float | None
) -> None:
    headers = {"Retry-After": header} if header else {}
    httpserver.expect_request(PATH).respond_with_response(Response("rate_limited", 429, headers))
    assert failing(channel(httpserver.url_for(PATH))).retry_after == seconds


def test_a_sign_in_page_in_between_is_no_delivery(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(Response("", 302, {"Location": httpserver.url_for("/login")}))
    httpserver.expect_request("/login").respond_with_data("<html>Sign in</html>", content_type="text/html")
    error = failing(channel(httpserver.url_for(PATH)))
    assert not error.permanent
    assert "answered 200 but not Slack's 'ok'" in str(error)


def test_nobody_listening_is_temporary() -> None:
    error = failing(channel(f"http://127.0.0.1:{free_port()}{PATH}"))
    assert not error.permanent
    assert str(error) == "channel slack: Slack cannot be reached (Connection refused)"


def test_a_server_that_never_answers_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        error = failing(channel(f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}", timeout=1))
    assert not error.permanent
    assert "cannot be reached (TimeoutError)" in str(error)


def test_an_answer_in_an_unknown_character_set_is_temporary(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data("ok", content_type="text/plain; charset=klingon")
    error = failing(channel(httpserver.url_for(PATH)))
    assert not error.permanent
    assert "cannot be reached (LookupError)" in str(error)


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    httpserver.expect_request(PATH).respond_with_data("ok")
    by = channel(httpserver.url_for(PATH))
    assert by.send(by.prepare(lien_alert())).text == "200 ok"


@pytest.mark.parametrize("case", ["taken", "refused", "echoed", "unreachable", "malformed"])
def test_the_address_is_in_no_log_line_and_no_error(
    httpserver: HTTPServer, case: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    url = httpserver.url_for(PATH)
    if case == "taken":
        httpserver.expect_request(PATH).respond_with_data("ok")
    elif case == "refused":
        httpserver.expect_request(PATH).respond_with_data("invalid_token", status=403)
    elif case == "echoed":
        httpserver.expect_request(PATH).respond_with_data(f"no such hook {PATH} at {url}", status=404)
    elif case == "unreachable":
        url = f"http://127.0.0.1:{free_port()}{PATH}"
    else:
        url += " with a blank"
    by = channel(url)
    told = ""
    with caplog.at_level(logging.DEBUG):
        for name in ("slack_sdk", "slack_sdk.webhook.client"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            told = by.send(by.prepare(lien_alert())).text
        except TransportError as error:
            told = "".join(traceback.format_exception(error)) + repr(error.__dict__)
            logging.getLogger("test").error("delivery failed", exc_info=error)
    printed = capsys.readouterr()
    assert told
    # werkzeug is the test's own server, which logs the path of each request.
    logged = "".join(r.getMessage() + (r.exc_text or "") for r in caplog.records if r.name != "werkzeug")
    for secret in (TOKEN, PATH.rpartition("/")[2]):
        assert secret not in told + logged + printed.out
        assert secret not in "".join(line for line in printed.err.splitlines() if "POST" not in line)


@pytest.mark.parametrize(("url", "told"), [
    ("http://hooks.slack.example/services/s3cr3t", "does not begin with https://"),
    ("ftp://127.0.0.1/s3cr3t", "does not begin with https://"),
    ("s3cr3t", "does not begin with https://"),
    ("https://[s3cr3t", "is not a URL"),
    ("https://x.example:s3cr3t/", "is not a URL"),
])
def test_an_address_that_is_no_webhook_is_permanent_and_not_quoted(url: str, told: str) -> None:
    error = failing(channel(url))
    assert error.permanent
    assert told in str(error)
    assert "s3cr3t" not in "".join(traceback.format_exception(error))


def test_a_simulated_alert_never_reaches_slack() -> None:
    with pytest.raises(TransportError, match="never goes to a real channel"):
        channel("https://hooks.slack.example/x").prepare(lien_alert(simulated=True))
