"""A tab of a real browser, driven by roles and names that baked projects and the floor share."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import browser
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

# djust ignores an event that is sent after the socket has opened and before the view is mounted.
TELL_MOUNTED = """
window.addEventListener("djust:push_event", ({ detail }) => {
  if (detail.event === "chat:connected") window.mounted = true;
});
"""
OBSERVE_MARKERS = """() => {
  window.seen = new Map();
  const log = document.getElementById("log");
  new MutationObserver(() => {
    const now = performance.now();
    const replies = log.querySelectorAll("article[data-role=assistant]");
    const tail = replies[replies.length - 1]?.textContent.slice(-300) ?? "";
    for (const [, number] of tail.matchAll(/q([0-9]+)q/g))
      if (!window.seen.has(number)) window.seen.set(number, now);
  }).observe(log, { subtree: true, childList: true, characterData: true });
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine. Raises FileNotFoundError if there is none."""
    executable = browser.find()
    if executable is None:
        raise FileNotFoundError("No Chromium or Chrome was found: install one, or set CHROMIUM.")
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs a user, which a container's root is not.
        launched = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def opened(launched: Browser, url: str) -> Iterator["Tab"]:
    """A tab with cookies of its own."""
    context = launched.new_context()
    try:
        tab = Tab(context.new_page())
        tab.open(url)
        yield tab
    finally:
        context.close()


class Tab:
    """One page, and the clock of its process."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._page.add_init_script(TELL_MOUNTED)
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")

    def open(self, url: str) -> None:
        """Open the page, and wait until it can ask."""
        self._page.goto(url)
        self._page.wait_for_function("() => window.mounted === true")

    def cookies(self) -> dict[str, str]:
        """The cookies of the page, by their names: they say whose conversations it shows."""
        return {each["name"]: each["value"] for each in self._page.context.cookies()}

    def main_thread_seconds(self) -> float:
        """The processor time of the page's main thread so far.

        Not `TaskDuration`, which goes on while another program has the processor.
        """
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "ThreadTime"))

    def ask(self, prompt: str) -> None:
        """Send a prompt as a person does."""
        self._page.get_by_role("textbox", name="Prompt").fill(prompt)
        self._page.get_by_role("button", name="Send").click()

    def wait_for_text(self) -> None:
        """Wait until a streaming reply shows some text."""
        streaming = "article[data-role=assistant][data-status=streaming] .text"
        self._page.locator(streaming).filter(has_text=" ").wait_for()

    def wait_for_end(self) -> None:
        """Wait until no reply streams."""
        streaming = "article[data-role=assistant][data-status=streaming]"
        self._page.locator(streaming).wait_for(state="detached")

    def stop(self) -> float:
        """Press Stop, and return the `time.monotonic()` at which it was pressed."""
        stop = self._page.get_by_role("button", name="Stop")
        pressed: float = stop.evaluate(
            "(b) => { const t = performance.now(); b.click(); return t }"
        )
        return pressed / 1000 + self._clock_offset()

    def observe_markers(self) -> None:
        """Begin to note when each marker of a reply is first in the page."""
        self._page.evaluate(OBSERVE_MARKERS)

    def markers(self) -> dict[int, float]:
        """The `time.monotonic()` at which each marker was first in the page."""
        seen: list[tuple[str, float]] = self._page.evaluate("() => [...window.seen]")
        offset = self._clock_offset()
        return {int(number): at / 1000 + offset for number, at in seen}

    def _clock_offset(self) -> float:
        """What to add to the page's `performance.now()`, in seconds.

        Both clocks are the kernel's monotonic one, with different beginnings. The offset is right
        to half of the quickest of some looks.
        """
        looks: list[tuple[float, float]] = []
        for _ in range(20):
            before = time.monotonic()
            now: float = self._page.evaluate("() => performance.now()") / 1000
            after = time.monotonic()
            looks.append((after - before, (before + after) / 2 - now))
        return min(looks)[1]
