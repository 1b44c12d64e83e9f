"""Bakes projects with exercises, and types `manage.py exercise` in them."""

import re
import subprocess
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import answers as questions
import checks

# Seconds that a test of a step waits for what is to happen at once.
WAIT_SECONDS = 300
RED = re.compile(r"^  red    (.*)\n         (.*)$", re.MULTILINE)
TABLE = questions.ROOT / "{{cookiecutter.project_slug}}" / "exercises" / "steps.toml"
STEPS = tomllib.loads(TABLE.read_text(encoding="utf-8"))["step"]


@dataclass(frozen=True)
class Said:
    """What a command has printed, on standard output and error, and how it ended."""

    code: int
    text: str
    seconds: float

    @property
    def why(self) -> str:
        """Why the first red test of a `check` is red."""
        found = RED.search(self.text)
        assert found, self.text
        return found[2]


def exercise(checkout: checks.Checkout, *arguments: str, wait: int = WAIT_SECONDS) -> Said:
    """Type `python manage.py exercise` with `arguments`. Tests wait for `wait` seconds at most."""
    began = time.monotonic()
    run = subprocess.run(
        [checkout.python, "manage.py", "exercise", *arguments],
        cwd=checkout.project,
        env={**checkout.environ(), "TEST_WAIT_SECONDS": str(wait)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=checks.MINUTES * 60,
    )
    assert "Traceback" not in run.stdout, run.stdout
    return Said(run.returncode, run.stdout, time.monotonic() - began)


def files(project: Path) -> dict[str, bytes]:
    """What exercises change: the files of the table, with what they hold."""
    names = {function.split(": ")[0] for step in STEPS for function in step["functions"]}
    return {name: (project / name).read_bytes() for name in sorted(names)}
