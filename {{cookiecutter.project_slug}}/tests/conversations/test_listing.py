"""What the list shows, what a search finds, and how many queries it takes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat import deletion
from chat.conversations import activity, trash
from chat.conversations.listing import PAGE, Look, listing
from chat.models import Conversation, Reply
from chat.owners import Owner
from chat.replies import rows
from tests.conversation_rows import ME, SOMEBODY_ELSE

pytestmark = pytest.mark.django_db
FIRST = Look()


def begun(prompt: str, text: str = "", owner: Owner = ME) -> Conversation:
    """A conversation with one reply that has ended."""
    reply, _ = rows.ask(Conversation(**owner.fields), prompt)
    reply.status, reply.text = Reply.Status.COMPLETE, text
    rows.save(reply)
    return reply.conversation


def titles(look: Look = FIRST, owner: Owner = ME) -> list[str]:
    days = listing(owner, look)["days"]
    return [entry["title"] for day in days for entry in day["conversations"]]


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Why is the sky blue?", "Why is the sky blue?"),
        ("\n  \n  two   words \nmore", "two words"),
        ("x" * 100, "x" * 79 + "…"),
        ("مرحبا\nمرة", "مرحبا"),
    ],
)
def test_the_title_is_the_first_line_of_the_first_prompt(prompt: str, title: str) -> None:
    conversation = begun(prompt)
    rows.ask(conversation, "a later prompt")
    assert titles() == [title]


def test_the_newest_activity_is_first() -> None:
    old = begun("old")
    begun("new")
    assert titles() == ["new", "old"]
    rows.ask(old, "again")
    assert titles() == ["old", "new"]


def test_days_have_names() -> None:
    now = timezone.now()
    for title, days in (("a", 0), ("b", 1), ("c", 800)):
        Conversation.objects.create(**ME.fields, title=title, active_at=now - timedelta(days=days))
    days = listing(ME, Look())["days"]
    assert [day["name"] for day in days][:2] == ["Today", "Yesterday"]
    assert days[2]["name"].endswith(str((now - timedelta(days=800)).year))


def test_it_is_shown_page_by_page_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Conversation.objects.bulk_create(
        Conversation(**ME.fields, title=str(number)) for number in range(PAGE + 1)
    )
    deleted = begun("deleted")
    trash.delete(deleted)
    with django_assert_num_queries(2):
        first = listing(ME, Look())
    assert (len(titles()), first["has_more"]) == (PAGE, True)
    assert first["deleted"] == {"id": str(deleted.pk), "title": "deleted"}
    with django_assert_num_queries(2):
        whole = listing(ME, Look(count=2 * PAGE))
    assert whole["has_more"] is False
    assert len(titles(Look(count=2 * PAGE))) == PAGE + 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SKY", ["About the sky"]),
        ("rayleigh", ["About the sky"]),
        ("sky rayleigh", ["About the sky"]),
        ("sky ferry", []),
        ("100%", ["100% wool"]),
        ("_", []),
        ("  ", ["100% wool", "About the sky"]),
        ("secret", []),
    ],
)
def test_a_search_finds_all_words_in_titles_and_messages(query: str, found: list[str]) -> None:
    begun("About the sky", "Lord Rayleigh said")
    begun("100% wool")
    begun("a secret", owner=SOMEBODY_ELSE)
    assert titles(Look(query)) == found
    assert listing(ME, Look(query))["list_message"] == ("" if found else "Nothing found.")


@pytest.mark.parametrize("query", ["äpfel", "Äpfel", "ÄPFEL"], ids=["small", "capital", "capitals"])
def test_a_search_ignores_case_beyond_ascii(query: str) -> None:
    begun("Äpfel und Birnen")
    begun("Of fruit", "Viele äpfel")
    begun("OBST: ÄPFEL")
    assert titles(Look(query)) == ["OBST: ÄPFEL", "Of fruit", "Äpfel und Birnen"]


def test_a_search_has_a_limit_of_words() -> None:
    begun("one two three four five six seven eight")
    words = "one two three four five six seven"
    assert titles(Look(f"{words} nothing")) == []
    # The same word again is no further one, and what comes after the eighth does not count.
    assert titles(Look(f"one one one {words} nothing")) == []
    assert len(titles(Look(f"{words} eight nothing"))) == 1
    pasted = listing(ME, Look(" ".join(str(number) for number in range(10_000))))
    assert pasted["list_message"] == "Nothing found."


def test_a_search_finds_an_edited_prompt() -> None:  # versions
    mine = begun("About the sky")
    Reply.objects.filter(conversation=mine).update(prompt="About the lighthouse")
    assert titles(Look("lighthouse")) == ["About the sky"]


def test_a_rename_is_one_line_and_never_blank_and_only_ones_own() -> None:
    mine = begun("mine")
    assert activity.rename(ME, str(mine.pk), "  two\nlines " + "x" * 100)
    assert titles() == ["two"]
    assert activity.rename(ME, str(mine.pk), " \n ")
    assert titles() == ["two"]
    assert not activity.rename(SOMEBODY_ELSE, str(mine.pk), "stolen")
    assert titles() == ["two"]


def test_what_is_deleted_is_nowhere_until_undo_and_then_gone() -> None:
    mine = begun("mine")
    trash.delete(mine)
    assert titles() == []
    with pytest.raises(Conversation.DoesNotExist):
        rows.ask(mine, "to a deleted one")
    assert not trash.undo(SOMEBODY_ELSE, mine.pk)
    assert not trash.undo(ME, "nonsense")
    assert trash.undo(ME, mine.pk)
    assert titles() == ["mine"]

    trash.delete(mine)
    trash.purge()
    assert trash.undo(ME, mine.pk)
    long_ago = timezone.now() - timedelta(seconds=trash.UNDO_SECONDS)
    Conversation.with_deleted.update(deleted_at=long_ago)
    trash.purge()
    assert not trash.undo(ME, mine.pk)
    assert Conversation.with_deleted.count() == Reply.objects.count() == 0


def test_undo_is_of_the_newest_that_was_deleted_a_short_time_ago() -> None:
    conversations = [begun(title) for title in ("first", "second", "third")]
    for conversation in conversations:
        trash.delete(conversation)
    trash.delete(begun("hers", owner=SOMEBODY_ELSE))
    first, second, third = conversations
    assert listing(ME, FIRST)["deleted"]["title"] == "third"
    assert trash.undo(ME, third.pk)
    assert listing(ME, FIRST)["deleted"]["title"] == "second"
    long_ago = timezone.now() - timedelta(seconds=trash.UNDO_SECONDS)
    Conversation.with_deleted.filter(pk__in=[first.pk, second.pk]).update(deleted_at=long_ago)
    assert listing(ME, FIRST)["deleted"] == {}


def test_delete_all_leaves_what_is_not_ones_own() -> None:
    begun("mine")
    begun("hers", owner=SOMEBODY_ELSE)
    deletion.delete_all(ME)
    assert titles() == []
    assert titles(owner=SOMEBODY_ELSE) == ["hers"]
