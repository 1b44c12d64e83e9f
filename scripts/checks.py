"""The checks that every baked project must pass: the one list of them, and how each is run."""

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
# What is run in the project, by the Python that has its requirements. The quick ones come first.
CHECKS = {
    "ruff-check": ("-m", "ruff", "check", "--no-cache"),
    "ruff-format": ("-m", "ruff", "format", "--check", "--diff", "--no-cache"),
    "system-checks": ("manage.py", "check", "--fail-level", "WARNING"),
    "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
    "mypy": ("-m", "mypy", "."),
    OWN_TESTS: ("-m", "pytest", "-rs", "--color=no"),
}
MINUTES = 40  # Within which a check ends, on a busy machine too.

# Variables that would make a developer's machine differ from a new one.
HIDDEN = ("CHAT_", "DJANGO_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "PYTEST_")
HIDDEN_NAMES = {
    "DATABASE_URL",
    "REDIS_URL",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
}


class CheckFailed(Exception):
    """A check did not pass; its text is the command, and all that it said."""


@dataclass(frozen=True)
class Checkout:
    """A baked project with its requirements installed.

    `chromium` is the browser that its tests drive; None is the one that Playwright installed.
    `mypy_cache` is a folder that projects with the same requirements share; None is a folder of the
    project's own. `processes` is how many of pytest-xdist its own tests take where they ask for
    as many as the machine has; None leaves it to them.
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
        """Wait for those that use mypy's shared cache: it is for one process at a time."""
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
            # POSIX gives bytes here whatever was asked for, and Windows text.
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
    """Install what the baked `project` needs to be checked, a browser included if there is none.

    Raises subprocess.CalledProcessError when an installation fails, after its own message, and
    FileNotFoundError when the variable CHROMIUM names no file.
    """
    chromium = browser.find()
    python = virtualenvs.project_python(project, provider_sdk)
    if not chromium:
        subprocess.run([python, "-m", "playwright", "install", "chromium"], check=True)
    return Checkout(project, python, chromium, mypy_cache, processes)


def skipped_tests(report: Path) -> int:
    """Return how many tests were skipped, or failed as expected, by a report that pytest wrote."""
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    return sum(int(suite.attrib["skipped"]) for suite in suites)
