"""The course, step by step, as a class goes through it: red for the right reason, then green."""

import checks
import pytest
from exercising import (
    PAIRS,
    STEPS,
    WAIT_SECONDS,
    Untouched,
    default_pair,
    empty_one,
    exercise,
    files,
    grouped,
)

READ_SETTINGS = ["tests/config", "tests/test_checks.py", "tests/test_dev.py"]
READ_SETTINGS += ["tests/test_dev_reload.py", "tests/test_rooms.py"]


@pytest.mark.parametrize("name", grouped(PAIRS))
def test_each_step_is_red_for_its_reason_and_green_with_its_solution(
    course: checks.Checkout, name: str
) -> None:
    """After each solution the files are what they were, and with these the tests of all steps pass.

    No red test has to wait for something that does not happen: that alone would take WAIT_SECONDS.
    """
    whole = files(course.project)
    for number, step in enumerate(STEPS, 1):
        assert exercise(course, "start", str(number)).code == 0
        red = exercise(course, "check")
        assert red.code == 1, red.text
        assert names_one_of(red.why, step["functions"]), f"step {number} says: {red.text}"
        assert red.seconds < WAIT_SECONDS, f"step {number} waits for what cannot happen"
        assert exercise(course, "solution").code == 0
        assert files(course.project) == whole, f"the solution of step {number}"
    green = exercise(course, "check")
    assert green.code == 0 and "This was the last step" in green.text, green.text
    course.test("-n", "0", "exercises/tests")


def names_one_of(why: str, functions: list[str]) -> bool:
    """Whether a reason is that one of these functions, or methods of a class, is to be written."""
    return any(
        why.startswith((f"{name} in {file} ", f"{name}."))
        and why.endswith(f" in {file} is still to be written.")
        for file, _, name in (function.partition(": ") for function in functions)
    )


@default_pair
def test_each_function_alone_is_asked_for(course: checks.Checkout) -> None:
    """Where a step has several functions, its tests lead to each of them."""
    whole = files(course.project)
    for number, step in enumerate(STEPS, 1):
        if len(step["functions"]) == 1:
            continue
        assert exercise(course, "start", str(number)).code == 0
        for function in step["functions"]:
            for file, content in whole.items():
                (course.project / file).write_bytes(content)
            empty_one(course, function)
            red = exercise(course, "check")
            assert red.code == 1 and names_one_of(red.why, [function]), red.text


# Both strategies: a file of the course is a part.
@pytest.mark.parametrize("name", grouped(PAIRS[:2]))
@pytest.mark.parametrize("check", sorted(checks.CHECKS.keys() - {checks.OWN_TESTS}))
def test_a_project_with_exercises_passes(
    untouched_course: Untouched, name: str, check: str
) -> None:
    untouched_course(name).run(check)


@pytest.mark.parametrize("name", grouped(PAIRS[:1]))
def test_its_own_tests_pass_that_read_the_settings(untouched_course: Untouched, name: str) -> None:
    """All others read nothing that exercises change: tests/test_exercises.py compares it."""
    untouched_course(name).output("-m", "pytest", "-n", "0", *READ_SETTINGS)


@pytest.mark.parametrize("name", grouped(PAIRS[:1]))
def test_the_lines_of_the_tutorial_run(untouched_course: Untouched, name: str) -> None:
    whole = untouched_course(name)
    for file in (whole.project / "exercises" / "tutorial").glob("step_*.py"):
        assert whole.output("-m", "exercises.tutorial", file.stem.removeprefix("step_"))
