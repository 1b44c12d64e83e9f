"""The pages over plain HTTP."""

import re
import uuid

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from chat.models import Conversation, Reply
from chat.owners import OLD_SESSION_KEY, owner_on_socket
from chat.replies import rows

pytestmark = pytest.mark.django_db
LIST = 0  # queries of the list of conversations
LIST = 2  # conversations


@pytest.fixture
def mine(client: Client) -> Conversation:
    """A conversation of the visitor that `client` is, with one reply."""
    client.get("/")
    conversation = Conversation(visitor=visitor_of(client))
    add_reply(conversation, "<b>bold?</b>", "*yes* & <b>no</b>")
    return Conversation.objects.get()


def visitor_of(client: Client) -> str:
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}
    owner = owner_on_socket(HttpRequest(), cookies)
    assert owner is not None
    return owner.visitor


def title_of(html: str) -> str:
    return html.partition("<title>")[2].partition("</title>")[0]


def add_reply(conversation: Conversation, prompt: str, text: str) -> None:
    reply, _ = rows.ask(conversation, prompt)
    reply.text, reply.status = text, Reply.Status.COMPLETE
    rows.save(reply)


def test_the_page_holds_what_was_said(client: Client, mine: Conversation) -> None:
    html = client.get("/").content.decode()
    assert "&lt;b&gt;bold?&lt;/b&gt;" in html
    assert "<em>yes</em> &amp; &lt;b&gt;no&lt;/b&gt;" in html
    assert f'data-address="/c/{mine.pk}/"' in html


def test_a_visit_writes_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """A conversation is inserted with its first prompt, and a visitor is only a cookie."""
    with django_assert_num_queries(2 + LIST):
        assert client.get("/").status_code == 200
    visitor = visitor_of(client)
    client.get("/new/")
    assert visitor_of(client) == visitor
    assert Conversation.objects.count() == Session.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_history(
    client: Client, mine: Conversation
) -> None:
    for number in range(5):
        add_reply(mine, f"prompt {number}", "text")
    # A Retry: the reply that it replaced is not loaded.
    Reply.objects.create(turn=mine.turns.all()[0], conversation=mine, status="failed", text="newer")
    with CaptureQueriesContext(connection) as queries:
        html = client.get(f"/c/{mine.pk}/").content.decode()
    assert len(queries) == 2 + LIST
    assert all(query["sql"].startswith("SELECT") for query in queries)
    assert "newer" in html
    assert "<em>yes</em>" not in html


def test_new_chat_has_an_address_that_survives_a_reload(client: Client, mine: Conversation) -> None:
    html = client.get("/new/").content.decode()
    log = html.partition('role="log"')[2].partition('class="controls"')[0]
    assert "bold?" not in log
    assert f'data-conversation="{mine.pk}"' not in log
    assert 'data-address="/new/"' in html


def test_a_conversation_has_an_address_for_its_owner_alone(
    client: Client, mine: Conversation
) -> None:
    assert client.get(f"/c/{mine.pk}/").status_code == 200
    strangers = Client().get(f"/c/{mine.pk}/")
    nobodys = Client().get(f"/c/{uuid.uuid4()}/")
    assert strangers.status_code == nobodys.status_code == 404
    assert strangers.content == nobodys.content
    assert 'href="/"' in nobodys.content.decode()


def test_the_source_of_a_reply_is_read_by_its_owner_alone(
    client: Client, mine: Conversation
) -> None:
    reply = Reply.objects.get()
    address = f"/c/{mine.pk}/replies/{reply.pk}/"
    source = client.get(address)
    assert (source.status_code, source.content) == (200, b"*yes* & <b>no</b>")
    assert source["Content-Type"] == "text/plain; charset=utf-8"
    assert Client().get(address).status_code == 404
    assert client.get(f"/c/{mine.pk}/replies/{reply.pk + 1}/").status_code == 404
    # Neither does the address of another conversation of one's own lead to it.
    other = Conversation.objects.create(visitor=mine.visitor)
    assert client.get(f"/c/{other.pk}/replies/{reply.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (f"/c/{uuid.UUID(int=1)}/", "No such conversation"),
        ("/accounts/login/", "Log in"),
        ("/nothing/", "No such page"),
    ],
)
def test_a_page_beside_the_chat_has_a_title_of_its_own(
    client: Client, path: str, title: str
) -> None:
    site = title_of(client.get("/new/").content.decode())
    assert title_of(client.get(path).content.decode()) == f"{title} - {site}"


def test_browsers_find_the_icon_where_no_page_links_it(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response["Location"].startswith("/static/chat/icon.svg?v=")


def test_the_live_record_is_linked_for_who_can_reach_it(client: Client, settings: Settings) -> None:
    link = b'href="http://127.0.0.1:9000/"'
    settings.CHAT_BUILT_IN_MODEL = {"/slow": "Three tokens a second."}
    settings.CHAT_BUILT_IN_RECORD = "http://127.0.0.1:9000/"
    assert link in client.get("/").content
    assert link not in client.get("/", REMOTE_ADDR="192.0.2.1").content


def test_a_cookie_that_we_did_not_sign_is_a_new_visitor(mine: Conversation) -> None:
    forger = Client()
    # As nginx spells `$cookie_NAME`.
    assert re.fullmatch("[a-z0-9_]+", django_settings.CHAT_VISITOR_COOKIE)
    forger.cookies[django_settings.CHAT_VISITOR_COOKIE] = mine.visitor
    assert forger.get(f"/c/{mine.pk}/").status_code == 404


def test_another_secret_key_loses_no_conversation(
    client: Client, mine: Conversation, settings: Settings
) -> None:
    before = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [before]
    assert client.get(f"/c/{mine.pk}/").status_code == 200
    # That visit has signed the cookie again.
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(f"/c/{mine.pk}/").status_code == 200


def test_a_visitor_of_an_earlier_version_keeps_its_conversations(client: Client) -> None:
    session = client.session
    session[OLD_SESSION_KEY] = "old"
    session.save()
    add_reply(Conversation(visitor="old"), "prompt", "said before")
    assert "said before" in client.get("/").content.decode()
    del client.cookies[django_settings.SESSION_COOKIE_NAME]
    assert "said before" in client.get("/").content.decode()


def test_the_health_check_touches_neither_session_nor_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    # As a load balancer asks: by an address, and over plain HTTP.
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["chat.example.com"], True
    with django_assert_num_queries(0):
        response = client.get("/healthz", headers={"host": "10.0.0.1"})
    assert (response.status_code, response.content) == (200, b"ok")
    assert not response.cookies
    assert Session.objects.count() == 0


def test_static_files_carry_a_hash_of_their_content(client: Client) -> None:
    html = client.get("/").content.decode()
    urls = [word for word in html.replace('"', " ").split() if word.startswith("/static/")]
    assert len(urls) > 5
    assert all(len(url.partition("?v=")[2]) == 12 for url in urls)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "img-src 'self' data:" in policy
    assert "default-src 'none'" in policy
