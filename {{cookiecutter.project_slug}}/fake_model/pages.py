"""The pages for people: the live record, the record as JSON, and the words of a prompt."""

import ipaddress
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from . import dialect, http1, live, script
from .record import Record

FILES = {
    "/": "record.html",
    "/record.css": "record.css",
    "/record.js": "record.js",
    "/icon.svg": "icon.svg",
    # Browsers ask for it where a page links no icon, such as JSON.
    "/favicon.ico": "icon.svg",
}
FOLDER = Path(__file__).with_name("page")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
LIVE, RECORD, WORDS = "/live", "/record", "/words"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def has(path: str) -> bool:
    """Whether there is such a page."""
    return path in FILES or path in (LIVE, RECORD, WORDS)


async def respond(request: http1.HttpRequest, host: str, record: Record) -> AsyncIterator[bytes]:
    """The response in pieces. That of the live record goes on for ever.

    `host` is what the server was told to listen on.
    """
    if not names_this_server(request.host, host):
        text = "This server has no such name. Open it by its address, such as 127.0.0.1.\n"
        yield http1.response(421, "text/plain; charset=utf-8", text.encode(), HEADERS)
    elif request.path == LIVE:
        yield http1.stream_head()
        async for event in live.events(record):
            yield http1.chunk(event)
    elif request.path == RECORD:
        yield http1.json_response(200, record.as_json(), HEADERS)
    elif request.path == WORDS:
        yield http1.response(200, "text/plain; charset=utf-8", words().encode(), HEADERS)
    else:
        file = FOLDER / FILES[request.path]
        kind = f"{TYPES[file.suffix]}; charset=utf-8"
        yield http1.response(200, kind, file.read_bytes(), HEADERS)


def names_this_server(host_header: str, host: str) -> bool:
    """Whether a Host header holds an address, `localhost`, or the name that was given as `host`.

    Any other name may be that of a page of a stranger, who has pointed it at this machine to read
    the record (DNS rebinding). An address cannot be pointed elsewhere.
    """
    try:
        name = urlsplit(f"//{host_header}").hostname or ""
    except ValueError:
        return False
    if name in ("localhost", host.lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def words() -> str:
    """The words that a prompt may hold, and a request to try by hand."""
    path, body = dialect.example("/long 50")
    lines = "\n".join(f"  {word:<12}{line}" for word, line in script.WORDS.items())
    forms = "\n".join(f"  {line}" for line in script.FORMS)
    return (
        "This is the built-in model: it answers like the vendor's servers, without a key.\n"
        f"Words in a prompt select what it does:\n\n{lines}\n\n{forms}\n\n"
        "GET / shows the requests it received, live; GET /record lists them as JSON.\n"
        f"To try it by hand, POST this:\n\n  {path}\n  {json.dumps(body)}\n"
    )
