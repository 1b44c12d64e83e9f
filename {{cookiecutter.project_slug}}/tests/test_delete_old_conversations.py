"""The command that deletes what nobody has used for a while: what it deletes, and what it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from chat.models import Conversation, Reply, Turn
from chat.replies import rows
from tests.conversation_rows import ME, SOMEBODY_ELSE, conversation_of, ended

pytestmark = pytest.mark.django_db
Status = Reply.Status
Captured = pytest.CaptureFixture[str]
NO_SESSION = "0 expired sessions"


def age(aged: Conversation, **days: int) -> None:
    """Move what is stored of a conversation into the past: all of it, unless named."""
    for model, field, owner in (
        (Conversation, "created_at", "pk"),
        (Turn, "created_at", "conversation"),
        (Reply, "saved_at", "conversation"),
    ):
        time = timezone.now() - timedelta(days=days.get(model.__name__.lower(), 100))
        model._default_manager.filter(**{owner: aged.pk}).update(**{field: time})


def run(captured: Captured, *arguments: str, **options: Any) -> list[str]:
    call_command("delete_old_conversations", *arguments, **options)
    return captured.readouterr().out.splitlines()


def left() -> set[Conversation]:
    return set(Conversation.objects.all())


def test_what_was_not_used_for_so_many_days_is_deleted(capsys: Captured) -> None:
    old, older, new, empty, new_empty = (
        conversation_of(owner, *prompts)
        for owner, *prompts in ((ME, "1"), (SOMEBODY_ELSE, "2"), (ME, "3"), (ME,), (ME,))
    )
    age(old, conversation=31, turn=31, reply=31)
    age(older)
    age(new, conversation=29, turn=29, reply=29)
    age(empty)
    assert run(capsys, "--days", "30") == [
        "Deleted 3 conversations whose last turn or reply is more than 30 days old.",
        f"Deleted {NO_SESSION}.",
    ]
    assert left() == {new, new_empty}


@pytest.mark.parametrize("part", ["turn", "reply"])
def test_the_newest_turn_or_reply_counts(part: str, capsys: Captured) -> None:
    used = conversation_of(ME, "a prompt")
    age(used, **{part: 29})
    run(capsys, "--days", "30")
    assert left() == {used}
    age(used, **{part: 31})
    run(capsys, "--days", "30")
    assert left() == set()


def test_one_that_streams_is_left_alone_until_its_end(capsys: Captured) -> None:
    streaming = conversation_of(ME)
    reply, _ = rows.ask(streaming, "a prompt")
    age(streaming)
    run(capsys, "--days", "30")
    assert left() == {streaming}
    ended(reply, "its text")
    age(streaming)
    run(capsys, "--days", "30")
    assert left() == set()


def test_one_that_waits_for_its_user_does_not_stream(capsys: Captured) -> None:
    waiting = conversation_of(ME)
    reply, _ = rows.ask(waiting, "a prompt")
    Reply.objects.filter(pk=reply.pk).update(process="")
    age(waiting)
    run(capsys, "--days", "30")
    assert left() == set()


def test_a_dry_run_deletes_nothing(capsys: Captured) -> None:
    old = conversation_of(ME, "a prompt")
    age(old)
    add_sessions()
    assert run(capsys, "--days", "1", "--dry-run") == [
        "Would delete 1 conversation whose last turn or reply is more than 1 day old.",
        "Would delete 2 expired sessions.",
    ]
    assert left() == {old}
    assert Session.objects.count() == 3


def add_sessions() -> None:
    """Two that have expired, and one that has not."""
    for key, days in (("a", -1), ("b", -100), ("c", 1)):
        time = timezone.now() + timedelta(days=days)
        Session.objects.create(session_key=key, expire_date=time)


def test_expired_sessions_are_deleted(capsys: Captured) -> None:
    add_sessions()
    assert run(capsys)[-1] == "Deleted 2 expired sessions."
    assert Session.objects.get().session_key == "c"


def test_sessions_that_are_not_in_the_database_are_left_to_their_store(
    settings: Settings, capsys: Captured
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    assert run(capsys)[-1] == f"Deleted {NO_SESSION}."


def test_by_default_nothing_is_ever_deleted(capsys: Captured) -> None:
    old = conversation_of(ME, "a prompt")
    age(old)
    never = "Conversations are kept for ever: the number of days is 0."
    assert run(capsys)[0] == run(capsys, "--days", "0")[0] == never
    assert left() == {old}


def test_the_setting_is_the_default_and_the_option_decides(
    settings: Settings, capsys: Captured
) -> None:
    settings.CHAT_DELETE_AFTER_DAYS = 50
    age(conversation_of(ME, "a prompt"))
    assert "Deleted 0 conversations" in run(capsys, "--days", "200")[0]
    assert "Deleted 1 conversation whose" in run(capsys)[0]


@pytest.mark.parametrize("days", ["-1", "a week", "1.5", "36501", ""])
def test_bad_input_deletes_nothing_and_is_told_what_it_takes(days: str, capsys: Captured) -> None:
    old = conversation_of(ME, "a prompt")
    age(old)
    for given in ((f"--days={days}",), ()):
        with pytest.raises(CommandError) as refused:
            run(capsys, *given, **({} if given else {"days": days}))
        assert str(refused.value) == (
            f"--days={days!r} is not understood. Use a whole number from 0 to 36500."
        )
    assert left() == {old}


def test_a_setting_that_is_no_number_of_days_is_refused(settings: Settings) -> None:
    settings.CHAT_DELETE_AFTER_DAYS = -30
    with pytest.raises(CommandError, match=r"^CHAT_DELETE_AFTER_DAYS=-30 is not understood"):
        call_command("delete_old_conversations")
