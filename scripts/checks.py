"""The list of checks that every baked project must pass, and how each is run."""

import os
import subprocess
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import browser
import virtualenvs

OWN_TESTS = "own-tests"
# Arguments for the Python that has the project's requirements. The quick checks come first.
CHECKS = {
    "ruff-check": ("-m", "ruff", "check", "--no-cache"),
    "ruff-format": ("-m", "ruff", "format", "--check", "--diff", "--no-cache"),
    "system-checks": ("manage.py", "check", "--fail-level", "WARNING"),
    "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
    "mypy": ("-m", "mypy", "."),
    OWN_TESTS: ("-m", "pytest", "-rs", "--color=no"),
}
MINUTES = 40  # The time limit of one check, generous enough for a busy machine.

# Variables that are hidden from checks, so that a developer's machine is like a new one.
HIDDEN = ("CHAT_", "DJANGO_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "PYTEST_")
HIDDEN_NAMES = {
    "DATABASE_URL",
    "REDIS_URL",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
}


class CheckFailed(Exception):
    """A check did not pass. Its text is the command and its whole output."""


@dataclass(frozen=True)
class Checkout:
    """A baked project with its requirements installed.

    `chromium` is the browser that its tests use; None means the one that Playwright installed.
    `mypy_cache` is a folder that projects with the same requirements share; None means a folder in
    the project. `processes` is the number of pytest-xdist processes that its own tests start under
    `-n auto` (0: none, they run in pytest itself); None lets pytest-xdist count the processors.
    """

    project: Path
    python: Path
    chromium: Path | None = None
    mypy_cache: Path | None = None
    processes: int | None = None

    def run(self, check: str, *further: str) -> None:
        """Run one of `CHECKS`, with `further` arguments.

        Raises CheckFailed unless it passes, with no test skipped.
        """
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            arguments = [*CHECKS[check], *further]
            if check == OWN_TESTS:
                arguments.append(f"--junitxml={report}")
            with self.turn(check):
                output = self.output(*arguments)
            if check == OWN_TESTS and (skipped := skipped_tests(report)):
                raise CheckFailed(f"{skipped} of its tests were skipped\n{output}")

    def turn(self, check: str) -> AbstractContextManager[None]:
        """Wait until no other process uses mypy's shared cache."""
        if check == "mypy" and self.mypy_cache:
            return virtualenvs.alone(self.mypy_cache.name)
        return nullcontext()

    def output(self, *arguments: str) -> str:
        """Run `python arguments` in the project, and return its output.

        Raises CheckFailed unless it succeeds in time.
        """
        command = f"python {' '.join(arguments)}"
        try:
            run = subprocess.run(
                [self.python, *arguments],
                cwd=self.project,
                env=self.environ(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=MINUTES * 60,
            )
        except subprocess.TimeoutExpired as error:
            # On POSIX this is bytes even with an encoding; on Windows it is text.
            output = error.output or ""
            if isinstance(output, bytes):
                output = output.decode("utf-8", "replace")
            raise CheckFailed(f"{command}\n{output}\nnot done after {MINUTES} minutes") from error
        if run.returncode:
            raise CheckFailed(f"{command}\n{run.stdout}")
        return run.stdout

    def environ(self) -> dict[str, str]:
        """Return the environment of its commands: that of a machine without keys or settings."""
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(HIDDEN) and name not in HIDDEN_NAMES
        }
        if self.chromium:
            environ["CHROMIUM"] = str(self.chromium)
        if self.mypy_cache:
            environ["MYPY_CACHE_DIR"] = str(self.mypy_cache)
        if self.processes is not None:
            environ["PYTEST_XDIST_AUTO_NUM_WORKERS"] = str(self.processes)
        return environ


def install(
    project: Path,
    provider_sdk: str,
    mypy_cache: Path | None = None,
    processes: int | None = None,
) -> Checkout:
    """Install what the checks of the baked `project` need: also a browser, if there is none.

    Raises subprocess.CalledProcessError when an installation fails, after its own message, and
    FileNotFoundError when the variable CHROMIUM names no file.
    """
    chromium = browser.find()
    python = virtualenvs.project_python(project, provider_sdk)
    if not chromium:
        subprocess.run([python, "-m", "playwright", "install", "chromium"], check=True)
    return Checkout(project, python, chromium, mypy_cache, processes)


def skipped_tests(report: Path) -> int:
    """Return how many tests were skipped or failed as expected, from pytest's XML report."""
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    return sum(int(suite.attrib["skipped"]) for suite in suites)
