"""Find the browser on this machine that the browser tests of projects use."""

import os
import shutil
from pathlib import Path

# The first one draws no window, and takes half the time of the others.
COMMANDS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
MACOS_APPS = ("Google Chrome", "Chromium")
WINDOWS_PROGRAMS = (r"Google\Chrome\Application\chrome.exe", r"Chromium\Application\chrome.exe")
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")


def find() -> Path | None:
    """Return the program in the variable CHROMIUM, else an installed Chromium or Chrome, else None.

    Raises FileNotFoundError when CHROMIUM is set and there is no such file.
    """
    if named := os.environ.get("CHROMIUM"):
        if not Path(named).is_file():
            raise FileNotFoundError(f"CHROMIUM is {named}, and there is no such file.")
        return Path(named)
    on_path = [Path(found) for command in COMMANDS if (found := shutil.which(command))]
    apps = [Path(f"/Applications/{app}.app/Contents/MacOS/{app}") for app in MACOS_APPS]
    programs = [
        Path(folder) / program
        for variable in WINDOWS_FOLDERS
        if (folder := os.environ.get(variable))
        for program in WINDOWS_PROGRAMS
    ]
    return next((path for path in on_path + apps + programs if path.is_file()), None)
