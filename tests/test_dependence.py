"""Which answers each file of a project depends on, and that tests/matrix.py follows from it."""

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import answers as questions
import checks
import matrix
import pytest
from conftest import Bake, Baked

SDK, STRATEGY, STYLING = "provider_sdk", "cancellation", "styling"
# What depends on which answers. A file that is not here is the same in every combination.
DEPENDS = {
    (SDK,): {
        ".env",
        ".env.example",
        "chat/provider/names.py",
        "chat/provider/provider.py",
        "docs/provider.md",
        "fake_model/dialect.py",
        "pyproject.toml",
        "requirements.txt",
        "tests/provider/test_provider.py",
    },
    (STRATEGY,): {"chat/provider/reader.py"},
    (STYLING,): {
        ".gitignore",
        "chat/static/chat/bootstrap.LICENSE",
        "chat/static/chat/bootstrap.min.css",
        "chat/static/chat/chat.css",
        "chat/static/chat/theme.js",
        "chat/tailwind.css",
        "chat/templates/chat/base.html",
        "package.json",
    },
    # How the SDK's client of this strategy is opened.
    (SDK, STRATEGY): {"chat/provider/client.py"},
    # Read by people alone; tests/test_parts.py looks for its parts in every combination.
    (SDK, STRATEGY, STYLING): {"README.md"},
}
OF_STYLING = DEPENDS[STYLING,]
FOR_PEOPLE = DEPENDS[SDK, STRATEGY, STYLING]
SECRET = re.compile(rb"^DJANGO_SECRET_KEY=.+$", re.MULTILINE)

Files = dict[str, bytes]
Bakes = dict[str, Files]

pytestmark = pytest.mark.xdist_group("dependence")


@pytest.fixture(scope="module")
def bakes(baked: Baked) -> Bakes:
    """The files of every combination, by its name; without the secret, which is always another."""
    return {name: files(baked(name)) for name in map(questions.name, questions.COMBINATIONS)}


def files(folder: Path) -> Files:
    """Return all files under `folder` with what they hold, but for the secret."""
    return {
        file.relative_to(folder).as_posix(): SECRET.sub(b"", file.read_bytes())
        for file in folder.rglob("*")
        if file.is_file()
    }


def decides(question: str, file: str, bakes: Bakes) -> bool:
    """Return whether `file` differs between two combinations with other answers to it alone."""
    return any(
        bakes[questions.name(one)].get(file) != bakes[questions.name(other)].get(file)
        for one, other in combinations(questions.COMBINATIONS, 2)
        if {key for key in one if one[key] != other[key]} == {question}
    )


def test_each_file_depends_on_the_answers_that_are_listed_above(bakes: Bakes) -> None:
    found: dict[tuple[str, ...], set[str]] = {}
    for file in set().union(*bakes.values()):
        depends = tuple(
            question for question in questions.CHOICES if decides(question, file, bakes)
        )
        found.setdefault(depends, set()).add(file)

    found.pop(())
    assert found == DEPENDS


@pytest.mark.parametrize("name", map(questions.name, matrix.CORE))
def test_a_second_bake_has_another_secret_and_else_the_same_bytes(
    bake: Bake, baked: Baked, bakes: Bakes, name: str
) -> None:
    again = bake(**questions.named(name))

    assert (again / ".env").read_bytes() != (baked(name) / ".env").read_bytes()
    assert files(again) == bakes[name]


def python_and_its_settings(file: str) -> bool:
    """What mypy and `makemigrations` read: they import the project."""
    return file.endswith(".py") or file in ("pyproject.toml", ".env")


def all_but_the_styling(file: str) -> bool:
    """What own tests read without a browser, but for the `<head>` of the page."""
    return file not in OF_STYLING | FOR_PEOPLE


def the_styling(file: str) -> bool:
    """What decides how the page looks, and is not the same everywhere."""
    return file in OF_STYLING


@pytest.mark.parametrize(
    ("ran", "reads"),
    [
        ("mypy", python_and_its_settings),
        ("migrations", python_and_its_settings),
        ("own-tests or pair-tests", all_but_the_styling),
        (checks.OWN_TESTS, the_styling),
    ],
)
def test_what_a_check_reads_of_any_combination_it_has_read_in_one_that_is_run(
    bakes: Bakes, ran: str, reads: Callable[[str], bool]
) -> None:
    run = [questions.name(each) for check in ran.split(" or ") for each in matrix.WHERE[check]]
    read = {
        name: {file: content for file, content in files.items() if reads(file)}
        for name, files in bakes.items()
    }

    for name in bakes:
        assert any(read[name] == read[other] for other in run), name


def test_what_is_not_in_another_test_runs_everywhere() -> None:
    fewer = {check for check, where in matrix.WHERE.items() if where != questions.COMBINATIONS}

    assert fewer == {"mypy", "migrations", checks.OWN_TESTS, matrix.PAIR_TESTS}
    assert matrix.WHERE.keys() - {matrix.PAIR_TESTS} == checks.CHECKS.keys()
