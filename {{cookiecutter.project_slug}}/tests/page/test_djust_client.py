"""Of our scripts only djust_client.js uses djust's client, and what it uses is still there."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

# Each name of djust's that djust_client.js uses, with the statements of djust's client, as it is
# served, that give the name its meaning.
STATEMENTS = {
    "handleEvent": ["window.djust.handleEvent="],
    "liveViewInstance": ["window.djust.liveViewInstance="],
    "viewMounted": ["this.viewMounted=!0", "this.viewMounted=!1"],
    "ws": ["this.ws=new WebSocket("],
    "maxReconnectAttempts": ["this.reconnectAttempts<this.maxReconnectAttempts"],
    "maxReconnectDelayMs": [",this.maxReconnectDelayMs)"],
    "dj-connected": [
        'document.body.classList.add("dj-connected")',
        'document.body.classList.remove("dj-connected")',
    ],
    "dj-disconnected": [
        'document.body.classList.add("dj-disconnected")',
        'document.body.classList.remove("dj-disconnected")',
    ],
    "dj-update": ['if("ignore"===e.getAttribute("dj-update"))return;'],
    "data-djust-form-pending": [
        '.setAttribute("data-djust-form-pending",',
        '.removeAttribute("data-djust-form-pending")',
    ],
    "djust:push_event": ['window.dispatchEvent(new CustomEvent("djust:push_event",{detail:{event:'],
}
# All ways to reach djust's client: its namespace, attributes, classes, and the properties above.
# dj-click is allowed, since templates use it too.
DJUST = re.compile(
    r"\bdjust\b|\bDjust|\bdj-(?!click\b)|data-dj|\.ws\b|"
    r"handleEvent|liveViewInstance|viewMounted|maxReconnect"
)


def find(path: str) -> Path:
    found = finders.find(path)
    assert isinstance(found, str)
    return Path(found)


def code(script: Path) -> str:
    """The code of a script, without its comments."""
    return re.sub(r"^\s*//.*$|\s//\s.*$", "", script.read_text("utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("name", STATEMENTS)
def test_djusts_client_still_has_what_the_page_uses(name: str) -> None:
    client = find("djust/client.min.js").read_text("utf-8")
    assert [statement for statement in STATEMENTS[name] if statement not in client] == []


def test_every_name_that_the_page_uses_is_checked() -> None:
    used = code(find("chat/djust_client.js"))
    properties = re.findall(r"(?:window\.djust|transport\(\))\.(\w+)", used)
    strings = re.findall(r'"((?:data-)?dj[^"]*)"', used)
    assert {*properties, *strings} == set(STATEMENTS)


def test_no_other_script_uses_djusts_client() -> None:
    own = find("chat/djust_client.js")
    others = [script for script in own.parent.glob("*.js") if script != own]
    assert others
    found = {script.name: DJUST.findall(code(script)) for script in others}
    assert {name: names for name, names in found.items() if names} == {}
