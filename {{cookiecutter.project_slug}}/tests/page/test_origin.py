"""The WebSocket opens for pages of this host alone: a session's cookie comes with every request."""

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application
from tests.conftest import SOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("origin", ["https://elsewhere.example.com", "null", None])
async def test_no_other_site_opens_the_websocket(origin: str | None) -> None:
    headers = [(b"origin", origin.encode())] if origin else []
    communicator = WebsocketCommunicator(application, "/ws/live/", headers=headers)
    connected, _ = await communicator.connect(timeout=SOON)
    await communicator.disconnect()
    assert not connected
