"""Settings from the environment and `.env`: a value that is not understood is refused."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
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
    """A yes or no. Raises `ImproperlyConfigured`, which names the words it takes."""
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood. Use one of: {', '.join(sorted(TRUE | FALSE))}."
        )
    return value in TRUE


def number(name: str, default: float, *, least: float, most: float) -> float:
    """A number between `least` and `most`. Raises `ImproperlyConfigured`, which names both."""
    value = text(name)
    try:
        result = float(value) if value else default
    except ValueError:
        result = float("nan")
    if not least <= result <= most:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood. Use a number from {least:g} to {most:g}."
        )
    return result
