"""The WebSocket opens for pages of this host alone: a session's cookie comes with every request."""

import pytest

from config.asgi import application
from tests.waiting import SOON
from tests.websocket import WebSocket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("origin", ["https://elsewhere.example.com", "null", None])
async def test_no_other_site_opens_the_websocket(origin: str | None) -> None:
    headers = [(b"origin", origin.encode())] if origin else []
    socket = WebSocket(application, "/ws/live/", headers)
    assert not await socket.connect(timeout=SOON)
    await socket.disconnect(timeout=SOON)
