"""`manage.py dev`: migrate and serve the chat; without a key, start the built-in model first."""

import multiprocessing
import os
import signal
import socket
import threading
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

import django
import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands.runserver import naiveip_re
from django.db import DatabaseError
from filelock import FileLock

from chat.provider import names
from config import env
from config.management.reloader import Reloader
from fake_model.script import WORDS
from fake_model.server import FakeModel


class Command(BaseCommand):
    help = (
        "Migrates the database and serves the chat, with the built-in model if there is no key. "
        "Reloads changed code, templates and .env."
    )
    # `serve` runs them, once it is known which model answers.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("addrport", nargs="?", default="", help="[address:]port, as runserver")
        parser.add_argument(
            "--noreload", action="store_true", help="Do not watch files; use one process."
        )

    def handle(self, *, addrport: str, noreload: bool, **options: Any) -> None:
        host, port = parse(addrport)
        with listen(host, port) as listener:
            if noreload:
                self.serve_once(listener, host)
            else:
                # The server reads .env itself: what has gone from it must not be inherited.
                env.unload()
                target = partial(serve_in_child, host=host)
                Reloader(target, listener, settings.BASE_DIR, settings.CHAT_ENV_FILE).run()

    def serve_once(self, listener: socket.socket, host: str) -> None:
        """Serve until a signal ends it, in this process alone."""
        with ExitStack() as stack:
            if model_is_built_in():
                use(stack.enter_context(FakeModel()).base_url)
            self.check()
            migrate()
            self.print_source(" and start again")
            self.print_address(listener, host)
            serve(listener)

    def print_source(self, then: str = "") -> None:
        """Say where replies come from; `then` is what is to be done once a key is in `.env`."""
        if settings.CHAT_BUILT_IN_MODEL:
            line = (
                f"Replies come from the built-in model. For {names.TITLE}, put "
                f"{names.KEY_VARIABLE}=... into .env{then}.\n"
                f"Its live record is at {settings.CHAT_BUILT_IN_RECORD}"
            )
        elif settings.CHAT_BASE_URL:
            line = f"Replies come from the server of {names.BASE_URL_VARIABLE}."
        else:
            line = f"Replies come from {names.TITLE}."
        self.stdout.write(line)
        self.stdout.flush()

    def print_address(self, listener: socket.socket, host: str) -> None:
        """Say where the page is."""
        # A browser cannot open the address that stands for all of this machine's.
        host = "localhost" if host in ("0", "0.0.0.0", "::") else host
        host = f"[{host}]" if ":" in host else host
        port = listener.getsockname()[1]
        self.stdout.write(
            f"The chat is at http://{host}:{port}{settings.PATH_PREFIX}/  (Ctrl-C ends it)"
        )
        self.stdout.flush()


def serve_in_child(
    sockets: list[socket.socket], *, host: str, base_url: str, is_first: bool, env_changed: bool
) -> None:
    """Serve until SIGTERM, in the child process of a `Reloader`, which documents the arguments."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    command = Command()
    try:
        django.setup()
        if model_is_built_in():
            use(base_url)
        command.check()
        migrate()
    except CommandError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None
    if env_changed:
        command.print_source()
    if is_first:
        command.print_address(sockets[0], host)
    serve(sockets[0])


def end_with_parent() -> None:
    """End this server when the process that watches the files has been killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def parse(addrport: str) -> tuple[str, int]:
    """Return the host and port of an address as `runserver` takes it. Raises `CommandError`."""
    match = naiveip_re.match(addrport or "8000")
    if match is None or int(match["port"]) > 65535:
        raise CommandError(f'"{addrport}" is not a valid port number or address:port pair.')
    host, port = match["addr"] or "127.0.0.1", int(match["port"])
    return host.strip("[]"), port


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises `CommandError`, say if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
        # Connections inherit it: a frame does not wait until the one before is acknowledged.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise CommandError(
            f"Cannot listen: {error.strerror}. Take another port or address, as in: "
            f"python manage.py dev {port + 1 if port < 65535 else 8000}"
        ) from None


def model_is_built_in() -> bool:
    """Return whether neither a key nor a base URL is set."""
    return not (settings.CHAT_API_KEY or settings.CHAT_BASE_URL)


def use(base_url: str) -> None:
    """Point the SDK at the built-in model."""
    os.environ[names.BASE_URL_VARIABLE] = settings.CHAT_BASE_URL = base_url
    os.environ[names.KEY_VARIABLE] = settings.CHAT_API_KEY = "built-in"
    # The user's proxy cannot reach this machine.
    direct = [env.text("no_proxy") or env.text("NO_PROXY"), str(urlsplit(base_url).hostname)]
    os.environ["no_proxy"] = ",".join(filter(None, direct))
    settings.CHAT_BUILT_IN_MODEL = WORDS
    settings.CHAT_BUILT_IN_RECORD = urljoin(base_url, "/")


def migrate() -> None:
    """Bring the database up to date. Raises `CommandError` if that fails."""
    try:
        settings.CHAT_LOCKS.mkdir(exist_ok=True)
        # Two servers that start at once in one folder would both create the tables.
        with FileLock(settings.CHAT_LOCKS / "migrate"):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CommandError(f"The database does not work: {error}. See DATABASE_URL.") from None
    except OSError as error:
        raise CommandError(f"{error}. Make {settings.CHAT_LOCKS} writable.") from None


def serve(listener: socket.socket) -> None:
    """Serve the chat until a signal ends it."""
    config = uvicorn.Config(
        "config.asgi:application",
        log_config=None,  # The settings have configured it.
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
