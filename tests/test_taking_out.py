"""An extra can be taken out as its document says: the rest of the project passes its tests.

Which tests run without which extra, and why these: docs/decisions.md, "Taking out".
"""

from pathlib import Path

import answers as questions
import baking
import checks
import pytest
from taking_out import take_out

SDK = questions.CHOICES["provider_sdk"][0]
# For each test, the extras that are taken out: by name, document and heading.
LIMITS = ("limits", "docs/usage.md", "Take the limits out")
EXTRAS: dict[str, list[tuple[str, ...]]] = {
    "tools": [("tools", "docs/tools.md")],
    "models": [("models", "docs/models.md")],
    "cache": [("cache", "docs/cache.md")],
    "conversations": [("conversations", "docs/conversations.md")],
    "export": [("export", "docs/export.md")],
    "bus": [("bus", "docs/redis.md")],
    "versions": [("versions", "docs/versions.md")],
    "metrics": [("metrics", "docs/monitoring.md", "Take the metrics out")],
    "limits": [LIMITS],
    "usage": [LIMITS, ("usage", "docs/usage.md", "Take usage out")],
}
# Usage is taken out with the limits.
ALL = [extra for name, extras in EXTRAS.items() if name != "limits" for extra in extras]

IN_BROWSER = Path("tests", "browser")
# They know no extra: neither these rooms, nor `manage.py dev`.
UNTOUCHED = {"tests/provider", "tests/fake_model", "tests/config"}
UNTOUCHED |= {"tests/test_dev.py", "tests/test_dev_reload.py"}


# It takes longest, so it comes first.
def test_the_rest_passes_without_any(tmp_path: Path) -> None:
    checkout = without(ALL, tmp_path)

    run(checkout, [IN_BROWSER.as_posix(), *outside_the_browser(checkout.project)])


@pytest.mark.parametrize("extras", EXTRAS.values(), ids=EXTRAS.keys())
def test_the_rest_passes_without_it(tmp_path: Path, extras: list[tuple[str, ...]]) -> None:
    whole = baking.bake(tmp_path / "whole", {})
    checkout = without(extras, tmp_path)

    in_browser = []
    if scripts(checkout.project) != scripts(whole):
        in_browser = browser_tests_of_extras(whole, checkout.project)
        assert in_browser
    run(checkout, [*in_browser, *outside_the_browser(checkout.project)])


def without(extras: list[tuple[str, ...]], folder: Path) -> checks.Checkout:
    """Bake a project into `folder`, and take the extras out of it."""
    # In a shared cache, mypy would remember modules that are gone, and look for them.
    checkout = checks.install(baking.bake(folder / "baked", {}), SDK)
    for extra in extras:
        take_out(checkout.project, *extra)
    checkout.output("manage.py", "makemigrations", "chat")
    checkout.output("-m", "ruff", "check", "--fix", "--quiet")
    checkout.output("-m", "ruff", "format", "--quiet")
    return checkout


def run(checkout: checks.Checkout, tests: list[str]) -> None:
    """Run the quick checks, mypy and the tests. Raises CheckFailed unless all pass."""
    for check in ("ruff-check", "ruff-format", "system-checks", "migrations", "mypy"):
        checkout.run(check)
    checkout.test("-n", "0", *tests)


def outside_the_browser(project: Path) -> list[str]:
    """The tests without a browser of all that may know an extra."""
    rooms = [file.parent for file in sorted((project / "tests").glob("*/__init__.py"))]
    files = sorted((project / "tests").glob("test_*.py"))
    names = [path.relative_to(project).as_posix() for path in [*rooms, *files]]
    return [name for name in names if name not in UNTOUCHED and name != IN_BROWSER.as_posix()]


def scripts(project: Path) -> set[str]:
    """The names of the scripts of the page."""
    return {file.name for file in (project / "chat" / "static" / "chat").glob("*.js")}


def browser_tests_of_extras(whole: Path, project: Path) -> list[str]:
    """The browser tests that come with an extra, as far as they are still in `project`."""
    documents = "".join(
        (whole / document).read_text(encoding="utf-8")
        for document in sorted({document for _, document, *_ in ALL})
    )
    files = sorted((project / IN_BROWSER).glob("test_*.py"))
    names = [file.relative_to(project).as_posix() for file in files]
    return [name for name in names if f"`{name}`" in documents]
