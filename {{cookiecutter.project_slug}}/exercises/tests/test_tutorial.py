"""What the texts say of the tutorial's own lines is still so with this djust."""

import re

import pytest

from exercises.tutorial import step_1, step_2, step_3, step_5, step_9


async def test_step_1() -> None:
    """The class and the template of the tutorial raise."""
    said = await step_1.main()
    assert "TypeError: Cannot create a consistent method resolution order" in said
    assert "'djust_tags' is not a registered tag library" in said


@pytest.mark.django_db(transaction=True)
async def test_step_2() -> None:
    """The page gets no patch while the text grows."""
    assert re.search(r"and one more after \d\.\d s, with all ten words", await step_2.main())


async def test_step_3() -> None:
    """djust's renderer escapes a script, and leaves an image that loads."""
    said = await step_3.main()
    assert "<script" not in said.partition("\n")[2].partition("\n")[0]
    assert '<img src="https://example.com/1.png"' in said


@pytest.mark.django_db(transaction=True)
async def test_step_5() -> None:
    """`stop` is called when the reply has ended."""
    assert (await step_5.main()).endswith("the reply had 10 of them.")


async def test_step_9() -> None:
    """The whole reply for each token costs a hundred times its text and more."""
    found = re.search(r"tokens: ([\d,]+) bytes for ([\d,]+) of text", await step_9.main())
    assert found
    sent, text = (int(number.replace(",", "")) for number in found.groups())
    assert sent > 100 * text
