"""The tag `login_required`: base.html offers Log out only where there is a login."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def login_required() -> bool:
    return bool(settings.CHAT_LOGIN_REQUIRED)
