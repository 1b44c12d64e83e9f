"""Who owns a conversation: a user where a login is required, otherwise a visitor.

A visitor is a browser with our signed cookie. The cookie alone identifies it, so that the first
visit writes nothing to the database.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse

# Projects made before the cookie existed kept the visitor in the session: they keep their
# conversations.
OLD_SESSION_KEY = "chat_owner"
COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Owner:
    """A user or a visitor. Its two fields are those of `Conversation`."""

    user_id: Any = None
    visitor: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of `Conversation`, to filter by or to create with."""
        return {"user_id": self.user_id, "visitor": self.visitor}


def owner_of(request: HttpRequest) -> Owner | None:
    """The owner that an HTTP request comes from; a visitor without a cookie is a new one.

    None where a login is required and missing.
    """
    if settings.CHAT_LOGIN_REQUIRED:
        return _user(request)
    known = _visitor(request.COOKIES) or request.session.get(OLD_SESSION_KEY)
    return Owner(visitor=known or uuid.uuid4().hex)


def owner_on_socket(request: HttpRequest, cookies: Mapping[str, str]) -> Owner | None:
    """The owner that a WebSocket comes from. djust's request for it holds no cookies.

    None without a login where one is required, or without the cookie of the page.
    """
    if settings.CHAT_LOGIN_REQUIRED:
        return _user(request)
    visitor = _visitor(cookies)
    return Owner(visitor=visitor) if visitor else None


def remember(owner: Owner, response: HttpResponse) -> None:
    """Send the visitor's cookie, with each page: it then lasts for a year after the last visit."""
    if owner.visitor:
        response.set_signed_cookie(
            settings.CHAT_VISITOR_COOKIE,
            owner.visitor,
            max_age=COOKIE_SECONDS,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def is_logged_in(session_key: str | None) -> bool:
    """Whether a session is logged in now. djust keeps the session as it was at the connection."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return get_user(request).is_authenticated


def _user(request: HttpRequest) -> Owner | None:
    return Owner(user_id=request.user.pk) if request.user.is_authenticated else None


def _visitor(cookies: Mapping[str, str]) -> str | None:
    request = HttpRequest()
    request.COOKIES = dict(cookies)
    value = request.get_signed_cookie(settings.CHAT_VISITOR_COOKIE, default=None)
    return str(value) if value else None
