"""The network between a page and the server, for tests that cut it, hold it up or lose a part."""

import asyncio
from typing import Self

from playwright.async_api import Page, WebSocketRoute


class Network:
    """The network between `page` and the server, until it is cut and after it is mended."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._ends: list[WebSocketRoute] = []
        self._is_cut = False
        self._held: list[str | bytes] | None = None
        self._lost: asyncio.Event | None = None
        self._lost_until = ""
        self._late: list[str | bytes] | None = None
        self._late_from = ""

    @classmethod
    async def of(cls, page: Page) -> Self:
        """Route the WebSocket of a page that is not open yet. Playwright takes no route back."""
        network = cls(page)
        await page.route_web_socket("**/ws/live/", network._connect)
        return network

    async def _connect(self, page: WebSocketRoute) -> None:
        if self._is_cut:
            await page.close()
        else:
            server = page.connect_to_server()
            self._ends = [page, server]
            page.on_message(lambda sent: self._pass_on(server, sent))
            server.on_message(lambda told: self._pass_back(page, told))

    def _pass_on(self, server: WebSocketRoute, sent: str | bytes) -> None:
        if self._held is None:
            server.send(sent)
        else:
            self._held.append(sent)

    def _pass_back(self, page: WebSocketRoute, told: str | bytes) -> None:
        if self._lost is not None:
            if self._lost_until in str(told):
                self._lost.set()
        elif self._late is not None and (self._late or self._late_from in str(told)):
            self._late.append(told)
        else:
            page.send(told)

    def hold(self) -> None:
        """Pass nothing on, either way, and say nothing of it."""
        self._held = []
        self.delay("")

    async def lose(self, word: str) -> None:
        """Lose what the server tells, and return when a message with this word was lost."""
        self._lost, self._lost_until = asyncio.Event(), word
        await self._lost.wait()

    def delay(self, word: str) -> None:
        """Keep back what the server tells, from a message with this word on."""
        self._late, self._late_from = [], word

    def deliver(self) -> None:
        """Pass on what was kept back."""
        late, self._late = self._late or [], None
        for told in late:
            self._ends[0].send(told)

    def let_go(self) -> None:
        """Pass on what was held."""
        held, self._held = self._held or [], None
        for sent in held:
            self._ends[1].send(sent)
        self.deliver()

    async def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            await end.close()

    def mend(self) -> None:
        """Connect again. What was kept back is lost."""
        self._is_cut = False
        self._lost = self._late = None
