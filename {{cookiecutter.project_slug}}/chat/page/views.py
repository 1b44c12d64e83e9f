"""The page: an ordinary Django view, with the log of a conversation in it."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from chat import (
    model_choice,  # models
    queries,
)
from chat.owners import owner_of, remember
from chat.page.controls import controls
from chat.page.conversation_list import list_state  # conversations
from chat.page.turns import turn_html
from chat.provider import names


@never_cache
@ensure_csrf_cookie
def page(
    request: HttpRequest, conversation_id: UUID | None = None, *, new: bool = False
) -> HttpResponse:
    """The conversation with this id, a new one, or else the newest.

    It reads from the database four times at most, twice more with a login, and writes nothing.
    """
    owner = owner_of(request)
    if owner is None:
        return redirect_to_login(request.get_full_path())
    if conversation_id:
        conversation = queries.find(owner, conversation_id)
        if conversation is None:
            return render(request, "chat/no_conversation.html", status=404, using="django")
    else:
        conversation = (None if new else queries.newest(owner)) or queries.blank(owner)
    turns = [] if conversation._state.adding else queries.turns(conversation)
    context = {
        "conversation": conversation,
        "address": reverse("conversation", args=[conversation.pk]) if turns else request.path,
        "turns": [turn_html(turn, reply) for turn, reply in turns],
        "provider": names,
        "socket_path": settings.CHAT_SOCKET_PATH,
        "built_in_model": settings.CHAT_BUILT_IN_MODEL,
        "built_in_record": settings.CHAT_BUILT_IN_RECORD if is_local(request) else "",
        "max_prompt_chars": settings.CHAT_MAX_PROMPT_CHARS,
        **controls(turns[-1][1] if turns else None),
        **model_choice.picker(conversation),  # models
        **list_state(owner),  # conversations
        "current": str(conversation.pk),  # conversations
        "current_title": conversation.title,  # conversations
    }
    response = render(request, "chat/page.html", context, using="django")
    remember(owner, response)
    return response


def is_local(request: HttpRequest) -> bool:
    """Whether the browser is on this machine: no other reaches the built-in model."""
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


@never_cache
def source(request: HttpRequest, conversation_id: UUID, reply_id: int) -> HttpResponse:
    """The Markdown of a reply, as the model wrote it: what Copy copies.

    Raises Http404 unless the reply belongs to whoever asks.
    """
    owner = owner_of(request)
    text = queries.text(owner, conversation_id, reply_id) if owner else None
    if text is None:
        raise Http404
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
