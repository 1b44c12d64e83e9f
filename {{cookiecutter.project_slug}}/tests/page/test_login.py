"""With CHAT_LOGIN_REQUIRED only users chat, and conversations belong to them."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat.models import Conversation
from chat.page import conversation_view
from chat.page.chat_view import ChatView
from fake_model.server import FakeModel
from tests.live_page import open_page

# This project's user model, whichever it is.
User: Any = get_user_model()

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def login_required(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHAT_LOGIN_REQUIRED = True
    monkeypatch.setattr(ChatView, "login_required", True)


def logged_in(name: str) -> Client:
    user, _ = User.objects.get_or_create(username=name)
    client = Client()
    client.force_login(user)
    return client


def test_strangers_are_sent_to_the_login() -> None:
    response = Client().get("/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/"
    assert Conversation.objects.count() == 0


def test_the_login_page_logs_in() -> None:
    User.objects.create_user("someone", password="a password of the tests")
    client = Client()
    page = client.get("/accounts/login/")
    assert 'name="username"' in page.content.decode()
    wrong = client.post("/accounts/login/", {"username": "someone", "password": "wrong"})
    assert 'role="alert"' in wrong.content.decode()
    right = {"username": "someone", "password": "a password of the tests", "next": "/"}
    assert client.post("/accounts/login/", right)["Location"] == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("trusted", "status"), [(["https://testserver:8443"], 302), ([], 403)])
def test_a_login_by_another_port_needs_a_trusted_origin(
    settings: Settings, trusted: list[str], status: int
) -> None:
    """Of a browser behind a proxy that ends TLS at port 8443, and drops the port from Host."""
    settings.CSRF_TRUSTED_ORIGINS = trusted
    User.objects.create_user("someone", password="a password of the tests")
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    form = {"username": "someone", "password": "a password of the tests", "next": "/"}
    form["csrfmiddlewaretoken"] = client.cookies["csrftoken"].value
    headers = {"Origin": "https://testserver:8443"}
    response = client.post("/accounts/login/", form, secure=True, headers=headers)
    assert response.status_code == status


async def test_conversations_belong_to_the_user_wherever_they_log_in(model: FakeModel) -> None:
    log_in = sync_to_async(logged_in)
    async with open_page(await log_in("one")) as page:
        await page.event("submit", prompt="/echo mine")
        await page.until(lambda page: page.status == "complete")
    async with open_page(await log_in("one")) as page:
        assert page.prompts == ["/echo mine"]
    async with open_page(await log_in("two")) as page:
        assert page.prompts == []


async def test_who_logs_out_in_one_tab_cannot_go_on_in_another(model: FakeModel) -> None:
    client = await sync_to_async(logged_in)("one")
    async with open_page(client) as page:
        response = await sync_to_async(client.get)("/")
        assert "Log out" in response.content.decode()
        response = await sync_to_async(client.post)("/accounts/logout/")
        assert response["Location"] == "/"
        await page.event("submit", prompt="/echo mine")
        await page.until(lambda page: page.led_to == "/accounts/login/")
    assert len(model.record) == 0


async def test_who_logs_out_in_one_tab_reads_no_more_in_another(
    slow_model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_view, "LOGIN_SECONDS", 0)
    client = await sync_to_async(logged_in)("one")
    async with open_page(client) as page:
        await page.event("submit", prompt="/long 2000")
        await page.until(lambda page: page.texts >= 2)
        await sync_to_async(client.post)("/accounts/logout/")
        await page.until(lambda page: page.is_logged_out)
        texts = page.texts
        await page.event("stop")
        await page.until(lambda page: page.led_to == "/accounts/login/")
        assert page.texts == texts


def end_session(user: AbstractBaseUser) -> None:
    Session.objects.update(expire_date=timezone.now())


def deactivate(user: AbstractBaseUser) -> None:
    User.objects.update(is_active=False)


def change_password(user: AbstractBaseUser) -> None:
    user.set_password("another")
    user.save()


@pytest.mark.parametrize("change", [end_session, deactivate, change_password])
async def test_who_is_shut_out_reads_no_more(
    slow_model: FakeModel,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[AbstractBaseUser], None],
) -> None:
    monkeypatch.setattr(conversation_view, "LOGIN_SECONDS", 0)
    async with open_page(await sync_to_async(logged_in)("one")) as page:
        await page.event("submit", prompt="/long 2000")
        await page.until(lambda page: page.texts >= 2)
        await sync_to_async(change)(await User.objects.aget())
        await page.until(lambda page: page.is_logged_out)
        await page.event("submit", prompt="/echo more")
        await page.until(lambda page: page.led_to == "/accounts/login/")
    assert len(slow_model.record) == 1


def test_log_out_is_on_each_page_of_who_is_logged_in_and_nowhere_else() -> None:
    for path, status in (("/", 200), (f"/c/{uuid.uuid4()}/", 404), ("/nothing/", 404)):
        response = logged_in("one").get(path)
        assert (response.status_code, b"Log out" in response.content) == (status, True), path
    for path in ("/accounts/login/", "/nothing/"):
        assert b"Log out" not in Client().get(path).content, path


def test_without_a_login_none_is_offered(settings: Settings) -> None:
    """Log out would take the session, and with it the way to the conversations."""
    settings.CHAT_LOGIN_REQUIRED = False
    assert "Log out" not in logged_in("one").get("/").content.decode()


def test_nothing_is_offered_that_needs_mail() -> None:
    assert Client().get("/accounts/password_reset/").status_code == 404
