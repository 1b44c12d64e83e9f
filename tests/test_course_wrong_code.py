"""Wrong code that students write must stay red, with words that lead out of it."""

import functools
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import checks
import pytest
from exercising import PAIRS, RED, Untouched, copy_of, default_pair, edit, exercise

STEP_4 = "exercises/04-looks-like-stop.md"
TABLE = Path(__file__).parent / "wrong_code.toml"
# Long enough for all that happens at once on a busy machine, where red means to wait in vain.
IN_VAIN_SECONDS = 20


@dataclass(frozen=True)
class Wrong:
    """A wrong version of a function, and how the reason begins why it is red.

    `old` and `new` are lines of `file` with the solution, and what a student writes instead.
    `also` is in the reason as well. `cancellation` is the strategy that has this code; both have
    it, if it is empty. `waits` says that its test is red only after it has waited in vain.
    """

    step: int
    code: str
    file: str
    old: str
    new: str
    why: str
    also: str = ""
    cancellation: str = ""
    waits: bool = False

    @property
    def pair(self) -> str:
        """The combination that is tried: the first that has this code."""
        return next(name for name in PAIRS if f"-{self.cancellation}" in name)

    def parameter(self) -> object:
        """One process tries all wrong versions of a step."""
        name = f"{self.step}: {self.code}"
        group = f"wrong-{self.step}-{self.cancellation}"
        return pytest.param(self, id=name, marks=pytest.mark.xdist_group(group))


WRONG = [Wrong(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["wrong"]]
Solved = Callable[[str, int], checks.Checkout]


@pytest.fixture(scope="session")
def solved(untouched_course: Untouched, tmp_path_factory: pytest.TempPathFactory) -> Solved:
    """Begin a step of a combination, and put its solution in. Leave its files as they are."""

    @functools.cache
    def _solved(name: str, step: int) -> checks.Checkout:
        course = copy_of(untouched_course(name), tmp_path_factory.mktemp("solved"))
        exercise(course, "start", str(step))
        exercise(course, "solution")
        return course

    return _solved


@pytest.mark.parametrize("wrong", [row.parameter() for row in WRONG])
def test_wrong_code_is_red(solved: Solved, wrong: Wrong) -> None:
    course = solved(wrong.pair, wrong.step)
    path = course.project / wrong.file
    right = path.read_bytes()
    assert right.decode().count(wrong.old) == 1, f"{wrong.file} has changed: {wrong.old}"
    edit(course, wrong.file, wrong.old, wrong.new)
    try:
        waiting = {"wait": IN_VAIN_SECONDS} if wrong.waits else {}
        said = exercise(course, "check", **waiting)
    finally:
        path.write_bytes(right)

    assert said.code == 1, said.text
    assert said.why.startswith(wrong.why) and wrong.also in said.why, said.text
    assert len(RED.findall(said.text)) == 1, said.text


@default_pair
def test_a_stop_that_only_looks_like_one_is_red(course: checks.Checkout) -> None:
    """What the text of step 4 has the student write first."""
    file = "chat/page/prompt_view.py"
    exercise(course, "start", "4")
    raised = "        raise NotImplementedError\n"
    for line in ('self.show({"streaming": False, "progress": "Stopped"})', "return False"):
        text = (course.project / file).read_text(encoding="utf-8")
        assert line in (course.project / STEP_4).read_text(encoding="utf-8")
        text = text.replace(raised, f"        {line}\n", 1)
        (course.project / file).write_text(text, encoding="utf-8")
    said = exercise(course, "check", wait=5)

    assert "green  After Stop the page announces" in said.text, said.text
    assert said.code == 1 and "This Stop only looks like one" in said.why, said.text


@default_pair
def test_a_fault_of_ones_own_is_shown_with_its_place(course: checks.Checkout) -> None:
    """Also where the log alone tells of it, as of an empty function that runs in a task."""
    exercise(course, "start", "7")
    file = "chat/replies/running_reply.py"
    why = exercise(course, "check").why
    assert why == f"RunningReply._fail in {file} is still to be written."
    edit(course, file, "        raise NotImplementedError\n", "        self.reply.note = note\n")
    said = exercise(course, "check")

    assert said.code == 1
    assert (
        "NameError: name 'note' is not defined (chat/replies/running_reply.py, line " in said.text
    )
