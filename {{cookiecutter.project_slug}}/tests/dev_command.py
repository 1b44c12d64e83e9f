"""`manage.py dev` in a copy of the project, which a test may edit."""

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from websockets.sync.client import ClientConnection, connect

from chat.provider import names
from tests.server import START_SECONDS
from tests.waiting import SOON, failure

SDK = (names.KEY_VARIABLE, names.BASE_URL_VARIABLE)
# What GET /healthz answers in the copy.
ANSWER = """

def answer():
    import os

    from chat.provider import names

    debug, base_url = map(os.environ.get, ("DJANGO_DEBUG", names.BASE_URL_VARIABLE))
    return f"first {os.getpid()} {debug} {base_url}"
"""


class DevCommand:
    """A running `manage.py dev`, whose project lies in `folder`."""

    def __init__(self, folder: Path, process: "subprocess.Popen[str]") -> None:
        self.folder = folder
        self.process = process
        self.output = ""
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        """Take each line as it is printed: a read in the test could wait for ever."""
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("")

    def until(self, text: str) -> None:
        """Read what it prints until it has printed `text`.

        Fails with the output if it ends before, or prints nothing for START_SECONDS.
        """
        line = ""
        while text not in line:
            try:
                line = self._lines.get(timeout=START_SECONDS)
            except queue.Empty:
                pytest.fail(failure(f"it prints {text!r}", self.output, START_SECONDS))
            assert line, f"{text!r} was not printed: {self.output}"
            self.output += line

    def wait(self) -> str:
        """Return all that it has printed, once it has ended: its child processes too."""
        self._reading.join(START_SECONDS)
        assert not self._reading.is_alive(), f"it has not ended: {self.output}"
        self.process.wait()
        while not self._lines.empty():
            self.output += self._lines.get()
        return self.output

    @property
    def url(self) -> str:
        """The address that it has printed."""
        found: str = re.findall(r"The chat is at (\S+)", self.output)[0]
        return found

    def get(self, path: str) -> tuple[str, str]:
        """Return the text of a page, and its cookies."""
        with urllib.request.urlopen(self.url + path, timeout=START_SECONDS) as page:
            text: str = page.read().decode()
            cookies = page.headers.get_all("Set-Cookie") or []
        return text, "; ".join(cookie.partition(";")[0] for cookie in cookies)

    def health(self) -> list[str]:
        """Return the word that tests change, the process, DJANGO_DEBUG and the base URL."""
        return self.get("healthz")[0].split()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the first `old` in a file, at once, as an editor does."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        draft = file.with_suffix(".draft")
        draft.write_text(text.replace(old, new, 1), encoding="utf-8")
        draft.replace(file)

    @contextmanager
    def page_with_reply(self, prompt: str) -> Iterator[ClientConnection]:
        """The WebSocket of a page that has sent `prompt` and received the first words."""
        html, cookies = self.get("")
        address = urlsplit(self.url).netloc
        headers = {"Cookie": cookies, "Origin": f"http://{address}"}
        conversation = re.findall(r'data-conversation="([^"]*)"', html)[0]
        shown = {"conversation": conversation, "turn": 0, "reply": 0, "status": ""}
        with connect(f"ws://{address}/ws/live/", additional_headers=headers) as page:
            page.send(
                json.dumps({"type": "mount", "view": "chat.page.chat_view.ChatView", "url": "/"})
            )
            receive(page, "dj-submit")
            for name, params in (("follow", shown), ("submit", {"prompt": prompt})):
                page.send(json.dumps({"type": "event", "event": name, "params": params}))
            receive(page, "chat:text")
            yield page


def receive(page: ClientConnection, text: str) -> None:
    """Wait until the page is sent `text`."""
    while text not in str(page.recv(timeout=SOON)):
        pass


def copy(folder: Path) -> None:
    """Copy the project into `folder`, as a fresh clone has it: without `.env`."""
    apps = [name for name in settings.INSTALLED_APPS if (settings.BASE_DIR / name).is_dir()]
    for name in [*apps, "fake_model"]:
        shutil.copytree(settings.BASE_DIR / name, folder / name)
    for name in ("manage.py", ".env.example"):
        shutil.copy(settings.BASE_DIR / name, folder)
    file = folder / "config" / "healthz.py"
    text = file.read_text(encoding="utf-8")
    assert '"ok"' in text
    file.write_text(text.replace('"ok"', "answer()") + ANSWER, encoding="utf-8")


@contextmanager
def dev(folder: Path, *options: str, **variables: str) -> Iterator[DevCommand]:
    """Run `manage.py dev` on a free port for as long as the block lasts, then kill it."""
    ours = (*(name for name in os.environ if name.startswith("DJANGO_")), *SDK)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "dev", "0", *options],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in ours} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    command = DevCommand(folder, process)
    try:
        yield command
    finally:
        process.kill()
        command.wait()
