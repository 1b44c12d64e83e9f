"""The environment of a new machine, for what runs in a baked project."""

import os

import browser

# Variables that would make a developer's machine differ from a new one.
HIDDEN = ("CHAT_", "DJANGO_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "PYTEST_")
HIDDEN_NAMES = {"DATABASE_URL", "REDIS_URL", "VIRTUAL_ENV", "PYTHONPATH"}


def as_on_a_new_machine() -> dict[str, str]:
    """Return the environment without what decides over a project, and with the found browser.

    Raises FileNotFoundError when CHROMIUM names no file.
    """
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(HIDDEN) and name not in HIDDEN_NAMES
    }
    if chromium := browser.find():
        environ["CHROMIUM"] = str(chromium)
    return environ
