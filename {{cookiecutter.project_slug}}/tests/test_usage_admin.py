"""The admin's totals of usage: by day and user, with Django's filters; unknown stays unknown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation, Reply
from chat.replies import rows

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/chat/replyusage/"
HEADINGS = (
    "day user replies requests input cached unknown_input output reasoning unknown_output estimated"
)


def used(conversation: Conversation, day: int, **fields: Any) -> Reply:
    """A reply of March 2026 that has ended."""
    reply, _ = rows.ask(conversation, "a prompt")
    values = {"status": Reply.Status.COMPLETE, "rounds": 1, **fields}
    created = datetime(2026, 3, day, 12, tzinfo=UTC)
    Reply.objects.filter(pk=reply.pk).update(created_at=created, **values)
    return reply


def table(client: Client, **filters: str) -> str:
    page = client.get(ADDRESS, filters).content.decode()
    return page.partition("<caption>By day and user")[2].partition("</table>")[0]


def totals(client: Client, **filters: str) -> Iterator[dict[str, str]]:
    for row in table(client, **filters).split("<tr>")[2:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        yield dict(zip(HEADINGS.split(), map(unescape, cells), strict=True))


@pytest.fixture
def mine(admin_user: AbstractBaseUser) -> Conversation:
    return Conversation.objects.create(user_id=admin_user.pk)


@pytest.fixture
def others() -> Conversation:
    return Conversation.objects.create(visitor="0123456789abcdef")


def test_sums_are_by_day_and_user(
    admin_client: Client, mine: Conversation, others: Conversation
) -> None:
    used(mine, 1, input_tokens=1000, output_tokens=20, cached_tokens=900, reasoning_tokens=5)
    used(mine, 1, input_tokens=2000, output_tokens=30, rounds=3)
    used(mine, 2, input_tokens=4, output_tokens=5)
    used(others, 2, input_tokens=6, output_tokens=7)
    newest, other, first = totals(admin_client)
    assert (newest["day"], newest["user"], newest["input"]) == ("2026-03-02", "admin", "4")
    assert (other["day"], other["user"], other["output"]) == ("2026-03-02", "visitor 01234567", "7")
    assert first == {
        "day": "2026-03-01",
        "user": "admin",
        "replies": "2",
        "requests": "4",
        "input": "3000",
        "cached": "900",
        "unknown_input": "0",
        "output": "50",
        "reasoning": "5",
        "unknown_output": "0",
        "estimated": "?",
    }


def test_the_headings_are_laid_out_as_those_of_the_list(
    admin_client: Client, mine: Conversation
) -> None:
    used(mine, 1)
    # Django's stylesheet gives a heading no space of its own, only the text in it.
    headings = re.findall('<th scope="col">(.*?)</th>', table(admin_client))
    assert len(headings) == len(HEADINGS.split())
    assert all(heading.startswith('<div class="text"><span>') for heading in headings)


def test_what_is_unknown_is_said_and_estimates_are_apart(
    admin_client: Client, mine: Conversation
) -> None:
    used(mine, 1, input_tokens=10, output_tokens=20)
    used(mine, 1, status=Reply.Status.STOPPED, input_tokens=10, estimated_output_tokens=57)
    used(mine, 1, status=Reply.Status.FAILED)
    used(mine, 2, status=Reply.Status.FAILED)
    unknown, known = totals(admin_client)
    assert (known["input"], known["unknown_input"]) == ("20", "1")
    assert (known["output"], known["unknown_output"], known["estimated"]) == ("20", "2", "57")
    assert (unknown["input"], unknown["output"], unknown["estimated"]) == ("?", "?", "?")
    assert (unknown["unknown_input"], unknown["unknown_output"]) == ("1", "1")


@pytest.mark.parametrize(
    ("filters", "replies"),
    [
        ({"model__exact": "another"}, ["1"]),
        ({"status__exact": "stopped"}, ["1"]),
        ({"created_at__year": "2026", "created_at__month": "3", "created_at__day": "1"}, ["2"]),
        ({"conversation__user__id__exact": "1000000"}, []),
        ({}, ["1", "2"]),
    ],
)
def test_filters_are_those_of_the_list(
    admin_client: Client, mine: Conversation, filters: dict[str, str], replies: list[str]
) -> None:
    used(mine, 1, model="another")
    used(mine, 1, status=Reply.Status.STOPPED)
    used(mine, 2)
    assert [total["replies"] for total in totals(admin_client, **filters)] == replies


def test_it_is_read_only_and_shows_nothing_that_was_said(
    admin_client: Client, mine: Conversation
) -> None:
    reply = used(mine, 1, text="a secret")
    page = admin_client.get(ADDRESS).content.decode()
    assert "a secret" not in page and "a prompt" not in page
    for path in ("add/", f"{reply.pk}/delete/"):
        assert admin_client.get(ADDRESS + path).status_code == 403
    assert admin_client.post(f"{ADDRESS}{reply.pk}/change/", {}).status_code == 403


def test_more_replies_take_no_more_queries(admin_client: Client, mine: Conversation) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(ADDRESS).status_code == 200
        return len(captured)

    used(mine, 1)
    queries()  # The first time, Django also looks up its content types.
    few = queries()
    for _ in range(3):
        used(mine, 1)
    assert queries() == few


def test_the_totals_are_what_the_rows_hold(admin_client: Client, mine: Conversation) -> None:
    for number in range(1, 20):
        used(mine, number % 3 + 1, input_tokens=number, output_tokens=100 * number)
    replies = list(Reply.objects.all())
    assert sum(int(it["input"]) for it in totals(admin_client)) == sum(range(20))
    assert sum(int(it["output"]) for it in totals(admin_client)) == sum(
        reply.output_tokens or 0 for reply in replies
    )
    assert len(list(totals(admin_client))) == 3
