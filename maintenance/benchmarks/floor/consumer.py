"""The relay: a prompt comes in, tokens go out as they are, an empty frame ends the reply."""

import asyncio
from urllib.parse import parse_qs

import openai
from channels.generic.websocket import AsyncWebsocketConsumer
from openai.types.chat import ChatCompletionMessageParam
from turns import settled_turns

STOP = "\x00stop"
END = ""


class Relay(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One page's WebSocket."""

    reply: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        query = parse_qs(self.scope["query_string"].decode())
        self.messages: list[ChatCompletionMessageParam] = []
        for prompt, text in settled_turns(int(query.get("history", ["0"])[0])):
            self.messages.append({"role": "user", "content": prompt})
            self.messages.append({"role": "assistant", "content": text})
        self.client = openai.AsyncOpenAI(max_retries=0)
        await self.accept()

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        if text_data != STOP:
            self.messages.append({"role": "user", "content": text_data})
            self.reply = asyncio.create_task(self.relay())
        elif self.reply is not None:
            self.reply.cancel()

    async def disconnect(self, code: int) -> None:
        if self.reply is not None:
            self.reply.cancel()
        await self.client.close()

    async def relay(self) -> None:
        """Relay one reply."""
        try:
            stream = await self.client.chat.completions.create(
                model="gpt-5.4-mini",
                messages=self.messages,
                stream=True,
                stream_options={"include_usage": True},
            )
            async with stream:
                async for chunk in stream:
                    for choice in chunk.choices:
                        if choice.delta.content:
                            await self.send(text_data=choice.delta.content)
        finally:
            await self.send(text_data=END)
