"""What a person would check in a new project, in as many combinations as tests/matrix.py says."""

import functools
import shutil
import subprocess
from collections.abc import Callable

import answers as questions
import checks
import matrix
import pytest
import virtualenvs
from conftest import Baked

CheckOut = Callable[[str], checks.Checkout]


@pytest.fixture(scope="session")
def check_out(baked: Baked, tmp_path_factory: pytest.TempPathFactory) -> CheckOut:
    """Copy the project of a combination's name, and install what it needs, once for each name."""

    @functools.cache
    def _check_out(name: str) -> checks.Checkout:
        sdk = questions.named(name)["provider_sdk"]
        # Tools write into it.
        copy = shutil.copytree(baked(name), tmp_path_factory.mktemp("checkout") / "my-chat")
        # What mypy knows of Django serves all projects of one environment.
        cache = virtualenvs.SCRATCH / f"mypy-{sdk}"
        return checks.install(copy, sdk, mypy_cache=cache, processes=matrix.INNER_PROCESSES)

    return _check_out


def marks(name: str, check: str = "") -> list[pytest.MarkDecorator]:
    """Return the mark that lets one process run all of a combination, and that of `--quick`."""
    pair_tests = [pytest.mark.pair_tests] if check == matrix.PAIR_TESTS else []
    return [pytest.mark.xdist_group(name), *pair_tests]


@pytest.mark.parametrize(
    ("name", "check"),
    [
        pytest.param(name, check, id=f"{name}-{check}", marks=marks(name, check))
        for combination, check in matrix.RUNS
        for name in [questions.name(combination)]
    ],
)
def test_it_passes(check_out: CheckOut, name: str, check: str) -> None:
    checkout = check_out(name)
    if check == matrix.PAIR_TESTS:
        checkout.run(checks.OWN_TESTS, *matrix.pair_tests(checkout.project))
    else:
        checkout.run(check)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, id=name, marks=marks(name))
        for name in map(questions.name, matrix.IN_ORDER)
    ],
)
def test_git_ignores_secrets_and_data(check_out: CheckOut, name: str) -> None:
    git = ["git", "-c", "core.excludesFile=", "-C", str(check_out(name).project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    ignored = [".env", "db.sqlite3", "db.sqlite3-wal", ".venv/x", "chat/__pycache__/x.pyc"]

    run = subprocess.run([*git, "check-ignore", *ignored], capture_output=True, encoding="utf-8")

    assert run.stdout.splitlines() == ignored
