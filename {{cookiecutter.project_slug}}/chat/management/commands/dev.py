"""`manage.py dev`: migrate, start the built-in model if there is no key, and serve the chat."""

import os
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands.runserver import naiveip_re

from chat import names
from fake_model.script import WORDS
from fake_model.server import FakeModel


class Command(BaseCommand):
    help = "Migrates the database and serves the chat, with the built-in model if there is no key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("addrport", nargs="?", default="", help="[address:]port, as runserver")

    def handle(self, *, addrport: str, **options: Any) -> None:
        host, port = parse(addrport)
        call_command("migrate", interactive=False, verbosity=0)
        with ExitStack() as stack:
            if not (os.environ.get(names.KEY_VARIABLE) or os.environ.get(names.BASE_URL_VARIABLE)):
                model = stack.enter_context(FakeModel())
                use(model)
                self.stdout.write(
                    f"Replies come from the built-in model. For {names.TITLE}, put "
                    f"{names.KEY_VARIABLE}=... into .env and start again."
                )
            address = f"[{host}]" if ":" in host else host
            self.stdout.write(f"The chat is at http://{address}:{port}/  (Ctrl-C ends it)")
            uvicorn.run(
                "config.asgi:application",
                host=host,
                port=port,
                log_level="warning",
                timeout_graceful_shutdown=3,
            )


def parse(addrport: str) -> tuple[str, int]:
    """The host and port of an address as `runserver` takes it. Raises `CommandError`."""
    match = naiveip_re.match(addrport or "8000")
    if match is None:
        raise CommandError(f'"{addrport}" is not a valid port number or address:port pair.')
    host, port = match["addr"] or "127.0.0.1", int(match["port"])
    return host.strip("[]"), port


def use(model: FakeModel) -> None:
    """Point the SDK at the built-in model, by the variables that it reads itself."""
    os.environ[names.BASE_URL_VARIABLE] = model.base_url
    os.environ[names.KEY_VARIABLE] = "built-in"
    settings.CHAT_BUILT_IN_MODEL = WORDS
