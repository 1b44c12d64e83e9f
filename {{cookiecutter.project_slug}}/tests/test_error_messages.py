"""The sentence for a failure says what to do, and where, and holds no secret."""

from pathlib import Path
from typing import get_args

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError
from pytest_django import Settings

from chat import error_messages
from chat.provider import names
from chat.provider.errors import Kind, ProviderError

KINDS: tuple[Kind, ...] = get_args(Kind)
SECRET = "sk-0123456789"


@pytest.fixture(autouse=True)
def env_file(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `.env`, and an environment without the SDK's variables."""
    settings.CHAT_ENV_FILE = tmp_path / ".env"
    settings.CHAT_ENV_FILE.touch()
    monkeypatch.delenv(names.KEY_VARIABLE, raising=False)
    monkeypatch.delenv(names.BASE_URL_VARIABLE, raising=False)
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("database is locked"), error_messages.NO_DATABASE),
        (InterfaceError("connection already closed"), error_messages.NO_DATABASE),
        (ConnectionError("refused"), error_messages.NO_DATABASE),
        (OperationalError("database or disk is full"), error_messages.DISK_FULL),
        (OperationalError("... No space left on device"), error_messages.DISK_FULL),
        (IntegrityError('null value in column "note"'), error_messages.NOT_DONE),
        (ProgrammingError('column "note" does not exist'), error_messages.NOT_DONE),
    ],
)
def test_a_database_that_is_away_is_not_a_fault_of_the_chat(
    error: Exception, sentence: str
) -> None:
    assert error_messages.not_done(error) == sentence


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_sentence(kind: Kind) -> None:
    sentence = error_messages.for_error(ProviderError(kind, "because of this"))
    assert sentence[0].isupper()
    assert sentence.endswith((".", ": because of this"))
    assert "{" not in sentence


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_holds_the_key_or_a_password(kind: Kind, settings: Settings) -> None:
    settings.CHAT_API_KEY = SECRET
    settings.CHAT_BASE_URL = f"https://me:{SECRET}@example.com/v1?key={SECRET}"
    error = ProviderError(kind, f"{SECRET} was wrong at https://me:other@example.com/v1")
    sentence = error_messages.for_error(error)
    assert SECRET not in f"{sentence} {error} {error.detail}"
    assert "me:other" not in f"{sentence} {error} {error.detail}"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ([f"{names.KEY_VARIABLE}={SECRET}"], "in line 1 of .env"),
        (["# a comment", "", f"export {names.KEY_VARIABLE} = '{SECRET}'"], "in line 3 of .env"),
        ([f"{names.KEY_VARIABLE}=old", f"{names.KEY_VARIABLE}={SECRET}"], "in line 2 of .env"),
        ([f"{names.KEY_VARIABLE}=another, not used"], "in the environment"),
        ([f"# {names.KEY_VARIABLE}={SECRET}"], "in the environment"),
        ([], "in the environment"),
    ],
)
def test_a_wrong_key_is_said_to_be_where_it_was_read(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], place: str
) -> None:
    env_file.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv(names.KEY_VARIABLE, SECRET)
    sentence = error_messages.for_error(ProviderError("key_refused"))
    assert f"Check {names.KEY_VARIABLE} {place}, then" in sentence


@pytest.mark.parametrize(
    ("lines", "place"), [(["", f"{names.KEY_VARIABLE}="], "in line 2 of .env"), ([], "in .env")]
)
def test_a_missing_key_is_said_to_belong_into_env(
    env_file: Path, lines: list[str], place: str
) -> None:
    env_file.write_text("\n".join(lines), encoding="utf-8")
    sentence = error_messages.for_error(ProviderError("key_missing"))
    assert f"{names.KEY_VARIABLE}= {place}," in sentence


@pytest.mark.parametrize("kind", ["overloaded", "rate_limited", "silent", "cut_off"])
def test_env_is_read_only_for_a_sentence_that_names_it(kind: Kind, settings: Settings) -> None:
    settings.CHAT_ENV_FILE = None
    assert error_messages.for_error(ProviderError(kind)).endswith(".")


def test_the_model_and_the_vendor_are_named(settings: Settings) -> None:
    settings.CHAT_MODEL = "somebody/else"
    assert "somebody/else" in error_messages.for_error(ProviderError("model_unknown"))
    settings.CHAT_MODEL = ""
    assert names.DEFAULT_MODEL in error_messages.for_error(ProviderError("model_unknown"))
    assert names.DEFAULT_BASE_URL in error_messages.for_error(ProviderError("unreachable"))


@pytest.mark.parametrize(
    ("seconds", "when"),
    [(None, "in a moment"), (0.2, "in 1 second"), (7, "in 7 seconds"), (3600, "in 60 minutes")],
)
def test_it_says_when_to_retry(seconds: float | None, when: str) -> None:
    error = ProviderError("rate_limited", retry_after=seconds)
    assert error_messages.for_error(error).endswith(f"Retry {when}.")


def test_a_long_reason_is_cut() -> None:
    assert len(error_messages.for_error(ProviderError("bad_request", "x" * 5000))) < 300
