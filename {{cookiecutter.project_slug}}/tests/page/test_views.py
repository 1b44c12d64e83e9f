"""The pages over plain HTTP."""

import uuid

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from chat import queries
from chat.models import Conversation

pytestmark = pytest.mark.django_db


def test_the_page_holds_what_was_said(client: Client) -> None:
    client.get("/")
    reply = queries.ask(Conversation.objects.get(), "<b>bold?</b>")
    reply.text, reply.status = "*yes* & <b>no</b>", "complete"
    reply.save()
    html = client.get("/").content.decode()
    assert "&lt;b&gt;bold?&lt;/b&gt;" in html
    assert "<em>yes</em> &amp; &lt;b&gt;no&lt;/b&gt;" in html


def test_a_conversation_has_an_address_for_its_owner_alone(client: Client) -> None:
    client.get("/")
    mine = Conversation.objects.get().pk
    assert client.get(f"/c/{mine}/").status_code == 200
    strangers = Client().get(f"/c/{mine}/")
    nobodys = Client().get(f"/c/{uuid.uuid4()}/")
    assert strangers.status_code == nobodys.status_code == 404
    assert strangers.content == nobodys.content
    assert 'href="/"' in nobodys.content.decode()


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


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "img-src 'self' data:" in policy
    assert "default-src 'none'" in policy
