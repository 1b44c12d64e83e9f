"""Reads of conversations from the database. All of them block, and none of them writes."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max, Q, QuerySet
from django.utils.crypto import salted_hmac

from chat import versions  # versions
from chat.models import Conversation, Reply, Turn
from chat.owners import Owner
from chat.provider.messages import Message
from chat.tools import history as tool_history  # tools

# Columns that no page shows. A UUID or a datetime for each value takes longer than the query.
NOT_SHOWN = (
    "conversation",
    "created_at",
    "saved_at",
    "watched_at",
    "ended_at",
    "turn__conversation",
    "turn__created_at",
)


def newest(owner: Owner) -> Conversation | None:
    """The conversation that the owner began last."""
    return Conversation.objects.filter(**owner.fields).first()


def find(owner: Owner, conversation_id: UUID | str) -> Conversation | None:
    """The owner's conversation with this id.

    None if there is none, or if it is somebody else's: nobody can tell one from the other.
    """
    try:
        return Conversation.objects.filter(**owner.fields, pk=conversation_id).first()
    except ValidationError:  # not a UUID
        return None


def find_or_blank(owner: Owner, conversation_id: str) -> Conversation | None:
    """`find`, or a new conversation with this id, not saved, if no row has it yet.

    A blank page names its conversation before the first prompt inserts the row.
    """
    found = find(owner, conversation_id)
    if found is not None:
        return found
    try:
        is_taken = Conversation._base_manager.filter(pk=conversation_id).exists()
    except ValidationError:
        return None
    return None if is_taken else Conversation(pk=UUID(conversation_id), **owner.fields)


def blank(owner: Owner) -> Conversation:
    """The conversation that the owner's next New chat begins; its first prompt inserts the row.

    Its id is the same in every tab until then, so that tabs show the same. Nobody can guess it.
    """
    # Of all rows: the id of a deleted one is taken until its row is gone.
    before = Conversation._base_manager.filter(**owner.fields).order_by("-created_at").first()
    digest = salted_hmac("chat.queries.blank", f"{owner.fields} {before and before.pk}").hexdigest()
    conversation = Conversation(pk=UUID(digest[:32]), **owner.fields)
    conversation.model = before.model if before else ""  # models
    return conversation


def turns(conversation: Conversation, since: int = 0) -> list[tuple[Turn, Reply]]:
    """Each turn from the one with the id `since` on, with the reply that is shown.

    One query, and one more where tools were called; it does not load the other replies.
    """
    rows = _shown_replies(conversation, since).defer(*NOT_SHOWN)
    rows = versions.numbered(rows)  # versions
    replies = list(rows)
    tool_history.fetch(replies)  # tools
    return [(reply.turn, reply) for reply in replies]


def _shown_replies(conversation: Conversation, since: int = 0) -> QuerySet[Reply]:
    """The reply of each turn that the page shows and the model is told: the newest."""
    chosen = Q(turn_id__gte=since)
    shown: Any = Max("pk")
    chosen |= versions.PAGED  # versions
    shown = versions.shown_or(shown)  # versions
    replies = Reply.objects.filter(chosen, conversation=conversation).order_by()
    ids = replies.values("turn").annotate(shown=shown).values("shown")
    return Reply.objects.filter(pk__in=ids).select_related("turn").order_by("turn_id")


def last_reply(conversation: Conversation) -> Reply | None:
    """The reply of the last turn that is shown."""
    return _shown_replies(conversation).last()


def text(owner: Owner, conversation_id: UUID, reply_id: int) -> str | None:
    """The text of a reply. None if there is none, or if it is somebody else's."""
    conversation = find(owner, conversation_id)
    replies = Reply.objects.filter(pk=reply_id, conversation=conversation)
    return replies.values_list("text", flat=True).first() if conversation else None


def history(reply: Reply) -> list[Message]:
    """The messages for the model: the turns before this reply's, then its prompt.

    Raises `Conversation.DoesNotExist` if the conversation was deleted, or is somebody else's.
    """
    messages = []
    conversation = reply.conversation
    owner = Owner(conversation.user_id, conversation.visitor)
    mine = Conversation.objects.filter(pk=conversation.pk, **owner.fields)
    # Reasoning is often longer than the text, and the model is not sent its own.
    shown = _shown_replies(conversation)
    replies = list(shown.filter(conversation__in=mine).defer("reasoning"))
    if not replies:
        raise Conversation.DoesNotExist
    tool_history.fetch(replies)  # tools
    for earlier in replies:
        if earlier.turn_id == reply.turn_id:
            break
        messages += [Message("user", earlier.asked), *_said(earlier, reply.model)]
    return [*messages, Message("user", reply.asked)]


def _said(reply: Reply, model: str) -> list[Message]:
    """What an earlier reply says to `model`."""
    if reply.call_count:  # tools
        calls = reply.tool_calls.all()
        return tool_history.messages(reply.text, calls, keeps_extra=reply.model == model)
    # Some providers refuse a blank message, and with it the whole conversation from then on.
    return [Message("assistant", reply.text)] if reply.text.strip() else []
