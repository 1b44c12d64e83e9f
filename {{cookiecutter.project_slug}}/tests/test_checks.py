"""`manage.py check` tells what is missing, and what to type."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from chat import names

PRODUCTION = {
    "DJANGO_DEBUG": "false",
    "DJANGO_SECRET_KEY": "x" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "DJANGO_ALLOWED_HOSTS": "chat.example.com",
    names.KEY_VARIABLE: "a key",
}


def check(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py check` with these variables and no `.env`."""
    ours = ("DJANGO_", "CHAT_", "REDIS_URL", "DATABASE_URL", names.KEY_VARIABLE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=settings.BASE_DIR,
        env={**environment, "DJANGO_ENV_FILE": os.devnull, **variables},
        capture_output=True,
        text=True,
    )


def test_a_production_environment_has_no_warning() -> None:
    run = check("--deploy", "--fail-level", "INFO", **PRODUCTION)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DJANGO_SECRET_KEY": ""}, ["chat.E001", "get_random_secret_key"]),
        ({names.KEY_VARIABLE: ""}, ["chat.I001", f"{names.KEY_VARIABLE}=..."]),
        ({"REDIS_URL": "redis://localhost"}, ["chat.E002", "pip install channels-redis"]),
        ({"DJANGO_DEBUG": "yes"}, ["DJANGO_DEBUG='yes'", "true"]),
        ({"CHAT_IDLE_TIMEOUT_SECONDS": "long"}, ["CHAT_IDLE_TIMEOUT_SECONDS", "3600"]),
        ({"CHAT_MAX_PROMPT_CHARS": "0"}, ["CHAT_MAX_PROMPT_CHARS", "from 1 to 10000"]),
        ({"DATABASE_URL": "nonsense"}, ["DATABASE_URL", "postgres://"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_missing_or_wrong_is_named(variables: dict[str, str], said: list[str]) -> None:
    run = check(**{**PRODUCTION, **variables})
    for words in said:
        assert words in run.stderr + run.stdout
    assert "Traceback" not in run.stderr
