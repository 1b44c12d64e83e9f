"""`manage.py check` tells what is missing, and what to type."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

from chat import checks
from chat.provider import names
from config import checks as config_checks
from config import installing

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


def test_a_weak_password_is_refused() -> None:
    for weak in ("1", "password", "12345678"):
        with pytest.raises(ValidationError):
            validate_password(weak)
    validate_password("correct horse battery")


def test_a_site_whose_users_may_choose_any_password_is_told(settings: Settings) -> None:
    settings.CHAT_LOGIN_REQUIRED = True
    assert checks.check_passwords() == []
    settings.AUTH_PASSWORD_VALIDATORS = []
    [warning] = checks.check_passwords()
    assert warning.id == "chat.W006"
    settings.CHAT_LOGIN_REQUIRED = False
    assert checks.check_passwords() == []


def test_all_that_is_missing_is_told_at_once() -> None:
    said = check(DJANGO_DEBUG="false").stderr
    assert "Traceback" not in said
    for words in (
        *("chat.E001", ".env.example", "secrets.token_urlsafe(50)"),
        *("chat.E003", "DJANGO_ALLOWED_HOSTS=chat.example.com"),
        *("chat.W002", f"{names.KEY_VARIABLE}=..."),
    ):
        assert words in said


def test_an_address_is_no_name_of_a_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["https://chat.example.com"]
    [wrong] = config_checks.check_hosts()
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


def test_a_proxy_that_cannot_be_used_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_API_KEY, settings.CHAT_BASE_URL = "a key", ""
    monkeypatch.setenv("https_proxy", "socks://me:secret@127.0.0.1:1")
    [warning] = checks.check_proxy()
    assert warning.id == "chat.W007"
    assert "socks://127.0.0.1:1 cannot be used: it begins with socks://" in warning.msg
    assert "https_proxy" in str(warning.hint).lower()
    settings.CHAT_API_KEY = ""
    assert checks.check_proxy() == []
    settings.CHAT_API_KEY = "a key"
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    assert checks.check_proxy() == []


def test_redis_without_its_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://localhost")
    monkeypatch.setattr(config_checks, "find_spec", lambda name: None)
    [missing] = config_checks.check_redis()
    assert (missing.id, missing.is_serious()) == ("chat.E002", True)
    assert installing.install_command() in str(missing.hint)


def test_metrics_without_their_library_are_told(  # metrics
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    assert config_checks.check_metrics() == []
    settings.CHAT_METRICS_ADDRESS = ("127.0.0.1", 9464)
    assert config_checks.check_metrics() == []
    monkeypatch.setattr(config_checks, "find_spec", lambda name: None)
    [missing] = config_checks.check_metrics()
    assert (missing.id, missing.is_serious()) == ("chat.E004", True)
    assert installing.install_command() in str(missing.hint)


@pytest.mark.parametrize(
    ("pip", "command"),
    [
        (True, "python -m pip install --no-deps -r requirements-server.txt"),
        (None, "uv sync --group server"),
    ],
    ids=["pip", "uv"],
)
def test_a_hint_names_the_installer_of_this_environment(
    pip: object, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "find_spec", lambda name: pip)
    assert installing.install_command() == command
