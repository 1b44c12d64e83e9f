"""What a limit lets through, what it says when it does not, and what is counted in the end."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from chat.limits import accounts, hooks
from chat.limits.messages import LimitError
from chat.limits.models import Account, Reservation
from chat.models import Conversation, Reply, Turn
from chat.provider.messages import Request
from chat.replies import (
    approval,  # tools
    processes,
    rows,
    rows_elsewhere,
)

pytestmark = pytest.mark.django_db
Status = Reply.Status
ZONE = ZoneInfo("Asia/Tokyo")


@dataclass
class Clock:
    """What `timezone.now` says."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clock:
    settings.TIME_ZONE = ZONE.key
    settings.CHAT_MAX_OUTPUT_TOKENS = 400
    settings.CHAT_TOOL_ROUNDS = 0  # tools
    clock = Clock(datetime(2026, 3, 1, 20, 59, tzinfo=ZONE))
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def ask(visitor: str = "one", address: str = "192.0.2.1", prompt: str = "Hi") -> rows.Begun:
    """Ask in a conversation of its own."""

    def begin(conversation: Conversation) -> rows.Begun:
        return rows.ask(conversation, prompt)

    scope = {"headers": [], "client": (address, 1234)}
    return hooks.paid(begin, scope)(Conversation(pk=uuid.uuid4(), visitor=visitor))


def end(reply: Reply, tokens: int | None, status: Status = Status.COMPLETE) -> None:
    reply.status, reply.rounds = status, 1
    if tokens is not None:
        reply.input_tokens, reply.output_tokens = 0, tokens
    assert rows.save(reply)


def used() -> list[int]:
    return sorted(Account.objects.values_list("used", flat=True))


def held() -> int:
    return sum(Reservation.objects.values_list("tokens", flat=True))


def refusal(begin: Callable[[], rows.Begun]) -> str:
    """What a person reads. Nothing was inserted."""
    before = [model.objects.count() for model in (Conversation, Turn, Reply, Reservation)]
    requests = list(Account.objects.values_list("key", "requests"))
    with pytest.raises(LimitError) as refused:
        begin()
    assert [model.objects.count() for model in (Conversation, Turn, Reply, Reservation)] == before
    assert list(Account.objects.values_list("key", "requests")) == requests
    return str(refused.value)


def test_what_is_left_is_reserved_and_is_the_limit_of_the_reply(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    first, request = ask()
    assert request.max_output_tokens == 400
    _, request = ask()
    assert request.max_output_tokens == 400
    _, request = ask()
    assert 50 <= request.max_output_tokens < 200
    assert held() == 2 * 1000  # of the visitor and of the address
    text = refusal(ask)
    assert text.startswith("Replies that are still being written may use up today's 1,000 tokens.")
    assert "There are new ones at midnight (Asia/Tokyo), in 4 hours." in text
    end(first, 100)
    assert used() == [100, 100]
    _, request = ask()
    assert request.max_output_tokens > 250


def test_a_day_ends_at_midnight_where_the_site_is(settings: Settings, clock: Clock) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    reply, _ = ask()
    end(reply, 980)
    text = refusal(ask)
    assert text.startswith("Too few of today's 1,000 tokens are left.")
    clock.now = datetime(2026, 3, 1, 23, 59, 40, tzinfo=ZONE)
    assert "at midnight (Asia/Tokyo), in 20 seconds." in refusal(ask)
    clock.now = datetime(2026, 3, 2, tzinfo=ZONE)
    _, request = ask()
    assert request.max_output_tokens == 400
    assert used() == [0, 0]


def test_a_reply_over_midnight_is_yesterdays(settings: Settings, clock: Clock) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    reply, _ = ask()
    clock.now += timedelta(hours=5)
    ask()
    end(reply, 300)
    assert used() == [0, 0]


def test_a_minute_slides(settings: Settings, clock: Clock) -> None:
    settings.CHAT_REQUESTS_PER_MINUTE = 2
    ask()
    clock.now += timedelta(seconds=40)
    _, request = ask()
    assert request.max_output_tokens == 400
    text = refusal(ask)
    assert text.startswith("At most 2 requests a minute can be sent. Try again in 20 seconds.")
    clock.now += timedelta(seconds=19)
    assert "in 1 second." in refusal(ask)
    clock.now += timedelta(seconds=1)
    ask()
    assert "in 40 seconds" in refusal(ask)


def test_without_a_login_a_new_session_is_no_way_around(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    reply, _ = ask("one", "192.0.2.1")
    end(reply, 1000)
    assert "network address" in refusal(lambda: ask("another", "192.0.2.1"))
    assert "network address" in refusal(lambda: ask("one", "192.0.2.99"))
    ask("another", "192.0.2.99")


def test_with_a_login_the_address_does_not_count(
    settings: Settings, django_user_model: Any
) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER, settings.CHAT_LOGIN_REQUIRED = 1000, True
    users = [django_user_model.objects.create(username=name) for name in ("one", "two")]
    for user in users:

        def begin(user: Any = user) -> rows.Begun:
            scope = {"headers": [], "client": ("192.0.2.1", 1234)}
            paid = hooks.paid(lambda conversation: rows.ask(conversation, "Hi"), scope)
            return paid(Conversation(pk=uuid.uuid4(), user=user))

        reply, _ = begin()
        end(reply, 1000)
        assert "network address" not in refusal(begin)
    assert used() == [1000, 1000]


def test_a_prompt_that_no_day_has_room_for_is_told_so(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 100
    text = refusal(lambda: ask(prompt="word " * 100))
    assert "The limit is 100 tokens a day. Start a New chat, or shorten the prompt." in text


@pytest.mark.parametrize("status", [Status.STOPPED, Status.INTERRUPTED, Status.FAILED])
def test_what_is_not_counted_is_estimated(settings: Settings, status: Status) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    reply, _ = ask(prompt="word " * 30)
    reply.estimated_output_tokens = 57
    end(reply, None, status)
    [visitor, address] = used()
    # 150 bytes are 50 tokens, and there is something around them.
    assert visitor == address == pytest.approx(50 + 57 + 8, abs=3)
    assert not Reservation.objects.exists()


def test_a_request_that_was_refused_or_never_sent_costs_nothing(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    failed, _ = ask()
    end(failed, None, Status.FAILED)
    stopped, _ = ask()
    stopped.status = Status.STOPPED
    rows.save(stopped)
    assert used() == [0, 0]
    assert held() == 0


def test_what_comes_from_the_cache_costs_neither_tokens_nor_a_request(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    settings.CHAT_REQUESTS_PER_MINUTE = 1
    for _ in range(3):
        reply, _ = ask()
        reply.status, reply.is_from_cache = Status.COMPLETE, True
        reply.input_tokens = reply.output_tokens = 0
        rows.save(reply)
    assert (used(), held()) == ([0, 0], 0)


def test_deleting_a_conversation_gives_nothing_back(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    before, _ = ask()
    end(before, 100)
    before.conversation.delete()
    reply, _ = ask()
    reply.conversation.delete()
    assert held() > 0
    reply.status, reply.rounds = Status.COMPLETE, 1
    reply.input_tokens, reply.output_tokens = 10, 200
    assert not rows.save(reply)
    assert (used(), held()) == ([310, 310], 0)


def test_a_process_that_dies_gives_back_what_it_did_not_use(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    reply, _ = ask()
    Reply.objects.filter(pk=reply.pk).update(
        process="dead", rounds=1, input_tokens=10, estimated_output_tokens=20
    )
    monkeypatch.setattr(processes, "dead", lambda saves, _: ["dead"] if "dead" in saves else [])
    for _ in ("it is found", "it is known"):
        rows_elsewhere.interrupt_dead()
        assert (used(), held()) == ([30, 30], 0)
    # It lives: it was only slow.
    end_late = Reply.objects.get(pk=reply.pk)
    end_late.status, end_late.output_tokens = Status.COMPLETE, 500
    assert not rows.save(end_late)
    assert used() == [30, 30]


def test_a_round_is_a_request_and_is_paid_for_by_the_same_accounts(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    settings.CHAT_REQUESTS_PER_MINUTE = 3
    reply, request = ask()
    reply.rounds, reply.input_tokens, reply.output_tokens = 1, 10, 390
    accounts.reserve_more(reply, request)
    assert used() == [400, 400]
    assert held() // 2 == pytest.approx(400, abs=30)
    reply.rounds, reply.input_tokens, reply.output_tokens = 2, 20, 780
    request = accounts.reserve_more(reply, request)
    assert 100 < request.max_output_tokens < 200
    with pytest.raises(LimitError, match="At most 3 requests"):
        accounts.reserve_more(reply, request)
    end(reply, 850)
    assert (used(), held()) == ([850, 850], 0)


def test_a_reply_that_waits_holds_nothing_and_is_still_known(settings: Settings) -> None:  # tools
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    reply, request = ask()
    reply.process, reply.rounds, reply.input_tokens, reply.output_tokens = "", 1, 10, 90
    assert rows.save(reply)
    assert (used(), held()) == ([100, 100], 0)
    accounts.reserve_more(reply, request)
    assert held() > 2 * 400
    reply.rounds, reply.input_tokens, reply.output_tokens = 2, 30, 170
    assert rows.save(reply)
    assert (used(), held()) == ([200, 200], 0)
    assert approval.stop(reply.conversation_id)
    assert (used(), Reservation.objects.count()) == ([200, 200], 0)


def test_a_reply_that_was_begun_without_limits_is_counted_for_its_owner(settings: Settings) -> None:
    reply, request = ask()
    assert not Account.objects.exists()
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    accounts.reserve_more(reply, request)
    assert Account.objects.count() == 1


def test_old_accounts_are_removed(settings: Settings, clock: Clock) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    ask("one", "192.0.2.1")
    clock.now += timedelta(days=1)
    ask("two", "192.0.2.2")
    accounts.remove_old()
    assert Account.objects.count() == 4
    clock.now += timedelta(days=1)
    accounts.remove_old()
    assert Account.objects.count() == Reservation.objects.count() == 2


def test_keys_hold_no_address_in_clear(settings: Settings) -> None:
    settings.CHAT_DAILY_TOKENS_PER_USER = 1000
    ask("visitor", "192.0.2.1")
    for key in Account.objects.values_list("key", flat=True):
        assert re.fullmatch("[0-9a-f]{64}", key)
        in_clear = ("visitor", "192.0.2.1")
        assert key not in {sha256(text.encode()).hexdigest() for text in in_clear}


def test_without_limits_there_is_no_query_and_no_row() -> None:
    """The queries are those of `rows.ask` and `rows.save` alone."""

    def begin(conversation: Conversation) -> rows.Begun:
        return rows.ask(conversation, "Hi")

    async def read(request: Request) -> list[object]:
        return []

    reply, _ = ask()
    assert hooks.paid(begin, {}) is begin
    assert hooks.limited(read, reply, lambda reply: None) is read  # type: ignore[arg-type]
    with CaptureQueriesContext(connection) as captured:
        end(reply, 10)
        rows_elsewhere.interrupt_dead()
        accounts.remove_old()
    tables = [query["sql"] for query in captured]
    assert not any("chat_account" in sql or "chat_reservation" in sql for sql in tables)
    assert len([sql for sql in tables if sql.startswith("UPDATE")]) == 1
    assert not Account.objects.exists()
