"""Runs the tests of a step, and says of each in a sentence what came of it."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from exercises import course, keeping, source
from exercises.course import Step
from exercises.keeping import KeepingError

# Seconds that a test waits for what is to happen at once. Short: most tests that fail wait for it.
WAIT_SECONDS = "5"
# Seconds for all tests of a step. They take some ten; a lock that is taken twice takes for ever.
LIMIT_SECONDS = 120


@dataclass(frozen=True)
class Result:
    """A test that was run. `why` is empty if it passed."""

    sentence: str
    why: str


@dataclass(frozen=True)
class Results:
    """The tests of a step up to the first that failed."""

    results: list[Result]
    left: int
    """How many were not run."""

    @property
    def are_green(self) -> bool:
        return not self.left and all(not result.why for result in self.results)


def check(step: Step) -> Results:
    """Run the tests of `step` up to the first that fails.

    Raises KeepingError if they cannot be run (the step's code is not there, or no pytest), do not
    end within LIMIT_SECONDS, or are interrupted by Ctrl-C.
    """
    for target in step.targets:
        try:
            source.check(keeping.read(target.file), target.name)
        except source.SourceError as error:
            raise KeepingError(f"{target.file}: {error} The tests need {target.name}.") from error
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        arguments = ["-x", "-n", "0", "-p", "exercises.reporting", "-p", "no:cacheprovider"]
        # manage.py has named other settings in the environment.
        arguments += ["--ds=tests.settings", *step.tests]
        output = _run(arguments, report)
        if not report.exists():
            said = "\n".join(output.strip().splitlines()[-5:])
            raise KeepingError(
                f"The tests could not be run. They need requirements-dev.txt. pytest said:\n{said}"
            )
        found = json.loads(report.read_text(encoding="utf-8"))
    return Results([Result(**each) for each in found["results"]], found["left"])


def _run(arguments: list[str], report: Path) -> str:
    """What pytest prints. Raises KeepingError if it does not end; it is killed then."""
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=course.PROJECT,
            env={"TEST_WAIT_SECONDS": WAIT_SECONDS, **os.environ, "EXERCISE_REPORT": str(report)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise KeepingError(
            f"The tests did not end within {LIMIT_SECONDS} s, and were killed. Your code waits for "
            "what cannot happen: does it take a lock that it holds already?"
        ) from error
    except KeyboardInterrupt as error:
        raise KeepingError("You have interrupted the tests. Nothing was changed.") from error
    return run.stdout
