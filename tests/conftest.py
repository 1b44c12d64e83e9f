"""Bake projects for the tests, strictly: an answer that cookiecutter would ignore is an error."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import answers as questions
import matrix
import pytest
from deploying import deployed as deployed
from exercising import course as course
from exercising import untouched_course as untouched_course
from pytest_cookies.plugin import Cookies

Bake = Callable[..., Path]
Baked = Callable[[str], Path]
Refuse = Callable[..., str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="run the own tests only of as few projects as have every answer",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, where it shall be quick, the own tests of further pairs."""
    if config.getoption("--quick"):
        left_out = [item for item in items if item.get_closest_marker("pair_tests")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


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
        for combination in matrix.IN_ORDER
        for name in [questions.name(combination)]
    ],
)
def combination(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each combination of the answers that are choices; one process runs all tests of one."""
    chosen: dict[str, str] = request.param
    return chosen


@pytest.fixture(scope="session")
def baked(cookies_session: Cookies) -> Baked:
    """Return the project of a combination's name, baked once in a session: do not write into it."""

    @functools.cache
    def _baked(name: str) -> Path:
        result = cookies_session.bake(extra_context=questions.named(name))
        assert result.exception is None, result.exception
        return Path(result.project_path)

    return _baked


@pytest.fixture(scope="session")
def project(baked: Baked, combination: dict[str, str]) -> Path:
    """The folder of the project of a `combination`: do not write into it."""
    return baked(questions.name(combination))


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
