"""What becomes of a student's code: it is kept, comes back, and is mended by the original."""

import checks
from exercising import STEP_3, default_pair, edit, exercise, files


@default_pair
def test_own_work_is_kept_and_reset_puts_all_back(course: checks.Checkout) -> None:
    whole = files(course.project)
    exercise(course, "start", "3")
    edit(course, STEP_3, "    raise NotImplementedError\n", "    return html  # mine\n")
    mine = (course.project / STEP_3).read_bytes()
    said = exercise(course, "start", "4")

    (folder,) = (course.project / "exercises" / "saved").glob("*-step-3")
    assert f"kept in exercises/saved/{folder.name}" in said.text
    assert (folder / f"{STEP_3}.txt").read_bytes() == mine
    assert (course.project / STEP_3).read_bytes() == mine, "it stays in later steps"
    # `close` was not written.
    assert "close in chat/page/unfinished.py was not written yet" in said.text
    assert "3  Safe" in (now := exercise(course).text) and "not checked yet, you are here" in now

    assert exercise(course, "reset").code == 0
    assert files(course.project) == whole
    assert (folder / f"{STEP_3}.txt").read_bytes() == mine


@default_pair
def test_who_comes_late_gets_the_solutions_of_earlier_steps(course: checks.Checkout) -> None:
    whole = files(course.project)
    exercise(course, "start", "3")
    edit(course, STEP_3, "    raise NotImplementedError\n", "    return html  # mine\n")
    said = exercise(course, "start", "5", "--from-solutions").text
    assert "kept in" in said and "Steps 1 to 4 are solved.\n" in said

    changed = {file for file, text in files(course.project).items() if text != whole[file]}
    assert changed == {"chat/replies/running_reply.py"}
    now = exercise(course).text
    assert now.count("  solved\n") == 4 and "green" not in now
    edit(course, STEP_3, "image[2] or image[1]", "image[1]")
    assert "solved before it was changed: check 3" in exercise(course).text


@default_pair
def test_last_work_on_a_step_is_named_and_comes_back(course: checks.Checkout) -> None:
    """Also from a folder that is not the newest, and only what the step is about."""
    exercise(course, "start", "3")
    assert "last work" not in exercise(course).text
    refused = exercise(course, "start", "3", "--from-saved")
    assert refused.code == 1
    assert "Nothing that you have written for step 3 is saved" in refused.text
    edit(course, STEP_3, "    raise NotImplementedError\n", "    return html  # mine\n")
    edit(course, STEP_3, "from html import unescape", "from html import unescape  # besides")
    mine = (course.project / STEP_3).read_bytes()
    exercise(course, "start", "4")
    edit(
        course, "chat/page/prompt_view.py", "        raise NotImplementedError\n", "        pass\n"
    )

    said = exercise(course, "start", "3").text
    (folder,) = (course.project / "exercises" / "saved").glob("*-step-3")
    place = f"{STEP_3}.txt in exercises/saved/{folder.name} (saved during step 3)\n"
    assert f"Your last work on this step is {place}" in said
    assert f"Your last work on this step is {place}" in exercise(course).text
    assert b"# mine" not in (course.project / STEP_3).read_bytes()
    said = exercise(course, "start", "3", "--from-saved").text
    assert f"had written for it is back:\n  _without_images in {STEP_3}\nStill to be" in said
    assert said.endswith("See whether it is green: python manage.py exercise check\n")
    assert "last work" not in exercise(course).text, "the project has it already"
    assert (course.project / STEP_3).read_bytes() == mine
    unwritten = (course.project / "chat" / "page" / "unfinished.py").read_text(encoding="utf-8")
    assert "raise NotImplementedError" in unwritten


@default_pair
def test_line_ends_stay_as_they_are(course: checks.Checkout) -> None:
    path = course.project / STEP_3
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    whole = files(course.project)
    exercise(course, "start", "3")

    assert b"    raise NotImplementedError\r\n" in path.read_bytes()
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    exercise(course, "solution")
    assert files(course.project) == whole


@default_pair
def test_a_file_that_is_no_python_is_named_and_the_solution_mends_it(
    course: checks.Checkout,
) -> None:
    """Whichever file it is, `manage.py exercise` still runs."""
    whole = files(course.project)
    exercise(course, "start", "3")
    for file in whole:
        path = course.project / file
        path.write_bytes(path.read_bytes() + b"\ndef (:\n")
    said = exercise(course, "check")
    assert said.code == 1 and f"{STEP_3}: line " in said.text, said.text
    said = exercise(course, "solution")
    assert f"{STEP_3} is the original again, because line " in said.text, said.text
    assert files(course.project)[STEP_3] == whole[STEP_3]
    assert exercise(course, "reset").code == 0
    assert files(course.project) == whole


@default_pair
def test_what_stays_as_it_was_written_is_named(course: checks.Checkout) -> None:
    """Where another file of the same step had to become the original again."""
    exercise(course, "start", "10")
    clock, tool = "chat/tools/functions/clock.py", "chat/tools/tool.py"
    edit(course, clock, "    raise NotImplementedError\n", "    return time_zone\n")
    path = course.project / tool
    path.write_bytes(path.read_bytes() + b"\ndef (:\n")
    said = exercise(course, "start", "2").text

    assert f"{tool} is the original again, because line " in said
    assert f"Note: current_time in {clock} (step 10): your code stays, and the tests" in said
    assert "the tests of that step have not been run with it." in said
    assert f"Tool.call in {tool} (step 10)" not in said


@default_pair
def test_a_function_that_is_gone_is_named_and_the_solution_brings_it_back(
    course: checks.Checkout,
) -> None:
    whole = files(course.project)
    exercise(course, "start", "8")
    edit(course, "chat/queries.py", "def history(", "def past(")
    said = exercise(course, "check")

    assert said.code == 1 and "chat/queries.py: it has no `history`" in said.text
    assert "is the original again, because it has no `history`" in exercise(course, "solution").text
    assert files(course.project) == whole


@default_pair
def test_a_step_that_stays_red_is_named_when_the_next_begins(course: checks.Checkout) -> None:
    exercise(course, "start", "8")
    edit(course, "chat/queries.py", "    raise NotImplementedError\n", "    return []\n")
    assert exercise(course, "check", wait=5).code == 1
    said = exercise(course, "start", "9")
    assert "history in chat/queries.py (step 8): your code stays" in said.text, said.text
    assert "the tests of that step were red with it." in said.text
    # Also when the same code has come back meanwhile.
    exercise(course, "start", "8")
    exercise(course, "start", "8", "--from-saved")
    assert "step were red with it." in exercise(course, "start", "9").text


@default_pair
def test_work_that_was_green_is_green_when_it_comes_back(course: checks.Checkout) -> None:
    exercise(course, "start", "8")
    exercise(course, "solution")
    edit(course, "chat/queries.py", "return [*messages, ", "return messages + [")
    said = exercise(course, "check").text
    original = "exercises/saved/originals/chat/queries.py.txt"
    assert f"All green.\nCompare your code with the original: {original}\nThe next" in said, said
    exercise(course, "start", "8")
    assert "not checked yet, you are here" in exercise(course).text
    exercise(course, "start", "8", "--from-saved")
    assert "green, you are here" in exercise(course).text
    assert "your code stays" not in exercise(course, "start", "9").text
