"""The HTTP client against real sockets on loopback."""

from __future__ import annotations

import gzip
import inspect
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from feeds.base import FeedFailed, Http
from monitor.http import HttpClient, HttpFailed, HttpResponse, Limits

QUICK = Limits(connect=1, read=0.5, total=1.5, max_bytes=200_000, retries=2, backoff=0.01, longest_wait=2, per_second=0)


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(user_agent="Test Co test@example.com", limits=QUICK) as made:
        yield made


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A socket that answers as ``serve`` says: for answers no proper server gives."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def loop() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(4096)
                        serve(connection)
            except OSError:
                return  # closed by the test

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/list"


def failure(client: HttpClient, url: str) -> str:
    with pytest.raises(HttpFailed) as caught:
        client.get(url)
    message = str(caught.value)
    assert "\n" not in message
    assert "127.0.0.1" in message or "localhost" in message
    return message


def test_an_answer_has_what_a_feed_expects_of_a_response(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/list", query_string={"a": "1"}).respond_with_data(b"x|y", headers={"ETag": '"7"'})
    at = datetime(2019, 10, 1, 12, tzinfo=UTC)
    with HttpClient(limits=QUICK, now=lambda: at) as made:
        answer = made.get(httpserver.url_for("/list"), params={"a": "1"})
    assert (answer.status, answer.body, answer.headers["etag"], answer.fetched_at) == (200, b"x|y", '"7"', at)
    assert isinstance(answer, HttpResponse)
    assert inspect.signature(HttpClient.get).parameters.keys() == inspect.signature(Http.get).parameters.keys()


def test_every_request_says_who_asks(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/list").respond_with_data("ok")
    client.get(httpserver.url_for("/list"))
    client.get(httpserver.url_for("/list"), headers={"User-Agent": "Other Co"})
    assert [r.headers["User-Agent"] for r, _ in httpserver.log] == ["Test Co test@example.com", "Other Co"]
    with pytest.raises(ValueError, match="user_agent is empty"):
        HttpClient(user_agent=" ")
    with pytest.raises(HttpFailed, match="no User-Agent"):
        client.get(httpserver.url_for("/list"), headers={"User-Agent": ""})


def test_too_many_requests_waits_as_long_as_asked_and_tries_again(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_ordered_request("/list").respond_with_data("slow down", status=429, headers={"Retry-After": "1"})
    httpserver.expect_ordered_request("/list").respond_with_data("rows")
    start = time.monotonic()
    assert client.get(httpserver.url_for("/list")).body == b"rows"
    assert time.monotonic() - start >= 1


def test_a_wait_longer_than_a_poll_is_not_waited_for(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/list").respond_with_data("later", status=429, headers={"Retry-After": "3600"})
    start = time.monotonic()
    answer = client.get(httpserver.url_for("/list"))
    assert (answer.status, answer.body) == (429, b"later")
    assert time.monotonic() - start < 1
    assert len(httpserver.log) == 1


def test_a_503_page_that_stays_is_handed_to_the_feed_after_the_retries(
    httpserver: HTTPServer, client: HttpClient
) -> None:
    httpserver.expect_request("/list").respond_with_data("<html>unavailable</html>", status=503)
    answer = client.get(httpserver.url_for("/list"))
    assert (answer.status, answer.body) == (503, b"<html>unavailable</html>")
    assert len(httpserver.log) == 3


def test_a_404_is_an_answer_and_is_not_tried_again(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/list").respond_with_data("no such view", status=404)
    assert client.get(httpserver.url_for("/list")).status == 404
    assert len(httpserver.log) == 1


def test_a_body_that_drips_is_given_up(client: HttpClient) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"x")
            time.sleep(0.1)

    with raw_server(drip) as url:
        start = time.monotonic()
        assert "took longer than 1.5 s" in failure(client, url)
    assert time.monotonic() - start < 4


def test_a_server_that_says_nothing_is_given_up(client: HttpClient) -> None:
    with raw_server(lambda connection: time.sleep(1.2)) as url:
        assert "no answer in time" in failure(client, url)


def test_a_packed_body_that_unpacks_to_too_much_is_not_read(httpserver: HTTPServer, client: HttpClient) -> None:
    bomb = gzip.compress(b"0" * 30_000_000)
    assert len(bomb) < QUICK.max_bytes
    httpserver.expect_request("/list").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    assert "larger than 200,000 bytes" in failure(client, httpserver.url_for("/list"))


def test_a_body_that_is_too_large_is_not_read(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/list").respond_with_data(b"0" * 200_001)
    assert "larger than 200,000 bytes" in failure(client, httpserver.url_for("/list"))


@pytest.mark.parametrize("pack", [gzip.compress, lambda b: gzip.compress(b[:3]) + gzip.compress(b[3:])])
def test_gzip_is_unpacked_also_in_several_members(
    httpserver: HTTPServer, client: HttpClient, pack: Callable[[bytes], bytes]
) -> None:
    httpserver.expect_request("/list").respond_with_data(pack(b"rows and rows"), headers={"Content-Encoding": "gzip"})
    assert client.get(httpserver.url_for("/list")).body == b"rows and rows"


@pytest.mark.parametrize("wbits", [15, -15])
def test_deflate_is_unpacked_with_and_without_its_header(
    httpserver: HTTPServer, client: HttpClient, wbits: int
) -> None:
    packer = zlib.compressobj(wbits=wbits)
    packed = packer.compress(b"rows and rows") + packer.flush()
    httpserver.expect_request("/list").respond_with_data(packed, headers={"Content-Encoding": "deflate"})
    assert client.get(httpserver.url_for("/list")).body == b"rows and rows"


def test_a_cut_off_body_is_not_taken_for_a_whole_one(client: HttpClient) -> None:
    def cut(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")

    with raw_server(cut) as url:
        assert "cut off" in failure(client, url)


def test_a_cut_off_packed_body_without_length_is_not_taken_for_a_whole_one(client: HttpClient) -> None:
    packed = gzip.compress(b"row\n" * 1000)[:-9]

    def cut(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + packed)

    with raw_server(cut) as url:
        assert "cut off" in failure(client, url)


def test_bytes_that_are_not_gzip_are_refused(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/list").respond_with_data(b"plain", headers={"Content-Encoding": "gzip"})
    assert "not valid gzip" in failure(client, httpserver.url_for("/list"))


def test_a_redirect_is_followed_and_tokens_stay_behind(httpserver: HTTPServer, client: HttpClient) -> None:
    there = f"http://127.0.0.1:{httpserver.port}/new"
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": there})
    seen: list[str | None] = []

    def answer(request: Request) -> Answer:
        seen.append(request.headers.get("X-App-Token"))
        return Answer("moved")

    httpserver.expect_request("/new").respond_with_handler(answer)
    got = client.get(f"http://localhost:{httpserver.port}/old", headers={"X-App-Token": "secret"})
    assert (got.body, got.url) == (b"moved", there)
    assert seen == [None]


def test_redirects_in_a_circle_end(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/list").respond_with_data(status=302, headers={"Location": "/list"})
    assert "more than 5 redirects" in failure(client, httpserver.url_for("/list"))


def test_a_redirect_from_https_to_http_is_refused(client: HttpClient) -> None:
    with pytest.raises(HttpFailed, match="without encryption; not followed"):
        client._redirected("https://127.0.0.1/a", "http://127.0.0.1/b", {})


def test_a_closed_port_is_one_line_without_the_query(client: HttpClient, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(HttpFailed) as caught:
        client.get(f"http://127.0.0.1:{port}/list?key=secret", params={"token": "secret"})
    assert str(caught.value) == "127.0.0.1/list: no connection: [Errno 111] Connection refused."
    assert "secret" not in caplog.text


def test_an_address_of_another_kind_is_refused(client: HttpClient) -> None:
    with pytest.raises(HttpFailed, match="no web address"):
        client.get("file:///etc/hostname")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    import subprocess

    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "1",
         "-subj", "/CN=localhost"], capture_output=True, check=False,
    )
    if made.returncode:
        pytest.skip("openssl is not installed; it makes the certificate of this test")
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with HTTPServer(host="localhost", port=0, ssl_context=context) as server, HttpClient(limits=QUICK) as client:
        server.expect_request("/list").respond_with_data("ok")
        assert "certificate could not be verified" in failure(client, server.url_for("/list"))


def test_requests_to_one_host_keep_their_distance(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/list").respond_with_data("ok")
    limits = Limits(per_second=100, rates={"localhost": 5})
    with HttpClient(limits=limits) as client:
        start = time.monotonic()
        for _ in range(3):
            client.get(f"http://localhost:{httpserver.port}/list")
    assert 0.4 <= time.monotonic() - start < 2


def test_an_unchanged_source_answers_304_with_an_empty_body(httpserver: HTTPServer, client: HttpClient) -> None:
    def answer(request: Request) -> Answer:
        return Answer(status=304) if request.headers.get("If-None-Match") == '"7"' else Answer("rows")

    httpserver.expect_request("/list").respond_with_handler(answer)
    got = client.get(httpserver.url_for("/list"), headers={"If-None-Match": '"7"'})
    assert (got.status, got.body) == (304, b"")


def test_failures_come_in_the_class_the_caller_names() -> None:
    with HttpClient(limits=QUICK, failed=FeedFailed) as client, pytest.raises(FeedFailed, match="no web address"):
        client.get("ftp://example.com/")
