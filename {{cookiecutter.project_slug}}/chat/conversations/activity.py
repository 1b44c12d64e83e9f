"""What the list says of a conversation: its title, when it was used last, whether it is unread.

Everything here blocks.
"""

from django.utils import timezone
from django.utils.text import Truncator

from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.repair import storable

TITLE_CHARS = 80


def title(prompt: str) -> str:
    """The title of a conversation: the first line of its first prompt that is not blank."""
    line = next((line for line in prompt.splitlines() if line.strip()), "")
    return Truncator(storable(" ".join(line.split()))).chars(TITLE_CHARS)


def title_now(conversation: Conversation) -> str:
    """The title that a conversation has in the database; blank without a row."""
    titles = Conversation.objects.filter(pk=conversation.pk).values_list("title", flat=True)
    return titles.first() or ""


def rename(owner: Owner, conversation_id: str, new_title: str) -> bool:
    """Rename a conversation of the owner. A blank title changes nothing.

    Returns whether there is such a conversation.
    """
    mine = Conversation.objects.filter(**owner.fields, pk=conversation_id)
    if short := title(new_title):
        return mine.update(title=short) == 1
    return mine.exists()


def touch(conversation: Conversation) -> None:
    """Move a conversation to the top of the list."""
    Conversation.objects.filter(pk=conversation.pk).update(active_at=timezone.now())


def mark_unread(reply: Reply) -> None:
    """A reply has ended that no page shows."""
    Conversation.objects.filter(pk=reply.conversation_id).update(is_unread=True)


def mark_read(conversation: Conversation) -> None:
    """A page shows the conversation."""
    conversation.is_unread = False
    Conversation.objects.filter(pk=conversation.pk).update(is_unread=False)
