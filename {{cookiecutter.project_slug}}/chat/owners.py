"""Whose conversations are whose: a browser session's, or a user's where a login is required."""

import uuid
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

SESSION_KEY = "chat_owner"


def known_owner(request: HttpRequest) -> str | None:
    """The owner that a request comes from; None for a session that has never opened the page."""
    if settings.CHAT_LOGIN_REQUIRED:
        return f"user {request.user.pk}" if request.user.is_authenticated else None
    return request.session.get(SESSION_KEY)


def owner_of(request: HttpRequest) -> str:
    """The owner that a request comes from; a session without one gets one."""
    owner = known_owner(request)
    if owner is None:
        owner = request.session[SESSION_KEY] = uuid.uuid4().hex
    return owner


def is_logged_in(session_key: str | None) -> bool:
    """Whether a session is that of a user now: djust keeps it as it was when the socket opened."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return get_user(request).is_authenticated
