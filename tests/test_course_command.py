"""What `manage.py exercise` says."""

import os
import subprocess

import checks
from exercising import STEP_3, STEPS, default_pair, edit, empty_one, exercise


@default_pair
def test_what_cannot_be_done_is_said_in_a_sentence(course: checks.Checkout) -> None:
    for action in ("check", "hint", "solution"):
        said = exercise(course, action)
        assert said.code == 1 and "No step has been begun" in said.text
    assert "No step has been begun" in exercise(course, "reset").text
    for number in ("0", "99", "x"):
        said = exercise(course, "start", number)
        assert said.code == 1 and "a step is a number, 1 to 10" in said.text
    assert "start 1" in exercise(course).text


@default_pair
def test_a_reader_that_leaves_early_sees_no_traceback(course: checks.Checkout) -> None:
    """Such as `exercise | head -1`."""
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(
        [course.python, "manage.py", "exercise"],
        cwd=course.project,
        env=course.environ(),
        stdout=write,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    os.close(write)
    assert run.stderr == ""


@default_pair
def test_each_hint_comes_once_and_the_last_stays(course: checks.Checkout) -> None:
    exercise(course, "start", "1")
    hints = STEPS[0]["hints"]
    for number, hint in enumerate([*hints, hints[-1]], 1):
        said = exercise(course, "hint").text
        assert said.startswith(f"Hint {min(number, len(hints))} of {len(hints)}: {hint}\n")
        assert ("This is the last one." in said) == (number == len(hints))
        assert ("There are no more." in said) == (number > len(hints))


@default_pair
def test_a_fault_that_keeps_the_project_from_being_imported_is_shown(
    course: checks.Checkout,
) -> None:
    exercise(course, "start", "7")
    path = course.project / "chat" / "replies" / "running_reply.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nnothing\n", encoding="utf-8")
    said = exercise(course, "check")

    assert said.code == 1
    assert said.why.startswith("NameError: name 'nothing' is not defined (chat/replies/running_")


@default_pair
def test_tests_that_do_not_end_are_ended_with_a_sentence(course: checks.Checkout) -> None:
    """No run is so short as this limit."""
    code = "from exercises import checking, course\nchecking.LIMIT_SECONDS = 0.1\n"
    code += "try:\n    checking.check(course.steps()[5])\n"
    code += "except checking.KeepingError as error:\n    print(error)"

    assert "did not end within 0.1 s, and were killed" in course.output("-c", code)


@default_pair
def test_a_course_without_an_original_does_not_begin(course: checks.Checkout) -> None:
    empty_one(course, "chat/queries.py: history")
    said = exercise(course, "start", "1")

    assert said.code == 1
    assert "there is no original of history in chat/queries.py: it is emptied already" in said.text


@default_pair
def test_a_green_step_whose_code_changes_is_green_no_more(course: checks.Checkout) -> None:
    """Until it is checked again, from whatever step one is in; another step of its file is not."""
    exercise(course, "start", "3")
    assert exercise(course, "check").code == 1
    assert "  red, you are here" in exercise(course).text
    exercise(course, "solution")
    assert "not checked yet, you are here" in exercise(course).text
    assert exercise(course, "check").code == 0
    assert "green, you are here" in exercise(course).text
    edit(course, STEP_3, "image[2] or image[1]", "image[1]")
    assert "green before it was changed: check 3, you are here" in exercise(course).text
    assert "(step 3): your code stays" in exercise(course, "start", "9").text

    said = exercise(course, "check", "3")
    assert said.code == 1 and said.why.startswith("The HTML lacks "), said.text
    assert "green before" not in exercise(course).text
    edit(course, STEP_3, "image[1]}</a>", "image[2] or image[1]}</a>")
    edit(course, STEP_3, "lambda image: image[1], link", "lambda image: image[2] or image[1], link")
    said = exercise(course, "check", "3")
    assert said.code == 0 and said.text.endswith("\nAll green.\n"), said.text
    now = exercise(course).text
    assert "3  Safe Markdown, half fences included           green\n" in now
    assert "not checked yet, you are here" in now


@default_pair
def test_own_code_of_another_step_that_was_never_checked_has_a_word(
    course: checks.Checkout,
) -> None:
    """What is still the original has none."""
    exercise(course, "start", "2")
    exercise(course, "start", "3")
    edit(course, STEP_3, "    raise NotImplementedError\n", "    return html  # mine\n")
    exercise(course, "start", "8")
    now = exercise(course).text
    assert "  3  Safe Markdown, half fences included           not checked yet\n" in now
    assert now.count("not checked yet") == 2 and "not checked yet, you are here" in now


@default_pair
def test_the_last_step_says_how_the_course_ends(course: checks.Checkout) -> None:
    exercise(course, "start", "10")
    exercise(course, "solution")
    said = exercise(course, "check").text
    assert "All green. This was the last step.\nCompare with all originals, and run: " in said, said
    assert said.endswith("Then put all files back: python manage.py exercise reset\n")
