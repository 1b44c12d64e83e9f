"""The HTML of turns that have ended is kept, for as long as it is true."""

import pytest
from django.utils.safestring import SafeString, mark_safe

from chat import queries
from chat.models import Conversation, Reply, Turn
from chat.page import turns
from chat.page.kept import KeptHtml
from tests.conversation_rows import ME, conversation_of, ended, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[Turn]:
    """The turns whose template was rendered."""
    # An equal turn of another test counts.
    monkeypatch.setattr(turns, "_turns", KeptHtml())
    seen = []
    render = turns._turn_html

    def note(turn: Turn, reply: Reply) -> SafeString:
        seen.append(turn)
        return render(turn, reply)

    monkeypatch.setattr(turns, "_turn_html", note)
    return seen


def html_of(conversation: Conversation) -> str:
    return "".join(turns.turn_html(turn, reply) for turn, reply in queries.turns(conversation))


def test_turns_that_have_ended_are_rendered_once(rendered: list[Turn]) -> None:
    conversation = conversation_of(ME, "first", "second")
    html = html_of(conversation)
    assert "A reply to first" in html and "A reply to second" in html
    assert html_of(conversation) == html
    assert len(rendered) == 2


def test_a_turn_is_rendered_again_after_a_change(rendered: list[Turn]) -> None:
    conversation = conversation_of(ME, "first", "second")
    html_of(conversation)
    Reply.objects.filter(turn__prompt="first").update(note="Cut off at the limit")
    assert html_of(conversation).count("Cut off at the limit") == 1
    assert [turn.prompt for turn in rendered] == ["first", "second", "first"]


def test_another_version_changes_the_turn(rendered: list[Turn]) -> None:  # versions
    conversation = conversation_of(ME, "first")
    assert "1 of 2" not in html_of(conversation)
    reply = Reply.objects.get()
    Reply.objects.create(conversation=conversation, turn=reply.turn, status="complete")
    Turn.objects.update(shown=reply)
    assert "1 of 2" in html_of(conversation)
    assert len(rendered) == 2


def test_a_reply_that_streams_is_not_kept(rendered: list[Turn]) -> None:
    conversation = conversation_of(ME)
    reply = said(conversation, "first")
    Reply.objects.update(status=Reply.Status.STREAMING)
    html_of(conversation)
    html_of(conversation)
    assert len(rendered) == 2
    ended(reply, "the end")
    assert "the end" in html_of(conversation)


def test_pages_that_see_a_reply_end_share_its_html(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = said(conversation_of(ME), "first", "*shared*")
    html = turns.reply_html(reply)
    monkeypatch.setattr(turns, "render", lambda _: pytest.fail("rendered again"))
    assert turns.reply_html(reply) == html == "<p><em>shared</em></p>\n"


def test_what_was_used_longest_ago_goes_when_all_is_too_long() -> None:
    kept, rendered = KeptHtml(chars=10), []

    def html_of(source: str) -> SafeString:
        def render() -> SafeString:
            rendered.append(source)
            return mark_safe(source * 4)

        return kept.get(source, render)

    assert [html_of(source) for source in "abaca"] == ["aaaa", "bbbb", "aaaa", "cccc", "aaaa"]
    assert rendered == ["a", "b", "c"]
    assert [html_of(source) for source in "cb"] == ["cccc", "bbbb"]
    assert rendered == ["a", "b", "c", "b"]
