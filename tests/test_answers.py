"""Whatever is typed as free text arrives in the project as it was typed."""

import html
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import Bake

HOSTILE = {
    "quotes": """L'été "quoted" 'twice'""",
    "triple-quotes": '''""" and \'\'\' end a literal''',
    "backslashes": r"C:\new\table \ \\",
    "last-backslash": "ends with \\",
    "script": "</script><script>alert(1)</script> & <b>",
    "single-braces": "{x} %s ${HOME} #{y}",
    "jinja": "{{ cookiecutter }} {% raw %} {# gone? #}",
    "unicode": "聊天 🎉 Größe دردشة",
    "hash": "# not a comment = 1",
    "brackets": "[bold]name[/bold]",
}


def pyproject(project: Path) -> dict[str, dict[str, Any]]:
    """Return the table [project] and the others of the project's pyproject.toml."""
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_free_text_arrives_as_typed(bake: Bake, text: str) -> None:
    project = bake(project_name=text, description=text, author_name=text)

    table = pyproject(project)["project"]
    assert table["description"] == text
    assert table["authors"] == [{"name": text}]
    assert (project / "README.md").read_text(encoding="utf-8").startswith(f"# {text}\n")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_free_text_reaches_no_python(bake: Bake, text: str) -> None:
    answers = {"project_name": text, "description": text, "author_name": text}
    # The slug names a cookie; the hook lets nothing but letters, digits and hyphens into it.
    plain, hostile = bake(), bake(project_slug="my-chat", **answers)

    for file in plain.rglob("*.py"):
        name = file.relative_to(plain)
        assert (hostile / name).read_bytes() == file.read_bytes(), name


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_title_and_heading_are_the_name_and_no_code_of_a_template(bake: Bake, text: str) -> None:
    templates = bake(project_name=text) / "chat" / "templates" / "chat"
    base = (templates / "base.html").read_text(encoding="utf-8")

    title = re.search(r"<title>{% block title %}(.*){% endblock %}</title>", base)
    heading = re.search(r'<h1 dir="auto">(.*)</h1>', base)
    for found in (title, heading):
        assert found and html.unescape(found[1]) == text
        assert not set("{}<>") & set(found[1])


def test_an_empty_description_and_author_are_no_fault(bake: Bake) -> None:
    table = pyproject(bake(description="", author_name=""))["project"]

    assert table["description"] == ""


def test_an_unknown_question_is_refused(bake: Bake) -> None:
    with pytest.raises(ValueError, match="provder_sdk is not a question"):
        bake(provder_sdk="openai")


def test_an_unknown_choice_is_refused(bake: Bake) -> None:
    with pytest.raises(ValueError, match="cancellation has no answer 'fiber'"):
        bake(cancellation="fiber")
