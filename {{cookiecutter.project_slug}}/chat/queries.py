"""Reads of conversations from the database. All of them block, and none of them writes."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.crypto import salted_hmac

from chat.models import Conversation, Reply, Turn
from chat.owners import Owner
from chat.provider.events import Message


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
        is_taken = Conversation.objects.filter(pk=conversation_id).exists()
    except ValidationError:
        return None
    return None if is_taken else Conversation(pk=UUID(conversation_id), **owner.fields)


def blank(owner: Owner) -> Conversation:
    """The conversation that the owner's next New chat begins; its first prompt inserts the row.

    Its id is the same in every tab until then, so that tabs show the same. Nobody can guess it.
    """
    before = newest(owner)
    digest = salted_hmac("chat.queries.blank", f"{owner.fields} {before and before.pk}").hexdigest()
    return Conversation(pk=UUID(digest[:32]), **owner.fields)


def turns(conversation: Conversation, since: int = 0) -> list[tuple[Turn, Reply]]:
    """Each turn from the one with the id `since` on, with its newest reply.

    One query; it does not load replies that a Retry replaced.
    """
    newest_ids = (
        Reply.objects.filter(conversation=conversation, turn_id__gte=since)
        .order_by()
        .values("turn")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    replies = Reply.objects.filter(pk__in=newest_ids).select_related("turn").order_by("turn_id")
    return [(reply.turn, reply) for reply in replies]


def last_reply(conversation: Conversation) -> Reply | None:
    """The newest reply to the last turn."""
    return (
        Reply.objects.filter(conversation=conversation)
        .select_related("turn")
        .order_by("turn_id", "pk")
        .last()
    )


def history(reply: Reply) -> list[Message]:
    """The messages for the model: the turns before this reply's, then its prompt."""
    messages = []
    for turn, earlier in turns(reply.conversation):
        messages.append(Message("user", turn.prompt))
        if turn.pk == reply.turn_id:
            break
        # Some providers refuse a blank message, and with it the whole conversation from then on.
        if earlier.text.strip():
            messages.append(Message("assistant", earlier.text))
    return messages
