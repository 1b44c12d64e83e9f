"""The list of checks that every baked project must pass, and how each is run."""

import os
import subprocess
import tempfile
import warnings
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
# Arguments for pytest: only what has failed, one after another.
AGAIN = ("-n", "0", "--last-failed", "--last-failed-no-failures=none")
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

        Raises CheckFailed unless it passes.
        """
        with self.turn(check):
            if check == OWN_TESTS:
                self.test(*further)
            else:
                self.output(*CHECKS[check], *further)

    def test(self, *arguments: str) -> None:
        """Run its own tests, or those that `arguments` name. What fails runs once more, alone.

        A warning tells what passed only then, with the whole output of the first run: such a test
        has a race, or the project has one. Raises CheckFailed unless all pass, with none skipped.
        """
        with tempfile.TemporaryDirectory() as folder:
            reports = Path(folder)
            command = [*CHECKS[OWN_TESTS], f"--junitxml={reports / 'first.xml'}", *arguments]
            try:
                output = self.output(*command)
            except CheckFailed as first:
                output = self.output(
                    *CHECKS[OWN_TESTS], f"--junitxml={reports / 'again.xml'}", *AGAIN
                )
                warnings.warn(f"tests passed only when they ran again\n{first}", stacklevel=2)
            if skipped := sum(map(skipped_tests, reports.iterdir())):
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
