"""`manage.py dev`: migrate, start the built-in model if there is no key, and serve the chat."""

import os
import socket
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands.runserver import naiveip_re
from django.db import DatabaseError
from filelock import FileLock

from chat.provider import names
from config import env
from fake_model.script import WORDS
from fake_model.server import FakeModel


class Command(BaseCommand):
    help = "Migrates the database and serves the chat, with the built-in model if there is no key."
    # They are run below, once it is known which model answers.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("addrport", nargs="?", default="", help="[address:]port, as runserver")

    def handle(self, *, addrport: str, **options: Any) -> None:
        host, port = parse(addrport)
        with ExitStack() as stack:
            listener = stack.enter_context(listen(host, port))
            base_url = env.text(names.BASE_URL_VARIABLE)
            built_in = not (env.text(names.KEY_VARIABLE) or base_url)
            if built_in:
                use(stack.enter_context(FakeModel()))
            self.check()
            migrate()
            if built_in:
                self.stdout.write(
                    f"Replies come from the built-in model. For {names.TITLE}, put "
                    f"{names.KEY_VARIABLE}=... into .env and start again."
                )
            else:
                source = f"the server of {names.BASE_URL_VARIABLE}" if base_url else names.TITLE
                self.stdout.write(f"Replies come from {source}.")
            # All addresses of this machine are no address to open.
            host = "localhost" if host in ("0", "0.0.0.0", "::") else host
            address = f"[{host}]" if ":" in host else host
            port = listener.getsockname()[1]
            self.stdout.write(f"The chat is at http://{address}:{port}/  (Ctrl-C ends it)")
            self.stdout.flush()
            serve(listener)


def parse(addrport: str) -> tuple[str, int]:
    """The host and port of an address as `runserver` takes it. Raises `CommandError`."""
    match = naiveip_re.match(addrport or "8000")
    if match is None or int(match["port"]) > 65535:
        raise CommandError(f'"{addrport}" is not a valid port number or address:port pair.')
    host, port = match["addr"] or "127.0.0.1", int(match["port"])
    return host.strip("[]"), port


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises `CommandError`, mostly because another program does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise CommandError(
            f"Cannot listen: {error.strerror}. Take another port or address, as in: "
            f"python manage.py dev {port + 1 if port < 65535 else 8000}"
        ) from None


def use(model: FakeModel) -> None:
    """Point the SDK at the built-in model."""
    os.environ[names.BASE_URL_VARIABLE] = settings.CHAT_BASE_URL = model.base_url
    os.environ[names.KEY_VARIABLE] = settings.CHAT_API_KEY = "built-in"
    # A proxy of the user's does not reach this machine.
    direct = [env.text("no_proxy") or env.text("NO_PROXY"), str(urlsplit(model.base_url).hostname)]
    os.environ["no_proxy"] = ",".join(filter(None, direct))
    settings.CHAT_BUILT_IN_MODEL = WORDS


def migrate() -> None:
    """Bring the database up to date. Raises `CommandError` if that cannot be done."""
    try:
        settings.CHAT_LOCKS.mkdir(exist_ok=True)
        # Two servers of one folder, started together, would each make the tables.
        with FileLock(settings.CHAT_LOCKS / "migrate"):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CommandError(f"The database does not work: {error}. See DATABASE_URL.") from None
    except OSError as error:
        raise CommandError(f"{error}. Make {settings.CHAT_LOCKS} writable.") from None


def serve(listener: socket.socket) -> None:
    """Serve the chat until a signal ends it."""
    config = uvicorn.Config(
        "config.asgi:application", log_level="warning", timeout_graceful_shutdown=3
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
