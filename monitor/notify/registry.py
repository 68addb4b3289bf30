"""Which kinds of channel there are: one row each. A new notifier is one module and one row here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from monitor.notify.base import Channel
from monitor.notify.settings import (
    ChannelSettings,
    EmailSettings,
    FileSettings,
    Problem,
    Secret,
    SettingsError,
    SlackSettings,
    TerminalSettings,
)

Environ = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel: the word in the configuration, its settings, how it is made, one line of meaning."""

    name: str
    settings: type[ChannelSettings]
    make: Callable[[Any, Environ], Channel]
    meaning: str


# Imported on use: a run without Slack or a terminal need not load what they stand on.
def _email(settings: EmailSettings, environ: Environ) -> Channel:
    from monitor.notify.email import EmailChannel

    return EmailChannel(settings, environ)


def _slack(settings: SlackSettings, environ: Environ) -> Channel:
    from monitor.notify.slack import SlackChannel

    return SlackChannel(settings, environ)


def _file(settings: FileSettings, environ: Environ) -> Channel:
    from monitor.notify.file import FileChannel

    return FileChannel(settings)


def _terminal(settings: TerminalSettings, environ: Environ) -> Channel:
    from monitor.notify.terminal import TerminalChannel

    return TerminalChannel(settings)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("email", EmailSettings, _email, "SMTP with STARTTLS and AUTH, text and HTML, threaded by matter"),
        Kind("slack", SlackSettings, _slack, "a Slack incoming webhook"),
        Kind("file", FileSettings, _file, ".eml and .json in a folder"),
        Kind("terminal", TerminalSettings, _terminal, "the terminal covenantd was started on"),
    )
}


def build(kind: str, settings: ChannelSettings, environ: Environ = None) -> Channel:
    """The channel for checked settings. Raises SettingsError with every problem at once."""
    problems = settings.problems()
    if problems:
        raise SettingsError(settings.name, problems)
    return KINDS[kind].make(settings, environ)


def settings_from(kind: str, values: Mapping[str, object]) -> ChannelSettings:
    """Settings from one mapping of a configuration file: ``password_env`` and ``password_file`` become a Secret.

    Raises SettingsError with every unknown key, missing key, wrong type and wrong value at once.
    """
    row = KINDS.get(kind)
    if row is None:
        raise SettingsError(str(values.get("name", kind)), (
            Problem("kind", f"unknown kind {kind!r}{_near(kind, KINDS)}", f"Write one of {', '.join(KINDS)}"),
        ))
    problems: list[Problem] = []
    given: dict[str, Any] = {}
    known: set[str] = set()
    for field in fields(row.settings):
        keys = (f"{field.name}_env", f"{field.name}_file") if field.type == "Secret" else (field.name,)
        known.update(keys)
        present = [key for key in keys if key in values]
        if field.type == "Secret":
            texts = {key: values[key] for key in present if _fits("str", values[key])}
            given[field.name] = Secret(*(str(texts.get(key, "")) for key in keys))
        elif present and _fits(str(field.type), values[field.name]):
            value = values[field.name]
            given[field.name] = tuple(value) if isinstance(value, list) else value
        elif not present and _required(field):
            problems.append(Problem(field.name, "missing", f"Add {field.name}: to the channel"))
        problems += [
            Problem(key, f"wrong type {type(values[key]).__name__}", f"Write {_TYPES.get(str(field.type), 'text')}")
            for key in present if not _fits("str" if field.type == "Secret" else str(field.type), values[key])
        ]
    # The value of an unknown key is never shown: it may be a secret under the wrong name.
    problems += [
        Problem(key, f"unknown key{_near(key, known)}", f"Write one of {', '.join(sorted(known))}")
        for key in values if key not in known and key != "kind"
    ]
    if problems:
        raise SettingsError(str(values.get("name", kind)), tuple(problems))
    settings = row.settings(**given)
    found = settings.problems()
    if found:
        raise SettingsError(settings.name, found)
    return settings


_TYPES = {"int": "a whole number", "float": "a number", "tuple[str, ...]": "a list of texts", "str": "text"}


def _fits(declared: str, value: object) -> bool:
    if declared == "tuple[str, ...]":
        return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
    if isinstance(value, bool):
        return False
    if declared == "int":
        return isinstance(value, int)
    if declared == "float":
        return isinstance(value, int | float)
    return isinstance(value, str)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _near(word: str, among: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(among), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
