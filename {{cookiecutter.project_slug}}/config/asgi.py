"""The ASGI application: Django's pages, djust's WebSocket and the lifespan protocol."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the Django setup above)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

# libpq's own variable: no query of the server takes longer. Commands such as `migrate` may.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=10s")

from chat.lifespan import lifespan  # noqa: E402
from chat.page.djust_internals import Consumer  # noqa: E402
from config.path_prefix import with_prefix  # noqa: E402

socket = path(settings.CHAT_SOCKET_PATH[1:], Consumer.as_asgi())
protocols = {
    "http": django_application,
    "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([socket]))),
    "lifespan": lifespan,
}
application = with_prefix(ProtocolTypeRouter(protocols), settings.PATH_PREFIX)
