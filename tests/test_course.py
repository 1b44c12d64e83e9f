"""The course, step by step, as a class goes through it: red for the right reason, then green."""

import functools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import answers as questions
import baking
import checks
import matrix
import pytest
import virtualenvs
from exercising import STEPS, WAIT_SECONDS, exercise, files

CheckOut = Callable[[str], checks.Checkout]
PAIRS = list(map(questions.name, matrix.PAIRS))
PAIRS_WITH_THREADS = [name for name in PAIRS if "-thread-" in name]
default_pair = pytest.mark.xdist_group(f"course-{PAIRS[0]}")
READ_SETTINGS = ["tests/config", "tests/test_checks.py", "tests/test_dev.py"]
READ_SETTINGS += ["tests/test_dev_reload.py", "tests/test_rooms.py"]
STEP_3 = "chat/page/markdown.py"
STEP_4 = "exercises/04-looks-like-stop.md"
# The first lines of a `Cursor.edits` that sends everything.
WHOLE = """\
        whole = "".join(self._markdown.settled) + self._markdown.end
        if whole == self._end:
            return []
        self._end = whole
        return [Edit(EVERYTHING, whole, EVERYTHING)]
"""


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> CheckOut:
    """Bake a combination with exercises, once for each name, and install what it needs."""

    @functools.cache
    def _untouched(name: str) -> checks.Checkout:
        answers = {**questions.named(name), "exercises": "yes"}
        project = baking.bake(tmp_path_factory.mktemp("course"), answers)
        sdk = answers["provider_sdk"]
        cache = virtualenvs.SCRATCH / f"mypy-{sdk}"
        return checks.install(project, sdk, mypy_cache=cache, processes=matrix.INNER_PROCESSES)

    return _untouched


@pytest.fixture
def checkout(
    untouched: CheckOut, tmp_path: Path, request: pytest.FixtureRequest
) -> checks.Checkout:
    """A copy to write into, of the project of the parameter `name`, or of the default one."""
    whole = untouched(request.node.callspec.params["name"] if has_name(request) else PAIRS[0])
    return replace(whole, project=shutil.copytree(whole.project, tmp_path / "my-chat"))


def has_name(request: pytest.FixtureRequest) -> bool:
    return "name" in request.fixturenames


def grouped(names: list[str]) -> list[object]:
    """Parameters of which one process runs all of a combination; --quick leaves some out."""
    further = list(map(questions.name, matrix.FURTHER_PAIRS))
    return [
        pytest.param(
            name,
            id=name,
            marks=[
                pytest.mark.xdist_group(f"course-{name}"),
                *([pytest.mark.pair_tests] if name in further else []),
            ],
        )
        for name in names
    ]


@pytest.mark.parametrize("name", grouped(PAIRS))
def test_each_step_is_red_for_its_reason_and_green_with_its_solution(
    checkout: checks.Checkout, name: str
) -> None:
    """After each solution the files are what they were, and with these the tests of all steps pass.

    No red test has to wait for something that does not happen: that alone would take WAIT_SECONDS.
    """
    whole = files(checkout.project)
    for number, step in enumerate(STEPS, 1):
        assert exercise(checkout, "start", str(number)).code == 0
        red = exercise(checkout, "check")
        assert red.code == 1, red.text
        assert names_one_of(red.why, step["functions"]), f"step {number} says: {red.text}"
        assert red.seconds < WAIT_SECONDS, f"step {number} waits for what cannot happen"
        assert exercise(checkout, "solution").code == 0
        assert files(checkout.project) == whole, f"the solution of step {number}"
    green = exercise(checkout, "check")
    assert green.code == 0 and "This was the last step" in green.text, green.text
    checkout.output("-m", "pytest", "-n", "0", "exercises/tests")


def names_one_of(why: str, functions: list[str]) -> bool:
    """Whether a reason is that one of these functions, or methods of a class, is to be written."""
    return any(
        why.startswith((f"{name} in {file} ", f"{name}."))
        and why.endswith(f" in {file} is still to be written.")
        for file, _, name in (function.partition(": ") for function in functions)
    )


@pytest.mark.parametrize("name", grouped(PAIRS[:1]))
@pytest.mark.parametrize("check", sorted(checks.CHECKS.keys() - {checks.OWN_TESTS}))
def test_a_project_with_exercises_passes(untouched: CheckOut, name: str, check: str) -> None:
    untouched(name).run(check)


@pytest.mark.parametrize("name", grouped(PAIRS[:1]))
def test_its_own_tests_pass_that_read_the_settings(untouched: CheckOut, name: str) -> None:
    """All others read nothing that exercises change: tests/test_exercises.py compares it."""
    untouched(name).output("-m", "pytest", "-n", "0", *READ_SETTINGS)


@pytest.mark.parametrize("name", grouped(PAIRS[:1]))
def test_the_lines_of_the_tutorial_run(untouched: CheckOut, name: str) -> None:
    for file in (untouched(name).project / "exercises" / "tutorial").glob("step_*.py"):
        assert untouched(name).output("-m", "exercises.tutorial", file.stem.removeprefix("step_"))


@default_pair
def test_each_function_alone_is_asked_for(checkout: checks.Checkout) -> None:
    """Where a step has several functions, its tests lead to each of them."""
    whole = files(checkout.project)
    for number, step in enumerate(STEPS, 1):
        if len(step["functions"]) == 1:
            continue
        assert exercise(checkout, "start", str(number)).code == 0
        for function in step["functions"]:
            for file, content in whole.items():
                (checkout.project / file).write_bytes(content)
            empty_one(checkout, function)
            red = exercise(checkout, "check")
            assert red.code == 1 and names_one_of(red.why, [function]), red.text


def empty_one(checkout: checks.Checkout, function: str) -> None:
    """Empty a function, without telling the course."""
    file, _, name = function.partition(": ")
    code = "import sys\nfrom pathlib import Path\nfrom exercises import source\n"
    code += "path = Path(sys.argv[1])\n"
    code += "path.write_bytes(source.empty(path.read_bytes().decode(), sys.argv[2]).encode())"
    checkout.output("-c", code, file, name)


def edit(checkout: checks.Checkout, file: str, old: str, new: str) -> None:
    """Change a file as a student does."""
    path = checkout.project / file
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


@default_pair
def test_what_cannot_be_done_is_said_in_a_sentence(checkout: checks.Checkout) -> None:
    for action in ("check", "hint", "solution"):
        said = exercise(checkout, action)
        assert said.code == 1 and "No step has been begun" in said.text
    assert "No step has been begun" in exercise(checkout, "reset").text
    for number in ("0", "99"):
        said = exercise(checkout, "start", number)
        assert said.code == 1 and "they are 1 to 10" in said.text
    assert "start 1" in exercise(checkout).text


@default_pair
def test_own_work_is_kept_and_reset_puts_all_back(checkout: checks.Checkout) -> None:
    whole = files(checkout.project)
    exercise(checkout, "start", "3")
    edit(checkout, STEP_3, "    raise NotImplementedError\n", "    return html  # mine\n")
    mine = (checkout.project / STEP_3).read_bytes()
    said = exercise(checkout, "start", "4")

    (folder,) = (checkout.project / "exercises" / "saved").glob("*-step-3")
    assert f"kept in exercises/saved/{folder.name}" in said.text
    assert (folder / f"{STEP_3}.txt").read_bytes() == mine
    assert (checkout.project / STEP_3).read_bytes() == mine, "it stays in later steps"
    # `close` was not written.
    assert "close in chat/page/unfinished.py was not written yet" in said.text
    assert "3  Safe" in (now := exercise(checkout).text) and "red, you are here" in now

    assert exercise(checkout, "reset").code == 0
    assert files(checkout.project) == whole
    assert (folder / f"{STEP_3}.txt").read_bytes() == mine


@default_pair
def test_who_comes_late_gets_the_solutions_of_earlier_steps(checkout: checks.Checkout) -> None:
    whole = files(checkout.project)
    exercise(checkout, "start", "3")
    edit(checkout, STEP_3, "    raise NotImplementedError\n", "    return html  # mine\n")
    assert "kept in" in exercise(checkout, "start", "5", "--from-solutions").text

    changed = {file for file, text in files(checkout.project).items() if text != whole[file]}
    assert changed == {"chat/replies/running_reply.py"}
    assert exercise(checkout).text.count("green") == 4


@default_pair
def test_line_ends_stay_as_they_are(checkout: checks.Checkout) -> None:
    path = checkout.project / STEP_3
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    whole = files(checkout.project)
    exercise(checkout, "start", "3")

    assert b"    raise NotImplementedError\r\n" in path.read_bytes()
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    exercise(checkout, "solution")
    assert files(checkout.project) == whole


@default_pair
def test_each_hint_comes_once_and_the_last_stays(checkout: checks.Checkout) -> None:
    exercise(checkout, "start", "1")
    hints = STEPS[0]["hints"]
    for number, hint in enumerate([*hints, hints[-1]], 1):
        said = exercise(checkout, "hint").text
        assert said.startswith(f"Hint {min(number, len(hints))} of {len(hints)}: {hint}\n")


@default_pair
def test_a_file_that_is_no_python_is_named_and_the_solution_mends_it(
    checkout: checks.Checkout,
) -> None:
    """Whichever file it is, `manage.py exercise` still runs."""
    whole = files(checkout.project)
    exercise(checkout, "start", "3")
    for file in whole:
        path = checkout.project / file
        path.write_bytes(path.read_bytes() + b"\ndef (:\n")
    said = exercise(checkout, "check")
    assert said.code == 1 and f"{STEP_3}: line " in said.text, said.text
    said = exercise(checkout, "solution")
    assert f"{STEP_3} is the original again, because line " in said.text, said.text
    assert files(checkout.project)[STEP_3] == whole[STEP_3]
    assert exercise(checkout, "reset").code == 0
    assert files(checkout.project) == whole


@default_pair
def test_a_function_that_is_gone_is_named_and_the_solution_brings_it_back(
    checkout: checks.Checkout,
) -> None:
    whole = files(checkout.project)
    exercise(checkout, "start", "8")
    edit(checkout, "chat/queries.py", "def history(", "def past(")
    said = exercise(checkout, "check")

    assert said.code == 1 and "chat/queries.py: it has no `history`" in said.text
    assert (
        "is the original again, because it has no `history`" in exercise(checkout, "solution").text
    )
    assert files(checkout.project) == whole


@default_pair
def test_a_fault_of_ones_own_is_shown_with_its_place(checkout: checks.Checkout) -> None:
    """Also where the log alone tells of it, as of an empty function that runs in a task."""
    exercise(checkout, "start", "7")
    file = "chat/replies/running_reply.py"
    why = exercise(checkout, "check").why
    assert why == f"RunningReply._fail in {file} is still to be written."
    edit(checkout, file, "        raise NotImplementedError\n", "        self.reply.note = note\n")
    said = exercise(checkout, "check")

    assert said.code == 1
    assert (
        "NameError: name 'note' is not defined (chat/replies/running_reply.py, line " in said.text
    )


@default_pair
def test_a_fault_that_keeps_the_project_from_being_imported_is_shown(
    checkout: checks.Checkout,
) -> None:
    exercise(checkout, "start", "7")
    path = checkout.project / "chat" / "replies" / "running_reply.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nnothing\n", encoding="utf-8")
    said = exercise(checkout, "check")

    assert said.code == 1
    assert said.why.startswith("NameError: name 'nothing' is not defined (chat/replies/running_")


@default_pair
def test_a_coroutine_that_is_never_awaited_is_named(checkout: checks.Checkout) -> None:
    exercise(checkout, "start", "1")
    exercise(checkout, "solution")
    edit(checkout, "chat/page/chat_view.py", "await self._ask(", "self._ask(")
    said = exercise(checkout, "check", wait=5)

    assert said.code == 1
    assert said.why.startswith("Coroutine 'ChatView._ask' was never awaited (chat/page/chat_view")


@default_pair
@pytest.mark.parametrize(
    "mine", ["replies.stop_elsewhere(", "stop_in_turn(self) and await replies.stop_elsewhere("]
)
def test_a_stop_that_asks_no_other_process_is_red(checkout: checks.Checkout, mine: str) -> None:
    exercise(checkout, "start", "4")
    exercise(checkout, "solution")
    edit(checkout, "chat/page/chat_view.py", "await replies.stop_elsewhere(", mine)
    said = exercise(checkout, "check", wait=5)

    assert said.code == 1
    assert "The row of the reply in another process is not stopped." in said.text, said.text


@default_pair
def test_a_stop_out_of_turn_is_red(checkout: checks.Checkout) -> None:
    exercise(checkout, "start", "4")
    exercise(checkout, "solution")
    edit(checkout, "chat/page/chat_view.py", "        if stop_in_turn(self):", "        if True:")
    said = exercise(checkout, "check", wait=5)

    assert said.code == 1 and said.why.startswith("It was stopped, though"), said.text


@pytest.mark.parametrize("name", grouped(PAIRS_WITH_THREADS[:1]))
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "                if self._is_shut:\n                    self._shut_down_all()\n",
            "",
            "The request was sent after Stop.",
        ),
        ("            raise Stopped\n", "            pass\n", "After `shut_down`, `watch` lets a"),
        (
            "        while self._sockets:",
            "        while self._lock.acquire():",
            "`shut_down` does not",
        ),
    ],
    ids=["connecting", "a request", "a lock"],
)
def test_half_of_the_rule_of_stop_is_red(
    checkout: checks.Checkout, name: str, old: str, new: str, why: str
) -> None:
    exercise(checkout, "start", "6")
    exercise(checkout, "solution")
    edit(checkout, "chat/provider/reader.py", old, new)
    said = exercise(checkout, "check", wait=5)

    assert said.code == 1 and said.why.startswith(why), said.text


@default_pair
def test_tests_that_do_not_end_are_ended_with_a_sentence(checkout: checks.Checkout) -> None:
    """No run is so short as this limit."""
    code = "from exercises import checking, course\nchecking.LIMIT_SECONDS = 0.1\n"
    code += "try:\n    checking.check(course.steps()[5])\n"
    code += "except checking.KeepingError as error:\n    print(error)"

    assert "did not end within 0.1 s, and were killed" in checkout.output("-c", code)


@default_pair
def test_a_step_that_stays_red_is_named_when_the_next_begins(checkout: checks.Checkout) -> None:
    exercise(checkout, "start", "8")
    edit(checkout, "chat/queries.py", "    raise NotImplementedError\n", "    return []\n")
    assert exercise(checkout, "check", wait=5).code == 1
    said = exercise(checkout, "start", "9")
    assert "step 8 stays as you wrote it, though its tests are not green" in said.text, said.text


@default_pair
def test_an_error_without_words_is_red(checkout: checks.Checkout) -> None:
    exercise(checkout, "start", "9")
    exercise(checkout, "solution")
    file = "chat/replies/watcher.py"
    edit(checkout, file, "contextlib.suppress(TimeoutError)", "contextlib.nullcontext()")
    said = exercise(checkout, "check")

    assert said.code == 1 and said.why.startswith(f"TimeoutError ({file}, line "), said.text


@default_pair
def test_a_stop_that_only_looks_like_one_is_red(checkout: checks.Checkout) -> None:
    """What the text of step 4 has the student write first."""
    file = "chat/page/chat_view.py"
    exercise(checkout, "start", "4")
    raised = "        raise NotImplementedError\n"
    for line in ('self.show({"streaming": False, "progress": "Stopped"})', "return False"):
        text = (checkout.project / file).read_text(encoding="utf-8")
        assert line in (checkout.project / STEP_4).read_text(encoding="utf-8")
        text = text.replace(raised, f"        {line}\n", 1)
        (checkout.project / file).write_text(text, encoding="utf-8")
    said = exercise(checkout, "check", wait=5)

    assert "green  After Stop the page says" in said.text, said.text
    assert said.code == 1 and "This Stop only looks like one" in said.why, said.text


@default_pair
def test_the_whole_reply_with_each_update_is_red(checkout: checks.Checkout) -> None:
    """It looks the same on the page: only the bytes tell."""
    file = "chat/page/edits.py"
    exercise(checkout, "start", "9")
    exercise(checkout, "solution")
    edit(checkout, file, "        before, end =", f"{WHOLE}        before, end =")
    said = exercise(checkout, "check")

    assert said.code == 1 and "bytes were sent for" in said.why, said.text


@default_pair
def test_a_course_without_an_original_does_not_begin(checkout: checks.Checkout) -> None:
    empty_one(checkout, "chat/queries.py: history")
    said = exercise(checkout, "start", "1")

    assert said.code == 1
    assert "there is no original of history in chat/queries.py: it is emptied already" in said.text
