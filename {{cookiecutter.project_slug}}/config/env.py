"""Settings from the environment and `.env`.

A value that is not understood ends the program with a sentence: it is never guessed.
"""

import importlib.util
import io
import os
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url
from dotenv import dotenv_values
from dotenv.parser import parse_stream

TRUE = {"1", "true", "on"}
FALSE = {"0", "false", "off"}
# The databases whose constraints allow one streaming reply for each conversation (chat/models.py).
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"

N = TypeVar("N", int, float)


def load(path: Path) -> None:
    """Put the values of a `.env` file into `os.environ`, where the SDK looks for its own too.

    The environment wins over the file; an empty value, here or there, counts as none.
    Raises `SystemExit`, which names the line, if there is one that is no setting.
    """
    try:
        content = path.read_text(encoding="utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        raise SystemExit(f"{path} is not understood. Save it as UTF-8.") from None
    for setting in parse_stream(io.StringIO(content)):
        written, line = setting.original
        if setting.error or "\0" in written:
            line += written[: -len(written.lstrip())].count("\n")
            raise SystemExit(
                f"{path} is not understood in line {line}. Use NAME=value, and close every quote."
            )
    for name, value in dotenv_values(stream=io.StringIO(content), interpolate=False).items():
        if value and not text(name):
            os.environ[name] = value


def text(name: str, default: str = "") -> str:
    """The value of a variable, or `default` where it is absent or blank."""
    return os.environ.get(name, "").strip() or default


def words(name: str) -> list[str]:
    """The values of a comma-separated variable."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def flag(name: str, default: bool) -> bool:
    """A yes or no. Raises `SystemExit`, which names the words it takes."""
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise SystemExit(
            f"{name}={value!r} is not understood. Use one of: {', '.join(sorted(TRUE | FALSE))}."
        )
    return value in TRUE


def number(name: str, default: N, *, least: float, most: float) -> N:
    """A number between `least` and `most`, whole where `default` is.

    Raises `SystemExit`, which names both.
    """
    kind = type(default)
    try:
        result = kind(text(name)) if text(name) else default
    except ValueError:
        result = None
    if result is None or not least <= result <= most:
        whole = "whole " if kind is int else ""
        raise SystemExit(
            f"{name}={text(name)!r} is not understood. Use a {whole}number from {least} to {most}."
        )
    return result


def address(name: str, *schemes: str) -> str:
    """An address that begins with one of `schemes`, or an empty one.

    Raises `SystemExit`, which names them, and does not repeat a password that the value may hold.
    """
    value = text(name)
    try:
        found = urlsplit(value)
    except ValueError:
        found = urlsplit("")
    if value and (found.scheme not in schemes or not (found.hostname or found.path)):
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SystemExit(f"{name} is not understood. Use an address that begins with {begins}.")
    return value


def database(default: str) -> dict[str, Any]:
    """The database of `DATABASE_URL`.

    Raises `SystemExit`, which does not repeat a password, or which tells how to install the driver.
    """
    try:
        found = dict(dj_database_url.parse(text("DATABASE_URL", default)))
    except ValueError:
        found = {}
    # A database in memory is not shared by the threads of a server.
    if found.get("ENGINE") not in (SQLITE, POSTGRESQL) or found["NAME"] == ":memory:":
        raise SystemExit(
            "DATABASE_URL is not understood. Use an address such as "
            "postgres://user:password@localhost:5432/chat or sqlite:///db.sqlite3."
        )
    driver = map(importlib.util.find_spec, ("psycopg", "psycopg_pool"))
    if found["ENGINE"] == POSTGRESQL and not all(driver):
        raise SystemExit(
            "DATABASE_URL names PostgreSQL, whose driver or its pool is not installed. Install "
            'both: python -m pip install "psycopg[binary,pool]"'
        )
    return found
