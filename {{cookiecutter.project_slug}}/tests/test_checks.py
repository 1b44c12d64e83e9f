"""`manage.py check` tells what is missing, and what to type."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from pytest_django import Settings

from chat import checks
from chat.provider import names

PRODUCTION = {
    "DJANGO_DEBUG": "false",
    "DJANGO_SECRET_KEY": "x" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "DJANGO_ALLOWED_HOSTS": "chat.example.com",
    names.KEY_VARIABLE: "a key",
}


def check(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py check` with these variables and no `.env`."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=settings.BASE_DIR,
        env={**environment, "DJANGO_ENV_FILE": os.devnull, **variables},
        capture_output=True,
        encoding="utf-8",
    )


def test_a_production_environment_has_no_warning() -> None:
    required = {**PRODUCTION, "CHAT_LOGIN_REQUIRED": "true"}
    run = check("--deploy", "--fail-level", "INFO", **required)
    assert run.returncode == 0, run.stderr


def test_a_deployed_chat_without_a_login_says_who_pays(settings: Settings) -> None:
    [warning] = checks.check_who_may_spend()
    assert warning.id == "chat.W003"
    assert "CHAT_LOGIN_REQUIRED=true" in str(warning.hint)
    settings.CHAT_LOGIN_REQUIRED = True
    assert checks.check_who_may_spend() == []


def test_all_that_is_missing_is_told_at_once() -> None:
    said = check(DJANGO_DEBUG="false").stderr
    assert "Traceback" not in said
    for words in (
        *("chat.E001", ".env.example", "get_random_secret_key"),
        *("chat.E003", "DJANGO_ALLOWED_HOSTS=chat.example.com"),
        *("chat.W002", f"{names.KEY_VARIABLE}=..."),
    ):
        assert words in said


def test_an_address_is_no_name_of_a_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["https://chat.example.com"]
    [wrong] = checks.check_hosts()
    assert (wrong.id, wrong.is_serious()) == ("chat.E003", True)
    assert "an address, not a name" in wrong.msg


def test_without_a_key_the_built_in_model_is_told_of(settings: Settings) -> None:
    settings.DEBUG = True
    [missing] = checks.check_provider_key()
    assert missing.id == "chat.I001"
    assert f"{names.KEY_VARIABLE}=..." in str(missing.hint)


def test_an_address_without_a_key_is_told(settings: Settings) -> None:
    settings.CHAT_BASE_URL = "http://127.0.0.1:9/"
    [missing] = checks.check_provider_key()
    assert missing.id == "chat.W001"
    assert f"{names.KEY_VARIABLE}=..." in str(missing.hint)


def test_redis_without_its_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://localhost")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    [missing] = checks.check_redis()
    assert (missing.id, missing.is_serious()) == ("chat.E002", True)
    assert "pip install channels-redis" in str(missing.hint)
