"""The private names of djust that djust_internals.py touches still mean what it takes them for."""

import asyncio
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from django.test import Client

from chat.page import djust_internals
from chat.page.chat_view import ChatView
from tests.live_page import open_page
from tests.waiting import SOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[ChatView]:
    """The views that are mounted over a WebSocket, in order."""
    mounted: list[ChatView] = []
    mount = ChatView.mount

    def remember(view: ChatView, *args: Any, **kwargs: Any) -> None:
        mounted.append(view)
        mount(view, *args, **kwargs)

    monkeypatch.setattr(ChatView, "mount", remember)
    return mounted


async def test_a_view_is_connected_until_its_socket_closes(views: list[ChatView]) -> None:
    async with open_page():
        assert djust_internals.is_connected(views[0])
    assert not djust_internals.is_connected(views[0])


async def test_a_view_that_is_replaced_is_not_connected(views: list[ChatView]) -> None:
    async with open_page() as page:
        await page.navigate()
        assert not djust_internals.is_connected(views[0])
        assert djust_internals.is_connected(views[1])


async def test_a_view_is_told_when_its_socket_closes(views: list[ChatView]) -> None:
    async with open_page() as page:
        await page.until(lambda _: views[0]._feed)
        feed = views[0]._feed
        assert feed is not None
        assert not feed.done()
    assert feed.cancelled() or feed.cancelling()


async def test_a_view_is_told_even_if_djusts_own_disconnect_fails(
    views: list[ChatView], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does when Redis has gone away."""

    async def gone(*args: object) -> None:
        raise ConnectionError("Redis has gone away")

    monkeypatch.setattr(InMemoryChannelLayer, "group_discard", gone)
    with pytest.raises(ConnectionError):
        async with open_page():
            pass
    assert not djust_internals.is_connected(views[0])
    feed = views[0]._feed
    assert feed is not None
    assert feed.cancelled() or feed.cancelling()


async def test_an_event_waits_for_the_render_lock(views: list[ChatView]) -> None:
    async with open_page(Client()) as page:
        lock = djust_internals.render_lock(views[0])
        async with lock:
            await page.event("submit", prompt="")
            async with asyncio.timeout(SOON):
                while not lock._waiters:  # type: ignore[attr-defined]
                    await asyncio.sleep(0.01)
            assert views[0].error == ""
        await page.until(lambda page: "Type a prompt" in page.controls)
