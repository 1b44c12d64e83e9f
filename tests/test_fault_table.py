"""The table of deliberate faults can be made as it stands. maintenance/faults.py makes them."""

import re
import shutil
from pathlib import Path

import answers as questions
import fault_table
import pytest
from fault_table import Fault

FAULTS = fault_table.load()
IDS = [fault.fault for fault in FAULTS]
PROJECT = questions.ROOT / "{{cookiecutter.project_slug}}"
PAPER = questions.ROOT / "maintenance" / "deliberate-faults.md"


def source(test: str, combination: str) -> Path:
    """Return the file in this repository that a test is in, by pytest's name for it."""
    file = test.partition("::")[0]
    if not combination:
        return questions.ROOT / file
    answers = questions.named(combination)
    part = questions.ROOT / "templates" / "provider" / answers["provider_sdk"] / Path(file).name
    if file.startswith("tests/provider/") and part.exists():
        return part
    if file == "tests/provider/test_reader.py":
        part = Path("cancellation", answers["cancellation"], Path(file).name)
        return questions.ROOT / "templates" / part
    return PROJECT / file


@pytest.mark.parametrize("fault", FAULTS, ids=IDS)
def test_a_fault_can_be_made(tmp_path: Path, fault: Fault) -> None:
    file = questions.ROOT / fault.file
    copy = tmp_path / fault.file
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, copy)

    fault.make_in(tmp_path)

    assert not copy.exists() or copy.read_bytes() != file.read_bytes()


@pytest.mark.parametrize("fault", FAULTS, ids=IDS)
def test_the_tests_of_a_fault_exist(fault: Fault) -> None:
    names = [questions.name(combination) for combination in questions.COMBINATIONS]
    assert fault.combination in ["", *names]

    assert fault.tests
    for test in fault.tests:
        function = re.sub(r"\[.*\]$", "", test.partition("::")[2], flags=re.DOTALL)
        text = source(test, fault.combination).read_text(encoding="utf-8")
        assert re.search(rf"^ *(async )?def {function}\(", text, re.MULTILINE), test


def test_the_paper_tells_of_every_fault() -> None:
    rows = re.findall(r"^\| (.*) \| .* \| .* \| yes \|$", PAPER.read_text(encoding="utf-8"), re.M)

    assert rows == IDS, "run: python3 maintenance/faults.py"
