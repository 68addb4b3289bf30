"""Settings: every problem at once, secrets by the name of their place, and never a secret in what is said."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from monitor.notify.base import Channel
from monitor.notify.registry import KINDS, build, settings_from
from monitor.notify.settings import EmailSettings, FileSettings, Secret, SecretMissing, SettingsError, SlackSettings

EMAIL: dict[str, object] = {"host": "smtp.example.com", "sender": "alerts@example.com", "to": ["a@example.com"]}
SECRET = "hunter2-hunter2"


def complaints(kind: str, values: dict[str, object]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_from(kind, values)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return [str(p) for p in caught.value.problems]


def test_a_mapping_becomes_settings() -> None:
    made = settings_from("email", {
        **EMAIL, "kind": "email", "username": "u", "password_env": "SMTP_PASSWORD", "port": 465, "security": "tls",
        "timeout": 10,
    })
    assert made == EmailSettings(
        host="smtp.example.com", sender="alerts@example.com", to=("a@example.com",), username="u",
        password=Secret(env="SMTP_PASSWORD"), port=465, security="tls", timeout=10,
    )
    assert settings_from("slack", {"url_file": "/run/secrets/hook"}) == SlackSettings(Secret(file="/run/secrets/hook"))
    assert settings_from("file", {}) == FileSettings(folder="outbox")


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_of_the_registry_makes_a_channel_of_its_kind(kind: str) -> None:
    values: dict[str, dict[str, object]] = {"email": dict(EMAIL), "slack": {"url_env": "HOOK"}}
    made: Channel = build(kind, settings_from(kind, {**values.get(kind, {}), "name": "night watch"}))
    assert (made.kind, made.name) == (kind, "night watch")
    assert made.real is (kind in {"email", "slack"})


def test_every_mistake_of_a_channel_is_said_at_once() -> None:
    assert complaints("email", {"hots": "x", "sender": 3, "to": ["a@example.com", 4], "port": True}) == [
        "host: missing. Add host: to the channel.",
        "sender: wrong type int. Write text.",
        "to: wrong type list. Write a list of texts.",
        "port: wrong type bool. Write a whole number.",
        "hots: unknown key; did you mean 'host'? Write one of ca_file, domain, host, name, password_env, "
        "password_file, port, security, sender, timeout, to, username.",
    ]
    assert complaints("email", {**EMAIL, "host": "a..b", "sender": "nobody", "to": [], "port": 0, "timeout": 0,
                                "security": "ssl", "domain": "a b", "username": "ü", "ca_file": "/no/such.pem"}) == [
        "sender: 'nobody' is not an e-mail address. Write for example alerts@example.com.",
        "to: nobody to write to. List at least one address.",
        "domain: 'a b' is not a domain. Write for example example.com.",
        "host: 'a..b' is not a host name. Write for example smtp.example.com.",
        "port: 0 is not a port. Write 587, 465 or 25.",
        "security: unknown value 'ssl'. Write starttls, tls, plain or auto.",
        "timeout: 0 is not a time to wait. Write seconds above 0.",
        "username: a user name and a password go together. "
        "Give both username and password_env (or password_file), or neither.",
        "username: only printable ASCII can be sent. Write the server's user name.",
        "ca_file: no file /no/such.pem. Name a PEM file of trusted certificates.",
    ]


def test_an_unknown_kind_names_the_kinds_there_are() -> None:
    assert complaints("emial", {}) == [
        "kind: unknown kind 'emial'; did you mean 'email'? Write one of email, slack, file, terminal."
    ]


def test_a_secret_written_into_the_configuration_is_refused_and_not_repeated() -> None:
    assert complaints("email", {**EMAIL, "username": "u", "password": SECRET})[0].startswith("password: unknown key")
    assert complaints("slack", {"url": f"https://hooks.example/{SECRET}"})[0].startswith("url: unknown key")
    assert complaints("slack", {"url_env": f"https://hooks.example/{SECRET}"}) == [
        "url_env: this is not the name of an environment variable. "
        "Write the variable's name here and put the secret into the variable."
    ]
    assert complaints("slack", {"url_env": "HOOK", "url_file": SECRET}) == [
        "url: both an environment variable and a file are named. Keep one of the two."
    ]


@pytest.mark.parametrize("security", ["plain", "auto", "starttls", "tls"])
@pytest.mark.parametrize("host", ["smtp.example.com", "127.0.0.1"])
def test_a_password_never_crosses_the_network_unencrypted(host: str, security: str) -> None:
    values = {**EMAIL, "host": host, "security": security, "username": "u", "password_env": "P"}
    if (host, security) == ("smtp.example.com", "plain"):
        assert complaints("email", values) == [
            "security: the password would cross the network unencrypted. "
            "Write starttls or tls, or leave username and password out."
        ]
    else:
        assert settings_from("email", values).problems() == ()


@pytest.mark.parametrize("address", [
    "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "ä@b.example", "a b@c.example", "<>", "a@", "@b", "",
])
def test_an_address_that_could_carry_more_than_one_recipient_is_refused(address: str) -> None:
    assert any(c.startswith("to: ") for c in complaints("email", {**EMAIL, "to": [address]}))
    assert any(c.startswith("sender: ") for c in complaints("file", {"sender": address}))


def test_a_secret_is_read_from_its_variable_or_from_the_file_that_is_named(tmp_path: Path) -> None:
    kept = tmp_path / "secret"
    kept.write_text(f"{SECRET}\n")
    assert Secret(env="S").read({"S": SECRET}) == SECRET
    assert Secret(env="S").read({"S_FILE": str(kept)}) == SECRET
    assert Secret(file=str(kept)).read({}) == SECRET


@pytest.mark.parametrize(("content", "told"), [
    (b"", "is empty"), (b"\n", "is empty"), (b"hunter2-hunter2\nmore", "holds a control or non-ASCII character"),
    ("hunter2-hunter2é".encode(), "holds a control or non-ASCII character"), (b"hunter2-hunter2\xff", "is not UTF-8"),
    (None, "cannot read the file named by S_FILE: No such file or directory"),
])
def test_a_secret_that_cannot_be_used_is_described_and_not_shown(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    kept = tmp_path / "secret"
    if content is not None:
        kept.write_bytes(content)
    with pytest.raises(SecretMissing, match=told) as caught:
        Secret(env="S").read({"S_FILE": str(kept)})
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_two_places_for_one_secret_are_refused() -> None:
    with pytest.raises(SecretMissing, match="both S and S_FILE are set"):
        Secret(env="S").read({"S": SECRET, "S_FILE": "/x"})
