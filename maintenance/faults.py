"""Make each deliberate fault in a copy of the template, and see that its tests fail.

    python3 maintenance/faults.py
    python3 maintenance/faults.py Stop thread

The faults are in maintenance/faults/. Words choose those whose sentence, subject, file or
combination contains one of them. Without words all are made, and maintenance/deliberate-faults.md
is written. The exit code is 1 if a test does not fail.
"""

import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import _scripts  # noqa: F401
import answers as questions
import baking
import browser
import checks
import fault_table
import virtualenvs
from fault_table import Fault

PAPER = questions.ROOT / "maintenance" / "deliberate-faults.md"
PROJECT = "{{cookiecutter.project_slug}}/"
NOT_COPIED = (".git", ".venv", "scratch", "__pycache__", ".*_cache")
# Far longer than any test takes; a fault may make one hang.
LONGEST_SECONDS = 300


class NoVerdictError(Exception):
    """pytest could not run the tests, so that nothing is known of them."""


def main() -> int:
    """Return 0 if all tests pass without a fault, and fail with it."""
    words = [word.lower() for word in sys.argv[1:]]
    faults = [fault for fault in fault_table.load() if not words or is_meant(fault, words)]
    if not faults:
        print(f"No fault is described by: {' '.join(words)}", file=sys.stderr)
        return 1
    try:
        for combination in dict.fromkeys(fault.combination for fault in faults):
            see_them_pass(combination, faults)
        verdicts = [(fault, is_caught(fault)) for fault in faults]
    except (fault_table.StaleError, NoVerdictError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    table = as_markdown(verdicts)
    print(table)
    all_caught = all(caught for _, caught in verdicts)
    if all_caught and not words:
        PAPER.write_text(table, encoding="utf-8", newline="\n")
    return 0 if all_caught else 1


def is_meant(fault: Fault, words: list[str]) -> bool:
    """Return whether one of `words` is in what the table says of a fault."""
    said = f"{fault.subject} {fault.fault} {fault.file} {fault.combination}".lower()
    return any(word in said for word in words)


def see_them_pass(combination: str, faults: list[Fault]) -> None:
    """Run the tests of all faults without any. Raises `NoVerdictError` if one does not pass."""
    tests = {test for fault in faults if fault.combination == combination for test in fault.tests}
    say(f"without a fault, {combination or 'the template'}: {len(tests)} tests")
    with copy_of_template() as copy:
        failures = run(copy, combination, sorted(tests))
    if failures:
        told = "\n".join(f"{test}: {failure}" for test, failure in failures.items())
        raise NoVerdictError(f"These fail without a fault:\n{told}")


def is_caught(fault: Fault) -> bool:
    """Make a fault, and return whether each of its tests fails, by name."""
    with copy_of_template() as copy:
        fault.make_in(copy)
        try:
            failures = run(copy, fault.combination, list(fault.tests))
        except NoVerdictError as error:
            say(str(error))
            failures = {}
    caught = all(any(is_of(test, failed) for failed in failures) for test in fault.tests)
    say(f"{'caught' if caught else 'NOT CAUGHT'}: {fault.fault}")
    for test in fault.tests:
        reason = next((why for name, why in failures.items() if is_of(test, name)), "it passes")
        say(f"    {test}: {reason.strip().splitlines()[0]}")
    return caught


def is_of(test: str, failed: str) -> bool:
    """Return whether the test that failed is `test`, perhaps with one of its parameters."""
    return failed == test or failed.startswith(f"{test}[")


@contextmanager
def copy_of_template() -> Iterator[Path]:
    """A copy of the template, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        ignored = shutil.ignore_patterns(*NOT_COPIED)
        yield shutil.copytree(questions.ROOT, Path(folder) / "template", ignore=ignored)


def run(copy: Path, combination: str, tests: list[str]) -> dict[str, str]:
    """Run these tests of a copy, and return those that did not pass, each with the reason.

    Raises `NoVerdictError` if the project could not be baked, or if the tests could not be run.
    """
    folder = bake(copy, combination) if combination else copy
    if combination:
        checkout = checks.install(folder, questions.named(combination)["provider_sdk"])
    else:
        checkout = checks.Checkout(folder, virtualenvs.template_python(), browser.find())
    scratch = str(virtualenvs.SCRATCH)
    environ = {**checkout.environ(), "CI": "true", "TEMPLATE_SCRATCH": scratch}
    # In CI tests wait for a minute, and here they are to fail.
    environ["TEST_WAIT_SECONDS"] = "15"
    with tempfile.TemporaryDirectory() as reports:
        report = Path(reports) / "junit.xml"
        command = [str(checkout.python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += [f"--junit-xml={report}", f"--basetemp={Path(reports) / 'tmp'}", *tests]
        try:
            pytest = subprocess.run(
                command,
                cwd=folder,
                env=environ,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=LONGEST_SECONDS + 10 * len(tests),
            )
        except subprocess.TimeoutExpired as error:
            raise NoVerdictError(f"pytest did not end: {error}") from None
        # 0 and 1: the tests were run. All else is no verdict: an unknown name, or no such file.
        if pytest.returncode not in (0, 1):
            raise NoVerdictError(f"pytest could not run:\n{pytest.stdout}\n{pytest.stderr}")
        return failures(report)


def bake(copy: Path, combination: str) -> Path:
    """Return a project that was baked from `copy`, beside it.

    Raises `NoVerdictError` if cookiecutter fails.
    """
    answers = {**questions.named(combination), "project_slug": "baked"}
    try:
        return baking.bake(copy.parent, answers, template=copy)
    except subprocess.CalledProcessError as error:
        raise NoVerdictError(f"cookiecutter failed:\n{error.output}") from None


def failures(report: Path) -> dict[str, str]:
    """Return the tests that did not pass, by the names that pytest takes, each with the reason."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.get("classname", "").replace(".", "/") + ".py"
        for kind in ("failure", "error", "skipped"):
            if (element := case.find(kind)) is not None:
                found[f"{file}::{case.get('name')}"] = element.get("message") or kind
    return found


def as_markdown(verdicts: list[tuple[Fault, bool]]) -> str:
    """Return maintenance/deliberate-faults.md."""
    caught = sum(caught for _, caught in verdicts)
    lines = [
        "# Deliberate faults",
        "",
        "Each of these faults was made in a copy of the template, one at a time, and the tests",
        "beside it were run: they pass without the fault, and fail with it. Where a combination of",
        "answers is named, the tests are those of a project baked with it; else the template's.",
        "`python3 maintenance/faults.py` does it again, and writes this file from",
        "`maintenance/faults/`.",
        "",
        f"{caught} of {len(verdicts)} are caught.",
    ]
    subject = ""
    for fault, is_caught in verdicts:
        if fault.subject != subject:
            subject = fault.subject
            lines += ["", f"## {subject}", "", "| fault | where | caught by | caught |"]
            lines += ["|---|---|---|---|"]
        tests = "<br>".join(f"`{test.replace('|', chr(92) + '|')}`" for test in fault.tests)
        where = f"`{fault.file.removeprefix(PROJECT)}`"
        where += f" ({fault.combination})" if fault.combination else ""
        lines.append(f"| {fault.fault} | {where} | {tests} | {'yes' if is_caught else '**no**'} |")
    return "\n".join(lines) + "\n"


def say(line: str) -> None:
    """Tell how far it is, apart from the table."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
