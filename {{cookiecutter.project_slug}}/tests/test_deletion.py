"""Conversations are deleted with all that belongs to them, and nobody else's."""

from typing import Any

import pytest
from django.db.models.signals import post_delete

from chat import deletion
from chat.models import Conversation, Reply, Turn
from chat.tools.models import ToolCall  # tools
from tests.conversation_rows import ME, SOMEBODY_ELSE, conversation_of

pytestmark = pytest.mark.django_db


def test_all_of_an_owner_are_deleted_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "BATCH", 2)
    for number in range(5):
        conversation_of(ME, f"mine {number}", "more")
    theirs = conversation_of(SOMEBODY_ELSE, "theirs")
    assert deletion.delete_all(ME) == 5
    assert deletion.delete_all(ME) == 0
    assert Conversation.objects.get() == theirs
    assert Turn.objects.get().prompt == "theirs"
    assert Reply.objects.get().text == "A reply to theirs"


def test_calls_of_tools_are_deleted_with_their_reply() -> None:  # tools
    reply = conversation_of(ME, "one").replies.get()
    ToolCall.objects.create(reply=reply, round=0, position=0, status=ToolCall.Status.COMPLETE)
    assert deletion.delete_all(ME) == 1
    assert not ToolCall.objects.exists()


def test_one_that_no_longer_is_among_them_when_its_batch_comes_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deletion, "BATCH", 1)
    for _ in range(2):
        conversation_of(ME)

    def use(instance: Conversation, **kwargs: Any) -> None:
        for other in Conversation.objects.exclude(pk=instance.pk):
            Turn.objects.create(conversation=other, prompt="meanwhile")

    post_delete.connect(use, sender=Conversation)
    try:
        assert deletion.delete(Conversation.objects.filter(turns=None)) == 1
    finally:
        post_delete.disconnect(use, sender=Conversation)
    assert Turn.objects.get().prompt == "meanwhile"
