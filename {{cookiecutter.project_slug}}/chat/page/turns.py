"""A turn as HTML: the prompt escaped, its reply as Markdown, the reply's tool calls between."""

from functools import partial
from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from chat import (
    model_choice,  # models
    versions,  # versions
)
from chat.models import Reply, Turn
from chat.page import usage  # usage
from chat.page.growing import render_part
from chat.page.kept import KeptHtml
from chat.page.markdown import render
from chat.tools import history  # tools

TEXT = ["chat/_text.html"]

# The HTML of texts, by the text, on which alone it depends: colouring code takes long.
_texts = KeptHtml()
# The HTML of whole turns, by all columns that were read: rendering takes longer than reading them.
_turns = KeptHtml()


def reply_html(reply: Reply, start: int = 0) -> SafeString:
    """The text of a reply from `start` on as safe HTML. Call it in a thread."""
    is_whole = reply.status == Reply.Status.COMPLETE
    return _text_html(reply, reply.text[start:], start, is_whole=is_whole)


def _text_html(reply: Reply, text: str, start: int, *, is_whole: bool) -> SafeString:
    html = _texts.get((text, is_whole), partial(render if is_whole else render_part, text))
    if "data-footnotes" not in html:
        return html
    # Ids must differ from those of other texts.
    anchor = f"reply-{reply.pk}-{start}-fn"
    return mark_safe(
        html.replace('id="fn', f'id="{anchor}').replace('href="#fn', f'href="#{anchor}')
    )


def turn_html(turn: Turn, reply: Reply) -> SafeString:
    """A turn with one of its replies, as `queries.turns` has read them. Call it in a thread."""
    if reply.status == Reply.Status.STREAMING:
        return _turn_html(turn, reply)
    if reply.call_count:  # tools
        return _turn_html(turn, reply)
    return _turns.get((*_values(turn), *_values(reply)), partial(_turn_html, turn, reply))


def _values(row: Model) -> tuple[Any, ...]:
    """What was read of a row, annotations included."""
    return tuple(value for name, value in vars(row).items() if name != "_state")


def _turn_html(turn: Turn, reply: Reply) -> SafeString:
    return render_to_string("chat/_turn.html", _context(turn, reply), using="django")


def _context(turn: Turn, reply: Reply) -> dict[str, Any]:
    parts = [{"templates": TEXT, "html": reply_html(reply)}]
    if reply.call_count:  # tools
        parts = _parts(reply)
    return {
        "turn": turn,
        "reply": reply,
        "parts": parts,
        "by": reply.model if model_choice.offered() else "",  # models
        "usage": usage.context(reply),  # usage
        "versions": versions.pager(reply),  # versions
    }


def _parts(reply: Reply) -> list[dict[str, Any]]:  # tools
    """The texts and tool calls of a reply."""
    parts: list[dict[str, Any]] = []
    start = 0
    *before, _ = history.split(reply.text, reply.tool_calls.all())
    for part in before:
        if isinstance(part, str):
            html = _text_html(reply, part, start, is_whole=True)
            parts.append({"templates": TEXT, "html": html})
        else:
            parts.append({"templates": part.templates, "call": part})
            start = part.position
    return [*parts, {"templates": TEXT, "html": reply_html(reply, start)}]
