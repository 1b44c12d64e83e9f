"""Open a page of the chat, send a prompt, and wait for the first text of the reply.

    python first_token.py http://127.0.0.1:8000/

The handout's own Python runs it. Raises TimeoutError if nothing comes within `SECONDS`.
"""

import json
import re
import sys
import urllib.request
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

SECONDS = 60.0


def main(url: str) -> None:
    """Print the first text that the page is sent."""
    with urllib.request.urlopen(url, timeout=SECONDS) as page:
        html = page.read().decode()
        cookies = [cookie.partition(";")[0] for cookie in page.headers.get_all("Set-Cookie")]
    conversation = re.findall(r'data-conversation="([^"]*)"', html)[0]
    shown = {"conversation": conversation, "turn": 0, "reply": 0, "status": ""}
    host = urlsplit(url).netloc
    headers = {"Cookie": "; ".join(cookies), "Origin": f"http://{host}"}
    view = {"type": "mount", "view": "chat.page.chat_view.ChatView", "url": "/"}
    with connect(f"ws://{host}/ws/live/", additional_headers=headers) as socket:
        socket.send(json.dumps(view))
        receive(socket, "dj-submit")
        for name, params in (("follow", shown), ("submit", {"prompt": "Hello"})):
            socket.send(json.dumps({"type": "event", "event": name, "params": params}))
        print(receive(socket, "chat:text"))


def receive(socket: ClientConnection, text: str) -> str:
    """Return the next frame that holds `text`."""
    while text not in (frame := str(socket.recv(timeout=SECONDS))):
        pass
    return frame


if __name__ == "__main__":
    main(sys.argv[1])
