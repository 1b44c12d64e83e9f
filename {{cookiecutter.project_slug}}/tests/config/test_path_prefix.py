"""CHAT_PATH_PREFIX: which paths it takes, and what becomes of the addresses."""

from typing import Any

import pytest

from chat import urls as chat_urls
from config import path_prefix, urls
from tests.config.test_env import read


@pytest.mark.parametrize(
    ("value", "prefix"),
    [("", ""), ("/", ""), ("chat", "/chat"), ("/chat/", "/chat"), ("/a/b-c/", "/a/b-c")],
)
def test_a_prefix_is_read_with_and_without_slashes(
    monkeypatch: pytest.MonkeyPatch, value: str, prefix: str
) -> None:
    settings = read(monkeypatch, CHAT_PATH_PREFIX=value)
    assert settings["PATH_PREFIX"] == prefix
    assert settings["STATIC_URL"] == f"{prefix}/static/"
    assert settings["LOGIN_URL"] == f"{prefix}/accounts/login/"
    assert settings["CSRF_COOKIE_PATH"] == settings["SESSION_COOKIE_PATH"] == f"{prefix}/"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("https://example.com/chat", "Use a path such as /chat/."),
        ("/my chat/", "Use a path such as /chat/."),
        ("/a//b/", "Use a path such as /chat/."),
        ("/a/../b/", "Use a path such as /chat/."),
        ("/c/", "addresses of the chat itself begin so"),
        ("/static/chat/", "begins with none of: accounts, admin, c"),
    ],
)
def test_what_cannot_be_a_prefix_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    with pytest.raises(SystemExit, match=r"^CHAT_PATH_PREFIX=") as refused:
        read(monkeypatch, CHAT_PATH_PREFIX=value)
    assert said in str(refused.value)


def test_the_first_part_of_every_address_is_taken() -> None:
    patterns = [*urls.urlpatterns, *chat_urls.urlpatterns]
    first = {str(pattern.pattern).partition("/")[0] for pattern in patterns}
    assert first - {""} <= set(path_prefix.TAKEN)


@pytest.mark.parametrize(
    ("path", "root_path", "seen"),
    [
        ("/chat/new/", "", "/chat/new/"),
        ("/new/", "", "/chat/new/"),
        ("/", "", "/chat/"),
        ("/chat", "", "/chat"),
        ("/chatter/", "", "/chat/chatter/"),
        ("/chat/new/", "/chat", "/chat/new/"),  # uvicorn --root-path
    ],
)
async def test_the_application_sees_the_whole_path(path: str, root_path: str, seen: str) -> None:
    scopes: list[dict[str, Any]] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scopes.append(scope)

    scope = {"type": "websocket", "path": path, "root_path": root_path}
    await path_prefix.with_prefix(application, "/chat")(scope, None, None)
    assert [(scope["path"], scope["root_path"]) for scope in scopes] == [(seen, "")]


def test_without_a_prefix_the_application_is_unchanged() -> None:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Nothing."""

    assert path_prefix.with_prefix(application, "") is application
