"""With `exercises=yes` a project has a course more, and nothing else; its table fits the code.

Each combination is baked with exercises, and none is a combination of its own: docs/decisions.md,
"How 18 follows".
"""

import functools
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import answers as questions
import matrix
import pytest
from conftest import Baked
from exercising import STEPS
from pytest_cookies.plugin import Cookies
from test_dependence import without_secret

NAMES = list(map(questions.name, questions.COMBINATIONS))
# What belongs to the reader of a strategy: in the text and the hints of a step, and as its tests.
# By the name of the part in templates/cancellation/.
BY_STRATEGY = {
    "exercise.md": "exercises/06-silence.md",
    "hints.txt": "exercises/steps.toml",
    "test_connections.py": "exercises/tests/test_06_connections.py",
}
# Lines that are added to other files.
ADDED = [
    (".gitignore", "/*-handout*.zip\n"),
    ("config/settings.py", '    "exercises",\n'),
    (
        "config/settings.py",
        "    # It asks for logging instead of print(). The commands of the handout print.\n"
        '    "djust.Q001",\n',
    ),
    (
        "README.md",
        "| `exercises/` | a course of ten steps through this code; begin with "
        "[its README](exercises/README.md) |\n",
    ),
]
# Names all that a step empties, and is not in the code.
MISSING = """
from exercises import course, source
for step in course.steps():
    for target in step.targets:
        try:
            source.check((course.PROJECT / target.file).read_text(encoding="utf-8"), target.name)
        except (OSError, source.SourceError) as error:
            print(f"step {step.number} ({step.title}): {target}: {error}")
"""

pytestmark = pytest.mark.xdist_group("exercises")
WithExercises = Callable[[str], Path]


@pytest.fixture(scope="module")
def with_exercises(cookies_session: Cookies) -> WithExercises:
    """Return the project of a combination's name with exercises: do not write into it."""

    @functools.cache
    def _with_exercises(name: str) -> Path:
        answers = {**questions.named(name), "exercises": "yes"}
        result = cookies_session.bake(extra_context=answers)
        assert result.exception is None, result.exception
        return Path(result.project_path)

    return _with_exercises


def own(project: Path) -> dict[str, bytes]:
    """What `exercises/` holds."""
    return {
        file: text
        for file, text in without_secret(project).items()
        if file.startswith("exercises/")
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_rest_of_the_project_is_the_same_but_for_the_lines_that_are_named(
    with_exercises: WithExercises, baked: Baked, name: str
) -> None:
    found = without_secret(with_exercises(name))
    for file in own(with_exercises(name)):
        del found[file]
    for file, line in ADDED:
        assert found[file].count(line.encode()) == 1, file
        found[file] = found[file].replace(line.encode(), b"")

    assert found == without_secret(baked(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_course_is_the_same_but_for_one_step(with_exercises: WithExercises, name: str) -> None:
    mine, first = own(with_exercises(name)), own(with_exercises(NAMES[0]))
    strategy = questions.named(name)["cancellation"]

    differs = dict.fromkeys(BY_STRATEGY.values(), b"")

    assert {**mine, **differs} == {**first, **differs}
    for part, file in BY_STRATEGY.items():
        path = questions.ROOT / "templates" / "cancellation" / strategy / part
        assert path.read_bytes() in mine[file], file


@pytest.mark.parametrize("name", list(map(questions.name, matrix.PAIRS)))
def test_each_function_of_a_step_is_in_the_code(with_exercises: WithExercises, name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-B", "-c", MISSING],
        cwd=with_exercises(name),
        capture_output=True,
        encoding="utf-8",
    )

    assert (run.stdout, run.stderr) == ("", "")


def test_the_table_its_texts_and_its_tests_belong_together(with_exercises: WithExercises) -> None:
    folder = with_exercises(NAMES[0]) / "exercises"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    texts = sorted(file.name for file in folder.glob("[0-9]*.md"))
    tests = sorted(file.name for file in (folder / "tests").glob("test_[0-9]*.py"))

    assert [step["text"] for step in STEPS] == texts
    assert [name for step in STEPS for name in step["tests"]] == tests
    for number, step in enumerate(STEPS, 1):
        title, text = step["title"], (folder / step["text"]).read_text(encoding="utf-8")
        assert f"| {number}. [{title}]({step['text']}) | {step['minutes']} |" in readme
        assert text.startswith(f"# Step {number}: {title}\n"), step["text"]
        assert len(text.splitlines()) <= 50, f"{step['text']} is more than one screen"
        assert len(step["hints"]) >= 2
        for function in step["functions"]:
            file, _, name = function.partition(": ")
            assert file in text and name.rpartition(".")[2] in text, f"{step['text']}: {function}"


def test_the_minutes_are_the_same_everywhere(with_exercises: WithExercises) -> None:
    """The table says how many they are. The texts for the student and the instructor add up."""
    readme = (with_exercises(NAMES[0]) / "exercises" / "README.md").read_text(encoding="utf-8")
    workshop = (questions.ROOT / "docs" / "workshop.md").read_text(encoding="utf-8")
    minutes = [step["minutes"] for step in STEPS]

    for number, each in enumerate(minutes, 1):
        assert re.search(rf"^\| {number}\. [^|]*\| {each} \|", workshop, re.MULTILINE), number
    assert f"Together they are\n  {sum(minutes)}." in readme
    assert f"{sum(minutes)} together" in workshop and f"are {sum(minutes)} minutes" in workshop
    assert sum(minutes[number - 1] for number in (1, 4, 5, 6)) == 70
    assert "Steps 1, 4, 5 and 6 make seventy minutes" in readme


def test_each_step_is_started_before_it_is_read(with_exercises: WithExercises) -> None:
    """What a text has the student look at is there only after `start`."""
    for number, step in enumerate(STEPS, 1):
        text = (with_exercises(NAMES[0]) / "exercises" / step["text"]).read_text(encoding="utf-8")
        assert f"## Look\n\nType `python manage.py exercise start {number}`. " in text


def test_each_file_stays_small(with_exercises: WithExercises) -> None:
    for file in (with_exercises(NAMES[0]) / "exercises").rglob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 200, file


def test_the_texts_name_no_command_that_is_not_run(with_exercises: WithExercises) -> None:
    """`tests/test_course_walk.py` runs them; `manage.py dev` is run with the other documents."""
    folder = with_exercises(NAMES[0]) / "exercises"
    lines = {
        line
        for file in folder.glob("*.md")
        for block in re.findall(r"^```\n(.*?)^```", file.read_text(encoding="utf-8"), re.M | re.S)
        for line in block.splitlines()
    }
    demos = {file.stem.removeprefix("step_") for file in (folder / "tutorial").glob("step_*.py")}

    assert lines == {
        "python manage.py dev",
        "python manage.py exercise start 1",
        "source .venv/bin/activate",
        *(f"python -m exercises.tutorial {number}" for number in demos),
    }
