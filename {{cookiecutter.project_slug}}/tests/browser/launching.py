"""Finds and starts the browser of the tests."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Playwright

# The first is Chromium without a window to draw, and takes half the time of the others.
COMMANDS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
MISSING = (
    "The browser tests need Chromium or Chrome: install one, name its program in CHROMIUM, "
    "or run: python -m playwright install chromium"
)


async def launch(playwright: Playwright) -> Browser:
    """An installed Chromium or Chrome, or Playwright's own; without one the tests are skipped.

    They fail instead where `CI` is set. `TEST_BROWSER` names another browser that Playwright has
    installed: `firefox` or `webkit`.
    """
    if (other := os.environ.get("TEST_BROWSER", "chromium")) != "chromium":
        return await {"firefox": playwright.firefox, "webkit": playwright.webkit}[other].launch()
    found = (shutil.which(command) for command in COMMANDS)
    program = os.environ.get("CHROMIUM") or next(filter(None, found), None)
    # A second tab does not start another process to draw in.
    arguments = ["--process-per-site"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # the sandbox refuses to work for root
    try:
        if program:
            return await playwright.chromium.launch(executable_path=Path(program), args=arguments)
        try:
            return await playwright.chromium.launch(channel="chrome", args=arguments)
        except Error:
            return await playwright.chromium.launch(args=arguments)
    except Error as error:
        if os.environ.get("CI"):
            pytest.fail(f"{MISSING}\n{error}")
        pytest.skip(MISSING)
