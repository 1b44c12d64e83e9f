"""One conversation as a Markdown file: what is in it, what it is called, and who gets it."""

import uuid
from email.message import Message

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from chat.export import markdown
from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.replies import rows
from chat.tools.models import ToolCall  # tools
from tests.conversation_rows import ME, SOMEBODY_ELSE, be, conversation_of, ended, said

pytestmark = pytest.mark.django_db
Status = Reply.Status


@pytest.fixture(autouse=True)
def me(client: Client) -> None:
    be(client, ME)


def address(conversation: Conversation) -> str:
    return reverse("export", args=[conversation.pk])


def text_of(client: Client, conversation: Conversation) -> str:
    response = client.get(address(conversation))
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    return response.content.decode()


def test_it_holds_prompts_and_shown_replies_as_they_were_written(client: Client) -> None:
    mine = conversation_of(ME, "What is *this*?\n\n# Not a heading of the file")
    reply, _ = rows.ask(mine, "again")
    ended(reply, "half", status=Status.STOPPED)
    again, _ = rows.ask_again(mine)
    ended(again, "1. **whole**\n   - as `written`\n")
    assert text_of(client, mine) == (
        "# What is *this*? # Not a heading of the file\n\n"
        "## You\n\n> What is *this*?\n>\n> # Not a heading of the file\n\n"
        "## Assistant\n\nA reply to What is *this*?\n\n# Not a heading of the file\n\n"
        "## You\n\n> again\n\n"
        "## Assistant\n\n1. **whole**\n   - as `written`\n"
    )


@pytest.mark.parametrize(
    ("status", "note", "mark"),
    [
        (Status.STOPPED, "", "**Stopped**"),
        (Status.FAILED, "It is overloaded.\nRetry.", "**Failed** It is overloaded. Retry."),
        (Status.INTERRUPTED, "Retry to ask again.", "**Interrupted** Retry to ask again."),
        (Status.COMPLETE, "It reached the limit.", "It reached the limit."),
    ],
)
def test_it_says_how_a_reply_ended(client: Client, status: str, note: str, mark: str) -> None:
    mine = Conversation.objects.create(**ME.fields)
    said(mine, "one", "half", status=status, note=note)
    assert text_of(client, mine).endswith(f"## Assistant\n\nhalf\n\n{mark}\n")


def test_a_streaming_reply_is_exported_as_far_as_it_is_saved(client: Client) -> None:
    mine = Conversation.objects.create(**ME.fields)
    reply, _ = rows.ask(mine, "one")
    reply.text = "so far"
    rows.save(reply)
    assert text_of(client, mine).endswith("so far\n\n**Streaming**\n")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("```python\nprint(1)", "\n```"),
        ("1. Do:\n   ~~~~\n   ```\n   code", "\n   ~~~~"),
        ("````\n```\n````", ""),
        ("```\ncode\n```` \n", ""),
        ("``` not `a fence", ""),
    ],
)
def test_a_code_block_without_an_end_does_not_go_on_over_the_next_turn(text: str, end: str) -> None:
    assert markdown.closed(text) == text + end


def test_a_prompt_cannot_leave_its_quote() -> None:
    assert markdown.quote("a\r```\n\nb\r\n<!--") == "> a\n> ```\n>\n> b\n> <!--"


def test_a_tool_call_is_in_a_fence_that_nothing_in_it_closes(client: Client) -> None:  # tools
    mine = Conversation.objects.create(**ME.fields)
    reply = said(mine, "one", "Before.After.", call_count=1)
    ToolCall.objects.create(
        reply=reply,
        round=0,
        position=len("Before."),
        call_id="1",
        name="search",
        arguments='{"words": "```"}',
        status=ToolCall.Status.COMPLETE,
        result="text\n````\n## You\n",
    )
    assert text_of(client, mine).partition("## Assistant\n\n")[2] == (
        "Before.\n\n"
        '`````\nTool search was called\n{"words": "```"}\ntext\n````\n## You\n\n`````\n\n'
        "After.\n"
    )


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Plain words", "Plain words.md"),
        ("two\r\nlines\tand \x1b[31m", "two lines and [31m.md"),
        ('"quoted" \'it\' \\ a/b; x="y"', "quoted 'it' a b; x= y.md"),
        ("Was heißt „schön“?", "Was heißt „schön“.md"),
        ("नमस्ते दुनिया 你好 شكرا", "नमस्ते दुनिया 你好 شكرا.md"),
        ("👩‍👩‍👧 100 %", "👩‍👩‍👧 100 %.md"),
        ("annex\u202egpj.exe", "annex gpj.exe.md"),
        ("../../.bashrc ", "bashrc.md"),
        ("???", "conversation.md"),
        ("x" * 1000, f"{'x' * 60}.md"),
    ],
)
def test_a_file_is_named_by_its_first_prompt(client: Client, prompt: str, name: str) -> None:
    mine = conversation_of(ME, prompt)
    header = client.get(address(mine))["Content-Disposition"]
    message = Message()
    message["Content-Disposition"] = header
    assert header.startswith("attachment; filename")
    assert message.get_filename() == name


def test_a_conversation_without_a_turn_is_exported(client: Client) -> None:
    mine = Conversation.objects.create(**ME.fields)
    assert text_of(client, mine) == "# Conversation\n"


def test_somebody_elses_is_as_one_that_does_not_exist(client: Client) -> None:
    theirs = conversation_of(SOMEBODY_ELSE, "a secret")
    unknown = Conversation(pk=uuid.uuid4())
    pages = [client.get(address(each)) for each in (theirs, unknown)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].content == pages[1].content
    assert Client().get(address(theirs)).status_code == 404


def test_where_a_login_is_required_a_user_gets_what_is_theirs(
    client: Client, settings: Settings
) -> None:
    settings.CHAT_LOGIN_REQUIRED = True
    users = [get_user_model().objects.create(username=name) for name in ("one", "two")]
    mine, theirs = (conversation_of(Owner(user_id=user.pk), "a prompt") for user in users)
    login = client.get(address(mine))
    assert login["Location"] == f"/accounts/login/?next={address(mine)}"
    client.force_login(users[0])
    assert client.get(address(mine)).status_code == 200
    assert client.get(address(theirs)).status_code == 404
    assert client.get(address(conversation_of(ME, "before"))).status_code == 404


def test_it_is_read_only_and_never_cached(client: Client) -> None:
    mine = conversation_of(ME, "a prompt")
    assert "no-store" in client.get(address(mine))["Cache-Control"]
    assert client.post(address(mine)).status_code == 405


def test_the_number_of_queries_does_not_grow_with_the_conversation(client: Client) -> None:
    counts = set()
    for turns in (2, 12):
        mine = conversation_of(ME, *map(str, range(turns)))
        with CaptureQueriesContext(connection) as queries:
            text_of(client, mine)
        counts.add(len(queries))
    assert counts == {2}
