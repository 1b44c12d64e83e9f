"""Which models may be picked (CHAT_MODELS), and which one a conversation has picked.

A pick is a name in the conversation's row, and counts only while it is offered. So an operator can
take a model away, and no crafted event can pick one that is not listed.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings

from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.provider.messages import default_model

T = TypeVar("T")


def offered() -> list[str]:
    """The models that may be picked; none if there are fewer than two.

    CHAT_MODEL is one of them, as the first, where CHAT_MODELS does not name it.
    """
    if not settings.CHAT_MODELS:
        return []
    models = list(dict.fromkeys(settings.CHAT_MODELS))
    if default_model() not in models:
        models.insert(0, default_model())
    return models if len(models) > 1 else []


def chosen(conversation: Conversation) -> str:
    """The model that replies in a conversation: the one that was picked, or the default one."""
    return conversation.model if conversation.model in offered() else default_model()


def keep(conversation: Conversation, model: str) -> None:
    """Let `model` reply in a conversation from now on. Blocks.

    The default one is kept as "", so that the conversation follows CHAT_MODEL when that changes. A
    conversation without a row is inserted with its model by its first prompt.
    """
    conversation.model = "" if model == default_model() else model
    owner = Owner(conversation.user_id, conversation.visitor)
    rows = Conversation.objects.filter(pk=conversation.pk, **owner.fields)
    rows.exclude(model=conversation.model).update(model=conversation.model)


def keeping(model: str, begin: Callable[[Conversation], T]) -> Callable[[Conversation], T]:
    """`begin`, after its conversation was given `model`: the one that the page shows.

    Without a model, there is no picker.
    """

    def begin_with_model(conversation: Conversation) -> T:
        keep(conversation, model)
        return begin(conversation)

    return begin_with_model if model else begin


def picker(conversation: Conversation) -> dict[str, Any]:
    """The state of the picker of a page, empty where there is none.

    `gone_model` was picked, and is no longer offered.
    """
    models = offered()
    if not models:
        return {}
    is_gone = conversation.model not in ("", *models)
    return {
        "models": models,
        "model": chosen(conversation),
        "gone_model": conversation.model if is_gone else "",
    }


def picker_after(reply: Reply | None) -> dict[str, Any]:
    """What a new reply changes in the picker of each page that shows it."""
    if reply is None or reply.model not in offered():
        return {}
    return {"model": reply.model, "gone_model": ""}
