"""Bake projects for the tests, strictly: an answer that cookiecutter would ignore is an error."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import answers as questions
import checks
import pytest
from pytest_cookies.plugin import Cookies

Bake = Callable[..., Path]
Refuse = Callable[..., str]

BEGAN = pytest.StashKey[float]()
LONGEST = pytest.StashKey[float]()  # Seconds that the own tests of a combination took here so far.
IN_ORDER = questions.most_telling_first()
# The first of them, which have every answer.
CORE = IN_ORDER[: max(map(len, questions.CHOICES.values()))]


def own_tests(item: pytest.Item) -> dict[str, str] | None:
    """Return the combination whose own tests it runs; None if it runs something else."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters["combination"] if parameters.get("check") == checks.OWN_TESTS else None


def is_further(item: pytest.Item) -> bool:
    """Return whether it runs the own tests of a combination whose answers the core has, too."""
    combination = own_tests(item)
    return combination is not None and combination not in CORE


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="run the own tests only of as few combinations as have every answer",
    )
    parser.addoption(
        "--minutes",
        type=float,
        default=math.inf,
        help="skip the own tests of further combinations that, going by those before, would take "
        "longer than until so many minutes after the start",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BEGAN] = time.monotonic()
    config.stash[LONGEST] = 0.0


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Leave the own tests of further combinations out, or to the end, where each may run alone."""
    further = [item for item in items if is_further(item)]
    if config.getoption("--quick"):
        config.hook.pytest_deselected(items=further)
        items[:] = [item for item in items if not is_further(item)]
    for item in further:
        item.add_marker(pytest.mark.xdist_group(item.name))
    # Meanwhile pytest-xdist reads the groups, and pytest puts what shares a fixture together.
    yield
    items.sort(key=is_further)


def pytest_runtest_setup(item: pytest.Item) -> None:
    minutes = item.config.getoption("--minutes")
    passed = time.monotonic() - item.config.stash[BEGAN]
    if is_further(item) and passed + item.config.stash[LONGEST] > minutes * 60:
        pytest.skip(
            f"it would have taken longer than {minutes:g} minutes: scripts/test.py -k own-tests"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    began = time.monotonic()
    yield
    if own_tests(item):
        longest = item.config.stash[LONGEST]
        item.config.stash[LONGEST] = max(longest, time.monotonic() - began)


@pytest.fixture(autouse=True, scope="session")
def _no_keys() -> Iterator[None]:
    """Hide the developer's own keys, which decide what the hook writes."""
    with pytest.MonkeyPatch.context() as patch:
        for sdk in questions.CONTEXT["_sdk"].values():
            patch.delenv(sdk["key"], raising=False)
        yield


@pytest.fixture
def bake(cookies: Cookies) -> Bake:
    """Bake with these answers, and return the project's folder."""

    def _bake(**answers: str) -> Path:
        questions.check(answers)
        result = cookies.bake(extra_context=typed(answers))
        assert result.exception is None, result.exception
        return Path(result.project_path)

    return _bake


@pytest.fixture
def refuse(cookies: Cookies, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Refuse:
    """Bake with answers that must be refused, and return the sentence that the user sees."""

    def _refuse(**answers: str) -> str:
        questions.check(answers)
        result = cookies.bake(extra_context=typed(answers))
        assert result.exception is not None, f"baked with {answers}"
        left = [path for path in tmp_path.rglob("*") if path.name not in ("cookies", "bake00")]
        assert left == [], "a refusal leaves nothing behind"
        return capfd.readouterr().err

    return _refuse


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(combination, id=name, marks=pytest.mark.xdist_group(name))
        for combination in IN_ORDER
        for name in [questions.name(combination)]
    ],
)
def combination(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each combination of the answers that are choices; one process runs all tests of one."""
    chosen: dict[str, str] = request.param
    return chosen


@pytest.fixture(scope="session")
def project(cookies_session: Cookies, combination: dict[str, str]) -> Path:
    """The folder of a project baked with `combination`, once for all tests of the session."""
    result = cookies_session.bake(extra_context=combination)
    assert result.exception is None, result.exception
    return Path(result.project_path)


def typed(answers: dict[str, str]) -> dict[str, str]:
    """Return `answers` so that they arrive as a person typed them.

    What a person types is data, but cookiecutter renders what a program passes. Choices are
    compared, not rendered.
    """
    return {
        question: answer if question in questions.CHOICES else as_jinja_literal(answer)
        for question, answer in answers.items()
    }


def as_jinja_literal(text: str) -> str:
    """Return a Jinja expression that renders to `text`."""
    escaped = text.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    return "{{ '" + escaped + "' }}"
