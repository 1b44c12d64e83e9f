"""Bake projects for the tests, strictly: an answer that cookiecutter would ignore is an error."""

from collections.abc import Callable, Iterator
from pathlib import Path

import answers as questions
import pytest
from pytest_cookies.plugin import Cookies

Bake = Callable[..., Path]
Refuse = Callable[..., str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-combination",
        action="store_true",
        help="run the own tests of every combination, not of each provider SDK and strategy with "
        "one styling and of each styling with one of those",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out own tests that could fail only where others do: stylings differ in no Python."""
    if config.getoption("--every-combination"):
        return
    plain = {"styling": questions.CHOICES["styling"][0]}
    first = {key: questions.CHOICES[key][0] for key in ("provider_sdk", "cancellation")}

    def is_needed(item: pytest.Item) -> bool:
        if not isinstance(item, pytest.Function) or not item.name.startswith("test_its_own_tests"):
            return True
        combination = item.callspec.params["combination"]
        assert isinstance(combination, dict)
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
    params=questions.COMBINATIONS,
    ids=[questions.name(combination) for combination in questions.COMBINATIONS],
)
def combination(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each combination of the answers that are choices, in turn."""
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
