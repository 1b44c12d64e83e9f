"""The slug is derived from any name and always works; one that is typed works, or is refused."""

import os
import re

import answers as questions
import pytest
from conftest import Bake, Refuse

DERIVED = [
    ("My Chat", "my-chat"),
    ("  Weather   Bot  ", "weather-bot"),
    ("L'été à Köln", "l-ete-a-koln"),
    ("聊天", "liao-tian"),
    ("Чат", "chat"),
    ("42 bots", "42-bots"),
    ("under_score.and.dots", "under-score-and-dots"),
    ("!!!", "my-chat"),
    ("🎉", "my-chat"),
    ("-- edges --", "edges"),
    ("CON", "con-chat"),
    ("lpt1", "lpt1-chat"),
    ("Django", "django-chat"),
    ("djust", "djust-chat"),
    ("OpenAI", "openai-chat"),
    ("Anthropic", "anthropic-chat"),
    ("Google GenAI", "google-genai-chat"),
    ("uvicorn", "uvicorn-chat"),
    ("class", "class"),
    ("a" * 80, "a" * 50),
    ("word " * 30, "word-word-word-word-word-word-word-word-word-word"),
]


@pytest.mark.parametrize(("name", "slug"), DERIVED, ids=[slug for _, slug in DERIVED])
def test_slug_is_derived_from_the_name(bake: Bake, name: str, slug: str) -> None:
    assert bake(project_name=name).name == slug


@pytest.mark.parametrize("slug", ["a", "0", "x-1", "a--b", "a" * 50])
def test_a_slug_that_works_is_taken(bake: Bake, slug: str) -> None:
    assert bake(project_slug=slug).name == slug


NO_FOLDER_ON_WINDOWS = pytest.mark.skipif(
    os.name == "nt", reason="cookiecutter cannot make the folder, and ends before the hook"
)
REFUSED = [
    ("My Chat", "my-chat"),
    ("-x", "x"),
    ("x-", "x"),
    ("my_chat", "my-chat"),
    ("été", "ete"),
    ("聊天", "my-chat"),
    ("x'; import os; '", "x-import-os"),
    pytest.param('x"""', "x", marks=NO_FOLDER_ON_WINDOWS),
    ("x\\", "x"),
    ("a" * 51, "a" * 50),
    ("a" * 49 + "-b", "a" * 49),
    pytest.param("con", "con-chat", marks=NO_FOLDER_ON_WINDOWS),
    ("django", "django-chat"),
    ("google-genai", "google-genai-chat"),
    ("google--genai", "google-genai-chat"),
]


@pytest.mark.parametrize(("slug", "suggestion"), REFUSED)
def test_a_slug_that_cannot_work_is_refused_with_one_that_does(
    refuse: Refuse, bake: Bake, slug: str, suggestion: str
) -> None:
    sentence = refuse(project_slug=slug).strip().splitlines()[-1]

    assert sentence.isascii()
    assert sentence.startswith("project_slug ")
    said = re.search(r"type project_slug=(\S+) instead\.$", sentence)
    assert said and said[1] == suggestion
    assert bake(project_slug=suggestion).name == suggestion


def test_no_distribution_that_a_project_installs_can_be_its_name() -> None:
    """A project that is named as a package it needs hides that package from uv."""
    installed = {
        re.split(r"[= \[]", pin)[0]
        for pattern in ("templates/pins/*.txt", "templates/provider/*/requirements.txt")
        for file in questions.ROOT.glob(pattern)
        for pin in file.read_text(encoding="utf-8").splitlines()
    }
    assert "django" in installed

    missing = installed - set(questions.CONTEXT["_reserved_slugs"])
    assert not missing, f"add to _reserved_slugs in cookiecutter.json: {sorted(missing)}"
