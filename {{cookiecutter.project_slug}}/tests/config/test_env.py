"""A setting that is not understood ends the program with one sentence: what it takes."""

import errno
import importlib
import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chat.provider import names
from config import env


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """What `config/settings.py` makes of these variables. Raises `SystemExit`."""
    monkeypatch.setenv("DJANGO_ENV_FILE", os.devnull)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("DJANGO_DEBUG", "yes", "0, 1, false, off, on, true"),
        ("DJANGO_PROXIES", "1.5", "a whole number from 0 to 10"),
        ("CHAT_LOGIN_REQUIRED", "maybe", "0, 1, false, off, on, true"),
        ("CHAT_MAX_PROMPT_CHARS", "0", "a whole number from 1 to 10000"),
        ("CHAT_DAILY_TOKENS_PER_USER", "-1", "a whole number from 0 to 1000000000000"),  # limits
        ("CHAT_REQUESTS_PER_MINUTE", "1.5", "a whole number from 0 to 1000"),  # limits
        ("CHAT_LOG_JSON", "yes", "0, 1, false, off, on, true"),
        ("CHAT_METRICS_ADDRESS", "9464", "a host and a port: 127.0.0.1:9464"),  # metrics
        ("CHAT_METRICS_ADDRESS", "127.0.0.1:99999", "127.0.0.1:9464"),  # metrics
        ("CHAT_METRICS_ADDRESS", "127.0.0.1:9464/metrics", "127.0.0.1:9464"),  # metrics
        ("CHAT_TOOL_ROUNDS", "-1", "a whole number from 0 to 50"),  # tools
        ("CHAT_DELETE_AFTER_DAYS", "-1", "a whole number from 0 to 36500"),  # export
        ("CHAT_MAX_OUTPUT_TOKENS", "inf", "a whole number from 1 to 1000000"),
        ("CHAT_IDLE_TIMEOUT_SECONDS", "long", "a number from 0.1 to 3600"),
        ("CHAT_DISCONNECT_GRACE_SECONDS", "nan", "a number from 0 to 3600"),
        ("DATABASE_URL", "nonsense", "postgres://user:password@localhost:5432/chat"),
        ("DATABASE_URL", "mysql://user:secret@host/chat", "postgres://user"),
        ("DATABASE_URL", "sqlite://:memory:", "sqlite:///db.sqlite3"),
        ("DATABASE_POOL_SIZE", "1", "a whole number from 2 to 1000"),
        ("REDIS_URL", "secret@host", "redis:// or rediss://"),
        ("REDIS_URL", "redis://:secret@host:port/0", "redis:// or rediss://"),
        ("DJANGO_TRUSTED_ORIGINS", "chat.example.com", "https://chat.example.com:8443"),
        ("DJANGO_TRUSTED_ORIGINS", "https://chat.example.com/chat/", "without a path"),
        (names.BASE_URL_VARIABLE, "127.0.0.1:9", "http:// or https://"),
        (names.BASE_URL_VARIABLE, "http://", "http:// or https://"),
        (names.BASE_URL_VARIABLE, "http://[secret", "http:// or https://"),
    ],
)
def test_a_value_is_refused_with_what_it_takes(
    name: str, value: str, takes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as refused:
        read(monkeypatch, **{name: value})
    assert str(refused.value).startswith(name)
    assert takes in str(refused.value)
    assert "secret" not in str(refused.value)


def test_blanks_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    # `set DJANGO_DEBUG=true && ...` leaves one behind on Windows.
    assert read(monkeypatch, DJANGO_DEBUG="true ", CHAT_MODEL=" ")["DEBUG"] is True
    assert env.text("CHAT_MODEL", "default") == "default"
    key = read(monkeypatch, **{names.KEY_VARIABLE: " sk-the-key\n"})["CHAT_API_KEY"]
    assert key == "sk-the-key"
    assert read(monkeypatch, **{names.KEY_VARIABLE: " \n"})["CHAT_API_KEY"] == ""


@pytest.mark.parametrize("missing", ["psycopg", "psycopg_pool"])
def test_postgresql_without_its_driver_is_refused_with_the_command(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SystemExit, match=r"requirements-server\.txt|--group server"):
        read(monkeypatch, DATABASE_URL="postgres://user:secret@localhost/chat")


def test_earlier_keys_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read_settings = read(monkeypatch, DJANGO_SECRET_KEY="new", DJANGO_SECRET_KEY_FALLBACKS="old, o")
    assert read_settings["SECRET_KEY"] == "new"
    assert read_settings["SECRET_KEY_FALLBACKS"] == ["old", "o"]


def test_connections_to_postgresql_are_kept_and_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    address = "postgres://user:secret@localhost/chat?sslmode=require"
    variables = {"DATABASE_URL": address, "DATABASE_POOL_SIZE": "7"}
    database = read(monkeypatch, **variables)["DATABASES"]["default"]
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["pool"]["reconnect_timeout"] <= 2
    assert database["OPTIONS"]["pool"]["max_size"] == 7
    assert database["ENGINE"] == "config.postgresql"
    assert not database["CONN_MAX_AGE"]


def test_a_database_that_is_away_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    address = "postgres://localhost/chat?connect_timeout=7"
    options = read(monkeypatch, DATABASE_URL=address)["DATABASES"]["default"]["OPTIONS"]
    assert options["connect_timeout"] == 7, "DATABASE_URL wins"
    assert options["tcp_user_timeout"] <= 5000
    assert options["pool"]["timeout"] <= 3
    importlib.import_module("config.asgi")
    assert "statement_timeout" in os.environ["PGOPTIONS"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"CHAT_MODEL=x\n\n\nthis is no setting\n", "in line 4. Use NAME=value"),
        (b'CHAT_MODEL=x\nDJANGO_SECRET_KEY="abc\nCHAT_SYSTEM_PROMPT=y\n', "in line 2"),
        (b"CHAT_MODEL=x\r\nDJANGO_SECRET_KEY=a\0c\r\n", "in line 2"),
        ("CHAT_MODEL=x\n".encode("utf-16"), "Save it as UTF-8"),
    ],
    ids=["no setting", "open quote", "zero byte", "UTF-16"],
)
def test_a_broken_env_file_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(SystemExit) as refused:
        env.load(file)
    assert str(refused.value).startswith(f"{file} is not understood")
    assert said in str(refused.value)
    assert "CHAT_MODEL" not in os.environ


def test_a_name_that_stands_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CHAT_MODEL=mine\n\n# The model.\n\nCHAT_MODEL=\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="CHAT_MODEL twice, in lines 1 and 5"):
        env.load(file)
    assert "CHAT_MODEL" not in os.environ


def test_an_env_file_that_cannot_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*arguments: object, **options: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    file = tmp_path / ".env"
    file.touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(SystemExit) as refused:
        env.load(file)
    assert str(refused.value).startswith(f"{file} cannot be read: Permission denied.")


def test_a_child_process_does_not_inherit_what_the_file_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("CHAT_MODEL=file\nCHAT_SYSTEM_PROMPT=file\n", encoding="utf-8")
    monkeypatch.setenv("CHAT_MODEL", "environment")
    env.load(file)
    assert env.text("CHAT_SYSTEM_PROMPT") == "file"
    env.unload()
    assert env.text("CHAT_MODEL") == "environment"
    assert "CHAT_SYSTEM_PROMPT" not in os.environ


def test_the_environment_comes_before_the_file_unless_it_is_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("\ufeffCHAT_MODEL=file\nCHAT_SYSTEM_PROMPT=${file} $1\n", encoding="utf-8")
    monkeypatch.setenv("CHAT_MODEL", "environment")
    monkeypatch.setenv("CHAT_SYSTEM_PROMPT", "")
    env.load(file)
    assert (env.text("CHAT_MODEL"), env.text("CHAT_SYSTEM_PROMPT")) == (
        "environment",
        "${file} $1",
    )


def test_no_websocket_depends_on_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = read(monkeypatch, REDIS_URL="redis://localhost")["CHANNEL_LAYERS"]
    assert "InMemory" in layers["default"]["BACKEND"]


def test_the_address_of_metrics_is_read(monkeypatch: pytest.MonkeyPatch) -> None:  # metrics
    for value, expected in (
        ("", None),
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("[::1]:9464", ("::1", 9464)),
    ):
        found = read(monkeypatch, CHAT_METRICS_ADDRESS=value)["CHAT_METRICS_ADDRESS"]
        assert found == expected
