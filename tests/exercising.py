"""Bakes projects with exercises, and types `manage.py exercise` in them."""

import functools
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import answers as questions
import baking
import checks
import matrix
import pytest
import virtualenvs

# Seconds that a test of a step waits for what is to happen at once.
WAIT_SECONDS = 300
LEFT = re.compile(r"\(\d+ more will be run once this one is green\)")
RED = re.compile(r"^  red    (.*)\n((?:         .*\n)*)", re.MULTILINE)
TABLE = questions.ROOT / "{{cookiecutter.project_slug}}" / "exercises" / "steps.toml"
STEPS = tomllib.loads(TABLE.read_text(encoding="utf-8"))["step"]
# The file of its third step.
STEP_3 = "chat/page/markdown.py"

Untouched = Callable[[str], checks.Checkout]
PAIRS = list(map(questions.name, matrix.PAIRS))
FURTHER_PAIRS = list(map(questions.name, matrix.FURTHER_PAIRS))
# The tests that write into a course of the default answers.
default_pair = pytest.mark.xdist_group(f"course-{PAIRS[0]}")


@dataclass(frozen=True)
class Said:
    """What a command has printed, on standard output and error, and how it ended."""

    code: int
    text: str
    seconds: float

    @property
    def why(self) -> str:
        """Why the first red test of a `check` is red: a line, or several."""
        found = RED.search(self.text)
        assert found, self.text
        lines = [line.strip() for line in found[2].splitlines()]
        return "\n".join(line for line in lines if not LEFT.fullmatch(line))


def exercise(course: checks.Checkout, *arguments: str, wait: int = WAIT_SECONDS) -> Said:
    """Type `python manage.py exercise` with `arguments`. Tests wait for `wait` seconds at most."""
    began = time.monotonic()
    run = subprocess.run(
        [course.python, "manage.py", "exercise", *arguments],
        cwd=course.project,
        env={**course.environ(), "TEST_WAIT_SECONDS": str(wait)},
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


def edit(course: checks.Checkout, file: str, old: str, new: str) -> None:
    """Change a file as a student does."""
    path = course.project / file
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


def empty_one(course: checks.Checkout, function: str) -> None:
    """Empty a function, without telling the course."""
    file, _, name = function.partition(": ")
    code = "import sys\nfrom pathlib import Path\nfrom exercises import source\n"
    code += "path = Path(sys.argv[1])\n"
    code += "path.write_bytes(source.empty(path.read_bytes().decode(), sys.argv[2]).encode())"
    course.output("-c", code, file, name)


def grouped(names: list[str]) -> list[object]:
    """Parameters of which one process runs all of a combination; --quick leaves some out."""
    return [
        pytest.param(
            name,
            id=name,
            marks=[
                pytest.mark.xdist_group(f"course-{name}"),
                *([pytest.mark.pair_tests] if name in FURTHER_PAIRS else []),
            ],
        )
        for name in names
    ]


def copy_of(course: checks.Checkout, folder: Path) -> checks.Checkout:
    """A copy of a project in `folder`, to write into."""
    return replace(course, project=shutil.copytree(course.project, folder / "my-chat"))


@pytest.fixture(scope="session")
def untouched_course(tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    """Bake a combination with exercises, once for each name, and install what it needs."""

    @functools.cache
    def _untouched(name: str) -> checks.Checkout:
        answers = {**questions.named(name), "exercises": "yes"}
        project = baking.bake(tmp_path_factory.mktemp("course"), answers)
        sdk = answers["provider_sdk"]
        cache = virtualenvs.SCRATCH / f"mypy-{sdk}"
        return checks.install(project, sdk, mypy_cache=cache, processes=matrix.INNER_PROCESSES)

    return _untouched


@pytest.fixture
def course(
    untouched_course: Untouched, tmp_path: Path, request: pytest.FixtureRequest
) -> checks.Checkout:
    """A project to write into: of the parameter `name`, or of the default answers."""
    has_name = "name" in request.fixturenames
    name = request.node.callspec.params["name"] if has_name else PAIRS[0]
    return copy_of(untouched_course(name), tmp_path)
