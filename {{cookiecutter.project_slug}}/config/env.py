"""Settings from the environment and `.env`.

A value that is not understood ends the program with a sentence: it is never guessed.
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from dotenv import dotenv_values

TRUE = {"1", "true", "on"}
FALSE = {"0", "false", "off"}


def load(path: Path) -> None:
    """Put the values of a `.env` file into `os.environ`, where the SDK looks for its own too.

    The environment wins over the file; an empty value, here or there, counts as none.
    """
    for name, value in dotenv_values(path, encoding="utf-8").items():
        if value and not os.environ.get(name):
            os.environ[name] = value


def text(name: str, default: str = "") -> str:
    """The value of a variable, or `default` where it is absent or empty."""
    return os.environ.get(name) or default


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


def number(name: str, default: float, *, least: float, most: float) -> float:
    """A number between `least` and `most`. Raises `SystemExit`, which names both."""
    value = text(name)
    try:
        result = float(value) if value else default
    except ValueError:
        result = float("nan")
    if not least <= result <= most:
        raise SystemExit(
            f"{name}={value!r} is not understood. Use a number from {least:g} to {most:g}."
        )
    return result


def database(default: str) -> dict[str, Any]:
    """The database of `DATABASE_URL`. Raises `SystemExit`, which does not repeat a password."""
    try:
        return dict(dj_database_url.parse(text("DATABASE_URL", default), conn_health_checks=True))
    except ValueError as error:
        raise SystemExit(
            f"DATABASE_URL is not understood: {type(error).__name__}. Use an address such as "
            "postgres://user:password@localhost:5432/chat or sqlite:///db.sqlite3."
        ) from None
