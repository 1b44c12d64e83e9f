"""What is measured side by side: baked projects, and the floor."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from model import Model
from playwright.sync_api import Browser
from projects import Project
from proxy import CountingProxy
from server import HERE, Server
from tab import Tab, opened

FLOOR = "floor"
SEED = """
from chat.models import Conversation, Reply, Turn
from chat.owners import owner_on_socket
from django.http import HttpRequest
from turns import settled_turns
owner = owner_on_socket(HttpRequest(), {cookies})
conversation = Conversation.objects.create(**owner.fields)
for prompt, text in settled_turns({history}):
    turn = Turn.objects.create(conversation=conversation, prompt=prompt)
    Reply.objects.create(conversation=conversation, turn=turn, text=text, status="complete")
"""


@dataclass(frozen=True)
class Side:
    """A server behind a proxy. `project` is None for the floor."""

    name: str
    server: Server
    proxy: CountingProxy
    project: Project | None

    @contextmanager
    def open(self, browser: Browser, history: int) -> Iterator[Tab]:
        """A tab with that many settled turns."""
        with opened(browser, f"{self.proxy.url}/?history={history}") as tab:
            if self.project is not None and history:
                seed(self.project, history, tab.cookies())
                tab.open(self.proxy.url)
            yield tab


def seed(project: Project, history: int, cookies: dict[str, str]) -> None:
    """Put settled turns into a conversation of the visitor that has these cookies."""
    subprocess.run(
        [
            str(project.python),
            "manage.py",
            "shell",
            "-c",
            SEED.format(history=history, cookies=cookies),
        ],
        cwd=project.folder,
        env=project.environment("") | {"PYTHONPATH": str(HERE)},
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def side_by_side(projects: list[Project], model: Model) -> Iterator[list[Side]]:
    """The floor and the projects, all served, with the same upstream."""
    first = projects[0]
    with ExitStack() as stack:

        def serve(name: str, application: str, folder: Path, project: Project | None) -> Side:
            environment = (project or first).environment(model.base_url)
            server = Server(application, folder, first.python, environment)
            stack.enter_context(server)
            return Side(name, server, stack.enter_context(CountingProxy(server.port)), project)

        sides = [serve(FLOOR, "floor.asgi:application", HERE, None)]
        for project in projects:
            sides.append(serve(project.name, "config.asgi:application", project.folder, project))
        yield sides
