"""Nothing in a project tells of what was not chosen, or that a template wrote it."""

import re
from pathlib import Path

import answers as questions

# What a project with another answer must not hold, in small letters. Styling: test_styling.py.
SDK_WORDS = {
    "openai": ("openai",),
    "anthropic": ("anthropic", "claude"),
    "google-genai": ("google-genai", "google.genai", "google_genai", "gemini"),
}
CANCELLATION_WORDS = {
    "async": ("async client",),
    "thread": ("ordinary client", "worker thread"),
}
# What only one way to stop may name, comments and docstrings included: the client of an SDK, its
# stream, or the HTTP client below it.
CLIENTS = {
    "async": re.compile(
        r"\bAsync(OpenAI|Anthropic|Client|Stream)\b|\.aio\b|\bhttpx_async_client\b"
    ),
    "thread": re.compile(
        r"\b(openai\.(OpenAI|Stream)|anthropic\.(Anthropic|Stream)|httpx2\.Client|httpx_client)\b"
    ),
}
# What the built-in model says, where blank lines are part of the text.
TEXTS = "fake_model/texts"
# Where Jinja's tags stand alone on a line, such a line is left behind by one that is not trimmed.
SCARS = {
    "a blank line at the beginning": re.compile(r"\A\n"),
    "a blank line at the end": re.compile(r"\n\n\Z"),
    "blank lines within a bracket": re.compile(r"[\[{(]\n\n|\n\n *[\]})]"),
    "a line of spaces": re.compile(r"^[ \t]+$", re.MULTILINE),
}
TWO_BLANK_LINES = re.compile(r"\n\n\n")
# Between functions ruff wants two.
THREE_BLANK_LINES = re.compile(r"\n\n\n\n")


def texts(project: Path) -> dict[Path, str]:
    """Return what each file of a project holds."""
    return {
        file.relative_to(project): file.read_text(encoding="utf-8")
        for file in sorted(project.rglob("*"))
        if file.is_file()
    }


def assert_holds_none(project: Path, words: list[str]) -> None:
    """Fail if one of `words` is in a file of the project, or in its name."""
    for file, text in texts(project).items():
        found = [word for word in words if word in f"{file.as_posix()}\n{text}".lower()]
        assert not found, file


def test_no_word_of_another_sdk(project: Path, combination: dict[str, str]) -> None:
    others = SDK_WORDS.keys() - {combination["provider_sdk"]}

    assert_holds_none(project, [word for other in others for word in SDK_WORDS[other]])


def test_no_word_of_the_other_cancellation(project: Path, combination: dict[str, str]) -> None:
    others = CANCELLATION_WORDS.keys() - {combination["cancellation"]}

    assert_holds_none(project, [word for other in others for word in CANCELLATION_WORDS[other]])


def test_no_client_of_the_other_cancellation(project: Path, combination: dict[str, str]) -> None:
    own = combination["cancellation"]
    whole = "".join(texts(project).values())
    assert CLIENTS[own].search(whole), "the pattern knows the client that is used"

    for other in CLIENTS.keys() - {own}:
        for file, text in texts(project).items():
            assert not CLIENTS[other].search(text), file


def test_the_words_of_every_answer_are_known() -> None:
    assert SDK_WORDS.keys() == set(questions.CHOICES["provider_sdk"])
    assert CANCELLATION_WORDS.keys() == set(questions.CHOICES["cancellation"])
    assert CLIENTS.keys() == CANCELLATION_WORDS.keys()


def test_no_blank_line_tells_of_a_tag(project: Path) -> None:
    for file, text in texts(project).items():
        if file.as_posix().startswith(TEXTS):
            continue
        found = [scar for scar, pattern in SCARS.items() if pattern.search(text)]
        has_python = file.suffix == ".py" or "```python" in text
        too_many = THREE_BLANK_LINES if has_python else TWO_BLANK_LINES
        assert not found, file
        assert not too_many.search(text), file
