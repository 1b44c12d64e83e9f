"""Reads settings from the environment and from `.env`.

An invalid value ends the program. The message says which values are accepted.
"""

import importlib.util
import io
import os
import re
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url
from dotenv import dotenv_values
from dotenv.parser import parse_stream

from config.installing import install_command

TRUE = {"1", "true", "on"}
FALSE = {"0", "false", "off"}
# The databases that support the constraint of chat/models.py: at most one streaming reply for each
# conversation.
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"

N = TypeVar("N", int, float)


# The names of the variables that `load` has set from the file.
_loaded: set[str] = set()


def load(path: Path) -> None:
    """Put the values of a `.env` file into `os.environ`, which the SDK reads as well.

    The environment wins over the file. In both, an empty value counts as not set. Raises
    `SystemExit` if the file cannot be read, if a line is not NAME=value, or if a name stands twice.
    """
    try:
        content = path.read_text(encoding="utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        raise SystemExit(f"{path} is not understood. Save it as UTF-8.") from None
    except OSError as error:
        raise SystemExit(
            f"{path} cannot be read: {error.strerror}. Let the user who runs this read it."
        ) from None
    lines: dict[str, int] = {}
    for setting in parse_stream(io.StringIO(content)):
        written, line = setting.original
        line += written[: -len(written.lstrip())].count("\n")
        if setting.error or "\0" in written:
            raise SystemExit(
                f"{path} is not understood in line {line}. Use NAME=value, and close every quote."
            )
        if setting.key and lines.setdefault(setting.key, line) != line:
            raise SystemExit(
                f"{path} sets {setting.key} twice, in lines {lines[setting.key]} and {line}. "
                "Remove one of them."
            )
    for name, value in dotenv_values(stream=io.StringIO(content), interpolate=False).items():
        if value and not text(name):
            os.environ[name] = value
            _loaded.add(name)


def unload() -> None:
    """Remove from `os.environ` what `load` has set, so that a child process reads `.env` anew."""
    for name in _loaded:
        os.environ.pop(name, None)
    _loaded.clear()


def text(name: str, default: str = "") -> str:
    """Return the value of a variable, or `default` if it is absent or blank."""
    return os.environ.get(name, "").strip() or default


def words(name: str) -> list[str]:
    """Return the words of a comma-separated variable, without blanks."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def flag(name: str, default: bool) -> bool:
    """Return the value of a variable as true or false. Raises `SystemExit` for any other word."""
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise SystemExit(
            f"{name}={value!r} is not understood. Use one of: {', '.join(sorted(TRUE | FALSE))}."
        )
    return value in TRUE


def number(name: str, default: N, *, minimum: float = 0, maximum: float) -> N:
    """Return a number from `minimum` to `maximum`, as an int if `default` is an int.

    Raises `SystemExit` for anything else.
    """
    kind = type(default)
    try:
        result = kind(text(name)) if text(name) else default
    except ValueError:
        result = None
    if result is None or not minimum <= result <= maximum:
        whole = "whole " if kind is int else ""
        raise SystemExit(
            f"{name}={text(name)!r} is not understood. "
            f"Use a {whole}number from {minimum} to {maximum}."
        )
    return result


def address(name: str, *schemes: str) -> str:
    """Return a URL whose scheme is one of `schemes`, or "" if the variable is not set.

    Raises `SystemExit` for anything else. The message leaves out the value, which may hold a
    password.
    """
    value = text(name)
    try:
        found = urlsplit(value)
        # A port that is not a number raises ValueError.
        is_complete = bool(found.hostname or found.path) and found.port != 0
    except ValueError:
        is_complete = False
    if value and not (is_complete and found.scheme in schemes):
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SystemExit(f"{name} is not understood. Use an address that begins with {begins}.")
    return value


def listener(name: str) -> tuple[str, int] | None:  # metrics
    """Return the host and port to listen on, such as 127.0.0.1:9464; None if it is not set.

    Raises `SystemExit` for anything else.
    """
    try:
        found = urlsplit(f"//{text(name)}")
        host, port = found.hostname, found.port
    except ValueError:
        host = port = None
    if text(name) and not (host and port and found.netloc == text(name)):
        raise SystemExit(
            f"{name}={text(name)!r} is not understood. Use a host and a port: 127.0.0.1:9464."
        )
    return (host, port) if host and port else None


def origins(name: str) -> list[str]:
    """Return the origins of a comma-separated variable, such as https://chat.example.com:8443.

    Raises `SystemExit` for anything else.
    """
    values = [word.rstrip("/").lower() for word in words(name)]
    for value in values:
        if not re.fullmatch(r"https?://(\*\.)?([\w.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", value):
            raise SystemExit(
                f"{name} is not understood: {value!r}. Use the beginning of a browser's address, "
                "without a path, such as https://chat.example.com:8443."
            )
    return values


def database(default: str) -> dict[str, Any]:
    """Return the database of `DATABASE_URL` as an entry of Django's DATABASES.

    Raises `SystemExit` if the address is not valid or its driver is not installed. The message
    leaves out the value, which may hold a password.
    """
    try:
        found = dict(dj_database_url.parse(text("DATABASE_URL", default)))
    except ValueError:
        found = {}
    # An in-memory SQLite database exists for one connection, and each thread has its own.
    if found.get("ENGINE") not in (SQLITE, POSTGRESQL) or found["NAME"] == ":memory:":
        raise SystemExit(
            "DATABASE_URL is not understood. Use an address such as "
            "postgres://user:password@localhost:5432/chat or sqlite:///db.sqlite3."
        )
    driver = map(importlib.util.find_spec, ("psycopg", "psycopg_pool"))
    if found["ENGINE"] == POSTGRESQL and not all(driver):
        raise SystemExit(
            "DATABASE_URL names PostgreSQL, but its driver or connection pool is not installed. "
            f"Install both: {install_command()}"
        )
    return found
