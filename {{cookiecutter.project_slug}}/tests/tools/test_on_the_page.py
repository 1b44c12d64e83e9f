"""The template of a tool call: the tool's own or the common one, whatever name the model wrote."""

from pathlib import Path

import pytest
from pytest_django import Settings

from chat import queries
from chat.page import turns
from chat.tools.models import ToolCall
from tests.conversation_rows import ME, conversation_of

pytestmark = pytest.mark.django_db


def html_of(name: str) -> str:
    """The HTML of a turn in which a tool of this name was called."""
    conversation = conversation_of(ME, "What is 6 * 7?")
    reply = conversation.replies.get()
    fields = {"arguments": "{}", "status": ToolCall.Status.COMPLETE, "result": "<b>42</b>"}
    ToolCall.objects.create(reply=reply, round=0, position=0, call_id="1", name=name, **fields)
    conversation.replies.update(call_count=1)
    ((turn, reply),) = queries.turns(conversation)
    return turns.turn_html(turn, reply)


def test_a_tool_may_have_a_template_of_its_own(tmp_path: Path, settings: Settings) -> None:
    own = tmp_path / "chat" / "tools" / "multiply.html"
    own.parent.mkdir(parents=True)
    own.write_text("<p>Multiplied.</p>", encoding="utf-8")
    first, django = settings.TEMPLATES
    settings.TEMPLATES = [first, {**django, "DIRS": [tmp_path]}]
    assert "<p>Multiplied.</p>" in html_of("multiply")
    assert 'data-tool="divide"' in html_of("divide")


@pytest.mark.parametrize("name", ["../_turn", "../page", "a\0b", "ü" * 200, "a" * 200, "/", ".."])
def test_no_name_breaks_the_page(name: str) -> None:
    html = html_of(name)
    assert f'data-tool="{name}"' in html
    assert "&lt;b&gt;42&lt;/b&gt;" in html
