"""Bake projects for the tests, strictly: an answer that cookiecutter would ignore is an error."""

from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path

import answers as questions
import checks
import pytest
from pytest_cookies.plugin import Cookies

Bake = Callable[..., Path]
Refuse = Callable[..., str]

# Neighbours differ in the SDK, so that two processes install two at once.
IN_TURNS = sorted(questions.COMBINATIONS, key=itemgetter("cancellation", "styling"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="run the own tests of projects only for each provider SDK and strategy with one "
        "styling, and for each styling with one of those",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out own tests that will hardly fail alone: stylings differ in no Python."""
    if not config.getoption("--quick"):
        return
    plain = {"styling": questions.CHOICES["styling"][0]}
    first = {key: questions.CHOICES[key][0] for key in ("provider_sdk", "cancellation")}

    def is_needed(item: pytest.Item) -> bool:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if parameters.get("check") != checks.OWN_TESTS:
            return True
        combination: dict[str, str] = parameters["combination"]
        return plain.items() <= combination.items() or first.items() <= combination.items()

    left_out = [item for item in items if not is_needed(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if is_needed(item)]


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
        for combination in IN_TURNS
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
