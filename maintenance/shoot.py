"""Take the screenshots of one styling: run by screenshots.py in a project, with its Python.

python shoot.py FOLDER [STATE ...]
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import _scripts  # noqa: F401
import answers as questions
import browser
from page_states import OF_THE_LIST, STATES, WHOLE, WITH_A_CHOICE, WITH_A_KEY
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from ports import free_port

# Width and height in CSS pixels; 640 x 400 is the desktop at 200 % zoom. Those with a mouse come
# first: after a touch Chromium believes that there is none any more.
SIZES = {
    "desktop": (1280, 800),
    "zoomed": (640, 400),
    "phone": (390, 844),
    "small-phone": (320, 568),
}
SCHEMES = ("light", "dark")
# What the button Conversations does where the list is a drawer.
OPEN = "isOpen => document.documentElement.toggleAttribute('data-list-open', isOpen)"
# Without a screen Chromium believes that there is no mouse.
MOUSE = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
START_SECONDS = 30
SDK = questions.CONTEXT["_sdk"][questions.combination({})["provider_sdk"]]


class Dev:
    """`manage.py dev` on a port and a database of its own, for as long as its `with` lasts."""

    def __init__(self, database: str, **variables: str) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/"
        ours = {SDK["key"]: "", SDK["base_url"]: "", "DATABASE_URL": f"sqlite:///{database}"}
        self._environment = {**os.environ, **ours, **variables}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Return once it answers. Raises TimeoutError."""
        command = [sys.executable, "manage.py", "dev", "--noreload", str(self._port)]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url + "healthz", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        self.kill()
        raise TimeoutError("the server does not answer")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()


def main(folder: Path, chosen: list[str]) -> None:
    """Take the screenshots of the chosen states, of all if none is chosen."""
    if unknown := set(chosen) - set(STATES):
        sys.exit(f"no such state: {', '.join(sorted(unknown))}; there are: {', '.join(STATES)}")
    folder.mkdir(parents=True, exist_ok=True)
    dev = Dev("dev.sqlite3")
    with_a_key = Dev("key.sqlite3", **{SDK["key"]: "not-asked"})
    with_a_choice = Dev(
        "choice.sqlite3", CHAT_MODELS="gpt-4.1-mini,gpt-4.1", CHAT_CACHE_SECONDS="600"
    )
    servers = dict.fromkeys(WITH_A_KEY, with_a_key) | dict.fromkeys(WITH_A_CHOICE, with_a_choice)
    with dev, with_a_key, with_a_choice, launched() as chromium:
        for state in chosen or STATES:
            with opened(chromium, servers.get(state, dev)) as page:
                STATES[state](page)
                if state == "interrupted":
                    dev.kill()
                    dev.start()
                    expect(page.locator('[data-status="interrupted"]')).to_be_attached()
                shoot(page, folder, state)


@contextmanager
def launched() -> Iterator[Browser]:
    """The Chromium of this machine, or Playwright's own."""
    arguments = [f"--blink-settings={MOUSE}"]
    # Chromium's sandbox refuses to work for root.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=arguments)
        yield chromium
        chromium.close()


@contextmanager
def opened(chromium: Browser, dev: Dev) -> Iterator[Page]:
    """The page in a new session."""
    expect.set_options(timeout=START_SECONDS * 1000)
    width, height = SIZES["desktop"]
    # No colour is half-way between light and dark.
    context = chromium.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(dev.url)
    expect(page.locator("body.dj-connected")).to_be_attached()
    yield page
    context.close()


def shoot(page: Page, folder: Path, state: str) -> None:
    """Take the page as it is in each size and scheme."""
    devtools = page.context.new_cdp_session(page)
    focused = page.evaluate_handle("document.activeElement")
    for width, height in SIZES.values():  # Each loads the icons that only it shows.
        page.set_viewport_size({"width": width, "height": height})
    for size, (width, height) in SIZES.items():
        if "phone" in size:
            devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        viewport = ViewportSize(width=width, height=height)
        page.set_viewport_size(viewport)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(OPEN, state in OF_THE_LIST and size != "desktop")
            focused.evaluate("it => it.focus()")  # A closed drawer has taken it.
            page.screenshot(path=folder / f"{state}-{size}-{scheme}.png", animations="disabled")
            if state in WHOLE and size != "zoomed":
                shoot_whole(page, viewport, folder / f"{state}-{size}-whole-{scheme}.png")


def shoot_whole(page: Page, viewport: ViewportSize, file: Path) -> None:
    """Take the page in a window that is high enough for all of the conversation."""
    hidden = page.locator(".scroller").evaluate("it => it.scrollHeight - it.clientHeight")
    page.set_viewport_size({"width": viewport["width"], "height": viewport["height"] + hidden})
    page.screenshot(path=file, animations="disabled")
    page.set_viewport_size(viewport)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
