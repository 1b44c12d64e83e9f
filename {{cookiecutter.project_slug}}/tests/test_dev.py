"""`manage.py dev`: the built-in model answers only where nothing else was chosen."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chat import names
from chat.management.commands import dev
from tests.replies import listen

pytestmark = pytest.mark.django_db(transaction=True)

Serve = Callable[..., None]


@pytest.fixture
def serve_with(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[[Serve], None]:
    """Put something else in the place of the server, and take all settings away."""
    # Set first, so that what the command sets is undone as well.
    monkeypatch.setenv(names.KEY_VARIABLE, "")
    monkeypatch.setenv(names.BASE_URL_VARIABLE, "")
    settings.CHAT_BUILT_IN_MODEL = None

    def serve_with(serve: Serve) -> None:
        monkeypatch.setattr(uvicorn, "run", serve)

    return serve_with


def test_without_a_key_the_built_in_model_answers_and_the_page_says_so(
    serve_with: Callable[[Serve], None], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[str] = []

    def serve(application: str, **options: Any) -> None:
        assert (application, options["host"], options["port"]) == (
            "config.asgi:application",
            "127.0.0.1",
            8000,
        )
        assert settings.CHAT_BUILT_IN_MODEL
        heard.append(asyncio.run(listen("/echo Hello")).text)

    serve_with(serve)
    call_command("dev")
    assert heard == ["Hello"]
    assert f"{names.KEY_VARIABLE}=..." in capsys.readouterr().out


@pytest.mark.parametrize("variable", [names.KEY_VARIABLE, names.BASE_URL_VARIABLE])
def test_with_a_key_or_an_address_the_built_in_model_does_not_answer(
    serve_with: Callable[[Serve], None],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
) -> None:
    served: list[tuple[str, str]] = []

    def serve(application: str, **options: Any) -> None:
        assert settings.CHAT_BUILT_IN_MODEL is None
        served.append((os.environ[names.KEY_VARIABLE], os.environ[names.BASE_URL_VARIABLE]))

    serve_with(serve)
    monkeypatch.setenv(variable, "chosen")
    call_command("dev", "8001")
    assert served == [("chosen", "") if variable == names.KEY_VARIABLE else ("", "chosen")]
    said = capsys.readouterr().out
    assert "built-in" not in said
    assert "http://127.0.0.1:8001/" in said


@pytest.mark.parametrize(
    ("addrport", "address"),
    [
        ("", ("127.0.0.1", 8000)),
        ("8001", ("127.0.0.1", 8001)),
        ("0.0.0.0:8001", ("0.0.0.0", 8001)),
        ("localhost:8001", ("localhost", 8001)),
        ("[::1]:8001", ("::1", 8001)),
    ],
)
def test_it_takes_an_address_as_runserver_does(addrport: str, address: tuple[str, int]) -> None:
    assert dev.parse(addrport) == address


@pytest.mark.parametrize("addrport", ["somewhere", "127.0.0.1", "8000x"])
def test_a_wrong_address_is_refused(addrport: str) -> None:
    with pytest.raises(CommandError, match="not a valid port number or address:port pair"):
        dev.parse(addrport)
