"""The addresses of the exports: one conversation as Markdown, all of one's own as JSON."""

from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import queries
from chat.export import archive, markdown
from chat.export.titles import file_name
from chat.owners import owner_of


@never_cache
@require_safe
def one(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """A conversation as a Markdown file, in three queries at most."""
    owner = owner_of(request)
    if owner is None:
        return redirect_to_login(request.get_full_path())
    conversation = queries.find(owner, conversation_id)
    if conversation is None:
        return render(request, "chat/no_conversation.html", status=404, using="django")
    turns = queries.turns(conversation)
    name = turns[0][0].prompt if turns else ""
    name = conversation.title or name  # conversations
    return HttpResponse(
        markdown.document(turns, name),
        content_type="text/markdown; charset=utf-8",
        headers=_attachment(file_name(name)),
    )


@never_cache
@require_safe
def everything(request: HttpRequest) -> HttpResponseBase:
    """All conversations of whoever asks. A browser without a cookie has none."""
    owner = owner_of(request)
    if owner is None:
        return redirect_to_login(request.get_full_path())
    return StreamingHttpResponse(
        archive.pieces(owner),
        content_type="application/json",
        headers=_attachment("conversations.json"),
    )


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": content_disposition_header(True, name) or ""}
