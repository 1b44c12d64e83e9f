"""Whose conversations are whose: each browser session sees only its own."""

import uuid

from django.contrib.sessions.backends.base import SessionBase

SESSION_KEY = "chat_owner"


def known_owner(session: SessionBase) -> str | None:
    """The owner that a session stands for, or None if it has never opened the page."""
    return session.get(SESSION_KEY)


def owner_of(session: SessionBase) -> str:
    """The owner that a session stands for; a new session gets one, which stays over a login."""
    if SESSION_KEY not in session:
        session[SESSION_KEY] = uuid.uuid4().hex
    return session[SESSION_KEY]
