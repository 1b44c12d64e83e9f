"""A styling is whole, served by the project itself, and alone in it."""

import re
from pathlib import Path

import answers as questions
import pytest
import tailwind
from conftest import Bake

STYLINGS = questions.CHOICES["styling"]
# What a bake with another styling must not hold. The words of `plain` are those of all.
WORDS = {"bootstrap": ("bootstrap", "--bs-"), "tailwind": ("tailwind", "@apply", "node_modules")}


def texts(folder: Path, *suffixes: str) -> dict[Path, str]:
    """Return what the files under `folder` with these suffixes hold; all files if there is none."""
    return {
        file: file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and (not suffixes or file.suffix in suffixes)
    }


@pytest.mark.parametrize("styling", STYLINGS)
def test_no_word_of_another_styling(bake: Bake, styling: str) -> None:
    assert WORDS.keys() == set(STYLINGS) - {"plain"}
    foreign = [word for other in WORDS if other != styling for word in WORDS[other]]
    for file, text in texts(bake(styling=styling)).items():
        assert not [word for word in foreign if word in text.lower()], file


@pytest.mark.parametrize("styling", STYLINGS)
def test_nothing_comes_from_elsewhere(bake: Bake, styling: str) -> None:
    """What the page names, and what its stylesheets name, are files of the project or of djust."""
    chat = bake(styling=styling) / "chat"
    pages = "".join(texts(chat / "templates", ".html").values())
    named = re.findall(r"{% static '([^']+)' %}", pages)
    named += [f"chat/{url}" for css in texts(chat / "static", ".css").values() for url in urls(css)]

    assert "chat/chat.css" in named
    assert not re.search(r'(?:src|href)="(?:https?:)?//', pages)
    for name in named:
        assert name.startswith("djust/") or (chat / "static" / name).is_file(), name


def urls(css: str) -> list[str]:
    """Return the addresses in a stylesheet that are not data themselves."""
    found = re.findall(r"url\(\s*[\"']?([^\"')]+)", css)
    return [url for url in found if not url.startswith(("data:", "#"))]


@pytest.mark.parametrize("styling", STYLINGS)
def test_focus_can_be_seen(bake: Bake, styling: str) -> None:
    css = (bake(styling=styling) / "chat/static/chat/chat.css").read_text(encoding="utf-8")
    rules = re.findall(r"(?:^|[\s,}{])(?::root )?:focus-visible\s*\{([^}]*)\}", css)
    outline = re.compile(r"(?:^|[\s;])outline(?:-width)?:(?!\s*(?:none|0\b(?!\.)))")

    assert any(map(outline.search, rules)), "no rule draws a ring around whatever has the focus"


@pytest.mark.parametrize("styling", STYLINGS)
def test_it_has_a_dark_mode(bake: Bake, styling: str) -> None:
    static = bake(styling=styling) / "chat" / "static"

    assert "prefers-color-scheme" in "".join(texts(static, ".css", ".js").values())


@pytest.mark.parametrize("styling", STYLINGS)
def test_it_knows_every_component(styling: str) -> None:
    """The markup is the same in all stylings, so each must define the components in it."""
    css = "".join(texts(questions.ROOT / "templates" / "styling" / styling, ".css").values())
    for component in (
        "btn",
        "btn-primary",
        "btn-secondary",
        "alert",
        "alert-danger",
        "alert-secondary",
        "alert-warning",
        "copy",
        "code",
    ):
        assert re.search(rf"\.{component}(?![\w-])", css), component


def test_the_plain_stylesheets_are_light(bake: Bake) -> None:
    """With what tests/browser/test_page.py of the project counts: 76 kB for a first load."""
    css = texts(bake(styling="plain") / "chat" / "static", ".css")

    assert 10_000 < sum(map(len, css.values())) <= 26_000


def test_the_built_stylesheet_is_fresh() -> None:
    built_from = tailwind.BUILT_FROM.read_text(encoding="utf-8")

    assert built_from == tailwind.digest(), "run: .venv/bin/python maintenance/tailwind.py"
    head = tailwind.BUILT.read_text(encoding="utf-8").split("*/", maxsplit=2)[:2]
    assert any("npm run css" in comment for comment in head)
