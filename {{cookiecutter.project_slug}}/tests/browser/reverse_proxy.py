"""A proxy in front of the chat, as nginx is one: under a path, and on another port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

END = b"\r\n\r\n"


@asynccontextmanager
async def reverse_proxy(port: int, prefix: str, *, strips: bool) -> AsyncIterator[str]:
    """Serve the server at `port` under `prefix`, and nothing else; yield the address of the page.

    Where it `strips`, the server does not see the prefix. It drops the port from Host.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(END)).decode()
            method, path, rest = head.split(" ", 2)
            if not path.startswith(prefix):
                writer.write(
                    b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0" + END
                )
                return
            path = path.removeprefix(prefix.rstrip("/")) if strips else path
            rest = rest.replace(f":{own_port}\r\nConnection", "\r\nConnection", 1)
            if "Upgrade: websocket" not in rest:
                rest = rest.replace("keep-alive", "close", 1)
            upstream = await asyncio.open_connection("127.0.0.1", port)
            upstream[1].write(f"{method} {path} {rest}".encode())
            await asyncio.gather(copy(reader, upstream[1]), copy(upstream[0], writer))
        finally:
            writer.close()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # The other side has gone: what it does not read is nobody's.
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    own_port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{own_port}{prefix}"
    finally:
        server.close()
