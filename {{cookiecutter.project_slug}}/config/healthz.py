"""`GET /healthz`: the process is alive. `GET /readyz`: it can serve, too. For load balancers."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import async_only_middleware

from chat import lifespan

# How long the database and Redis may each take to answer.
SECONDS = 2
# One at a time: whoever asks often uses no thread, and no connection, of the pages.
_thread = ThreadPoolExecutor(1, thread_name_prefix="readyz")

logger = logging.getLogger("chat")


@async_only_middleware
def health_checks(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Answers before any other middleware, without a session or a redirect to HTTPS.

    It also skips the check of ALLOWED_HOSTS, because a load balancer requests the page by the IP
    address of the server.
    """

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path == f"{settings.PATH_PREFIX}/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == f"{settings.PATH_PREFIX}/readyz":
            return await ready()
        return await get_response(request)

    return middleware


async def ready() -> HttpResponse:
    """What can be used, in words that tell a stranger no name and no address.

    The status is 503 while the process ends, and without a database. Without Redis the chat goes
    on, by the rows of the database: if the status were 503, nobody would be served.
    """
    if lifespan.ending.is_set():
        return HttpResponse("process: ending\n", status=503, content_type="text/plain")
    services = {"database": _ask_database}
    if settings.REDIS_URL:
        services["redis"] = _ask_redis
    answers = await asyncio.gather(*(_answers(name, ask) for name, ask in services.items()))
    found = dict(zip(services, answers, strict=True))
    lines = [f"{name}: {'ok' if answers else 'no answer'}\n" for name, answers in found.items()]
    status = 200 if found["database"] else 503
    return HttpResponse("".join(lines), status=status, content_type="text/plain")


async def _answers(name: str, ask: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            await ask()
    except Exception as error:
        # Whatever it is: the response says that there is no answer, and the log says why.
        logger.warning("%s does not answer: %s", name, str(error) or type(error).__name__)
        return False
    return True


async def _ask_database() -> None:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    await database_sync_to_async(ask, thread_sensitive=False, executor=_thread)()


async def _ask_redis() -> None:
    # Its import takes a moment, and only a server with REDIS_URL has it installed.
    redis = await asyncio.to_thread(importlib.import_module, "redis.asyncio")
    async with redis.Redis.from_url(settings.REDIS_URL) as client:
        await client.ping()
