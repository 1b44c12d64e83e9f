"""CHAT_PATH_PREFIX: the chat under a path of its host, such as /chat/, beside other sites."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from config import env

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

# Addresses of the chat begin so. Behind a proxy that strips the prefix, /new/ would otherwise be
# both the new chat and the prefix itself.
TAKEN = (
    "accounts",
    "admin",
    "c",
    "export",  # export
    "favicon.ico",
    "healthz",
    "new",
    "readyz",
    "static",
    "ws",
)


def read(name: str) -> str:
    """Return the prefix as `/chat`, or "" if there is none.

    Raises `SystemExit` for what is no path, or for one that begins as an address of the chat.
    """
    value = env.text(name).strip("/")
    if not re.fullmatch(r"([\w.~-]+(/[\w.~-]+)*)?", value, re.ASCII) or {".", ".."} & {
        *value.split("/")
    }:
        raise SystemExit(f"{name}={env.text(name)!r} is not understood. Use a path such as /chat/.")
    if value.split("/")[0] in TAKEN:
        raise SystemExit(
            f"{name}={env.text(name)!r} cannot be used: addresses of the chat itself begin so. Use "
            f"a path that begins with none of: {', '.join(TAKEN)}."
        )
    return f"/{value}" if value else ""


def with_prefix(application: Application, prefix: str) -> Application:
    """`application`, with the prefix added to a path that lacks it: some proxies strip it."""

    async def prefixed(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if "path" in scope:
            path = scope["path"]
            if not f"{path}/".startswith(f"{prefix}/"):
                path = prefix + path
            # The URLs of Django contain the prefix. A `root_path` would be taken off them again.
            scope = {**scope, "path": path, "root_path": ""}
        await application(scope, receive, send)

    return prefixed if prefix else application
