"""A page without a browser: a WebSocket that speaks as djust's client does, and applies the log."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.test import Client

from chat.models import Conversation
from config.asgi import application
from tests.waiting import SOON, limit, source
from tests.websocket import WebSocket

ARTICLE = re.compile(r'data-status="(\w+)" aria-label="Assistant" data-reply="(\d+)"')
PROMPT = re.compile(r'data-role="user".*?<div class="text" dir="auto">(.*?)</div>', re.DOTALL)


class Page:
    """What a person has before them: the log, and the controls."""

    def __init__(self, socket: WebSocket, conversation: str) -> None:
        self._socket = socket
        self._events = 0
        self._handled = 0
        self.conversation = conversation
        self.turns: dict[int, str] = {}
        self.status = ""
        self.reply = 0
        self.text = ""
        self.reasoning = ""
        self.controls = ""
        self.renders = 0
        self.sent: list[str] = []
        self.texts = 0
        self.led_to = ""
        self.is_cached = False
        self.is_logged_out = False
        self.usage: Any = None

    def __str__(self) -> str:
        end = f"{self.status} {self.text[-300:]!r}, controls {self.controls[-300:]!r}"
        return f"{len(self.turns)} turns, the last reply is {end}"

    async def event(self, name: str, **params: Any) -> None:
        """What djust's client sends for a click or a form."""
        self._events += 1
        await self._socket.send_json(
            {"type": "event", "event": name, "params": params, "ref": self._events}
        )

    async def handled(self) -> None:
        """Wait until the server has handled all events, and the page shows what they changed."""
        await self.until(lambda page: page._handled == page._events)

    async def navigate(self) -> None:
        """What djust's client sends for a link to another view: a new view over the same socket."""
        self.controls = ""
        await self._socket.send_json(
            {"type": "live_redirect_mount", "view": "chat.page.chat_view.ChatView", "url": "/"}
        )
        await self.until(lambda page: "dj-submit" in page.controls)

    async def close(self) -> None:
        """Close the tab, without waiting for the server."""
        await self._socket.close()

    async def until(self, seen: Callable[["Page"], Any], within: float = SOON) -> None:
        """Read frames until the page shows something.

        Raises TimeoutError with what was to be `seen`, and what the page shows.
        """
        async with limit(source(seen), lambda: self, within):
            while not seen(self):
                self._take(await self._socket.receive_json(timeout=2 * within))

    async def follow(self) -> None:
        """Say what the page shows, as it does when it is connected."""
        await self.event(
            "follow",
            conversation=self.conversation,
            turn=max(self.turns, default=0),
            reply=self.reply,
            status=self.status,
        )

    @property
    def prompts(self) -> list[str]:
        return [found[1] for html in self.turns.values() if (found := PROMPT.search(html))]

    def _take(self, frame: dict[str, Any]) -> None:
        assert frame["type"] != "error", f"The page was sent an error: {frame['error']}"
        # djust repeats the number of an event in its answer.
        self._handled = frame.get("ref") or self._handled
        self.renders += "html" in frame or "patches" in frame
        self.controls += str(frame.get("html") or "") + str(frame.get("patches") or "")
        if frame["type"] == "navigate":
            self.led_to = frame["to"]
        if frame["type"] == "push_event":
            take = getattr(self, "_take_" + frame["event"].removeprefix("chat:"))
            take(**frame["payload"])

    def _take_connected(self) -> None:
        pass

    def _take_logged_out(self) -> None:
        self.is_logged_out = True

    def _take_sent(self, prompt: str) -> None:
        self.sent.append(prompt)

    def _take_turns(
        self, conversation: str, address: str, replaces: bool, turns: list[tuple[int, str]]
    ) -> None:
        assert address == (f"/c/{conversation}/" if turns else "/new/")
        self.conversation = conversation
        if replaces:
            self.turns.clear()
            self.status, self.reply, self.text = "", 0, ""
        for turn, html in turns:
            self.turns[turn] = html
            if found := ARTICLE.search(html):
                self.status, self.reply, self.text = found[1], int(found[2]), html
                self.is_cached = " data-cached" in html

    def _take_reasoning(self, reply: int, text: str) -> None:
        assert reply == self.reply
        self.reasoning += text

    def _take_text(self, edit: tuple[int, int, str, int]) -> None:
        reply, _, html, _ = edit
        assert reply == self.reply
        self.texts += 1
        self.text += html

    def _take_end(
        self, reply: int, status: str, mark: str, cached: bool = False, **others: Any
    ) -> None:
        assert reply == self.reply
        self.status = status
        self.is_cached = cached
        self.usage = others.get("usage")


@asynccontextmanager
async def open_page(client: Client | None = None, path: str = "/") -> AsyncIterator[Page]:
    """A page that is connected. Pages of one client are tabs of one browser."""
    client = client or Client()
    response = await sync_to_async(client.get)(path)
    html = response.content.decode()
    cookies = "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in client.cookies.values())
    socket = WebSocket(
        application,
        "/ws/live/",
        headers=[
            (b"cookie", cookies.encode()),
            (b"host", b"testserver"),
            (b"origin", b"http://testserver"),
        ],
    )
    assert await socket.connect(timeout=SOON)
    await socket.send_json({"type": "mount", "view": "chat.page.chat_view.ChatView", "url": path})
    found = re.search(r'data-conversation="([^"]+)"', html)
    page = Page(socket, found[1] if found else "")
    for turn in re.findall(r'<div class="turn".*?</article>\s*</div>', html, re.DOTALL):
        page.turns[int(turn.partition('data-turn="')[2].partition('"')[0])] = turn
        if article := ARTICLE.search(turn):
            page.status, page.reply, page.text = article[1], int(article[2]), turn
    await page.until(lambda page: "dj-submit" in page.controls)
    await page.follow()
    await page.handled()
    try:
        yield page
    finally:
        await socket.disconnect(timeout=SOON)


async def begun_by(client: Client) -> Conversation:
    """A conversation with one turn, which the visitor of `client` has begun."""
    async with open_page(client) as page:
        await page.event("submit", prompt="/echo first")
        await page.until(complete)
        return await Conversation.objects.aget(pk=page.conversation)


def complete(page: Page) -> bool:
    """Whether the last reply is complete: what a test waits for."""
    return page.status == "complete"


async def begin(page: Page, prompt: str) -> str:
    """A new chat with this prompt, whose reply has begun. Returns the conversation's id."""
    turns = page.turns
    if turns:
        await page.event("new_chat")
        await page.until(lambda page: not page.turns)
    await page.event("submit", prompt=prompt)
    await page.until(lambda page: page.reply)
    return page.conversation
