"""A turn as HTML: the prompt escaped, the newest reply as Markdown."""

from typing import Any

from django.template.loader import render_to_string

from chat.models import Reply, Turn
from chat.page.markdown import render, render_part


def reply_html(reply: Reply) -> str:
    """The text of a reply as safe HTML."""
    return render(reply.text) if reply.status == Reply.Status.COMPLETE else render_part(reply.text)


def turn_context(turn: Turn, reply: Reply) -> dict[str, Any]:
    """What the template `_turn.html` needs."""
    return {"turn": turn, "reply": reply, "html": reply_html(reply)}


def turn_html(turn: Turn, reply: Reply) -> str:
    return render_to_string("chat/_turn.html", turn_context(turn, reply), using="django")
