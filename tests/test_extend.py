"""What docs/extend.md and docs/tools.md of a project say works.

All code of the first, and the example of the second, is written into a project, and run.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import answers as questions
import baking
import checks
import pytest
from ports import free_port
from serving import get_when_up

SDK = questions.CHOICES["provider_sdk"][0]
BLOCK = re.compile(
    r"^`([^`]+)`(, at the end)?[^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
# A page of the site, run by the project's Python: sends a prompt, and prints how the reply ended.
PAGE = """
import json, re, sys, urllib.request
from websockets.sync.client import connect

address = sys.argv[1]
SOON = 300  # seconds, for a busy machine
with urllib.request.urlopen(f"http://{address}/chat/") as page:
    html = page.read().decode()
    cookies = [cookie.partition(";")[0] for cookie in page.headers.get_all("Set-Cookie")]
for path in re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', html):
    urllib.request.urlopen(f"http://{address}{path}").close()
headers = {"Cookie": "; ".join(cookies), "Origin": f"http://{address}"}
conversation = re.findall(r'data-conversation="([^"]*)"', html)[0]
shown = {"conversation": conversation, "turn": 0, "reply": 0, "status": ""}
with connect(f"ws://{address}/ws/live/", additional_headers=headers) as page:
    view = "chat.page.chat_view.ChatView"
    page.send(json.dumps({"type": "mount", "view": view, "url": "/chat/"}))
    while "dj-submit" not in page.recv(SOON):
        pass
    for name, params in (("follow", shown), ("submit", {"prompt": "/long 3"})):
        page.send(json.dumps({"type": "event", "event": name, "params": params}))
    while "chat:end" not in (frame := page.recv(SOON)):
        pass
print(json.loads(frame)["payload"]["status"])
"""


def apply(section: str, folder: Path, document: Path) -> None:
    """Write the code of a section of a document into `folder`, with the files it asks for."""
    text = document.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2]
    blocks = BLOCK.findall(text.partition("\n## ")[0])
    assert blocks
    for name, at_the_end, code in blocks:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".py":
            (file.parent / "__init__.py").touch()
        before = f"{file.read_text(encoding='utf-8')}\n" if at_the_end else ""
        file.write_text(before + code, encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> checks.Checkout:
    """A project with default answers, and what it needs."""
    return checks.install(baking.bake(tmp_path / "baked", {}), SDK)


def test_another_live_page(checkout: checks.Checkout) -> None:
    document = checkout.project / "docs" / "extend.md"

    apply("Another live page", checkout.project, document)

    checkout.run("ruff-check")
    checkout.run("ruff-format")
    checkout.run("system-checks")
    checkout.output("-m", "pytest", "-n", "0", "tests/test_board.py")


def test_a_tool(checkout: checks.Checkout) -> None:
    document = checkout.project / "docs" / "tools.md"

    apply("Write one", checkout.project, document)
    apply("Test one", checkout.project, document)

    checkout.run("ruff-check")
    checkout.run("ruff-format")
    checkout.run("system-checks")
    checkout.output("-m", "pytest", "-n", "0", "tests/tools/test_dice.py")
    find = "from chat.tools import registry; print(registry.find('roll_dice'))"
    assert "<Tool roll_dice>" in checkout.output("manage.py", "shell", "-c", find)


def test_an_own_user_model(checkout: checks.Checkout) -> None:
    document = checkout.project / "docs" / "extend.md"

    apply("An own user model", checkout.project, document)
    (checkout.project / "accounts" / "migrations").mkdir()
    (checkout.project / "accounts" / "migrations" / "__init__.py").touch()

    checkout.output("manage.py", "makemigrations", "accounts")
    checkout.output("manage.py", "migrate")
    checkout.run("migrations")
    checkout.run("system-checks")
    # Those that create users.
    own = ["tests/page/test_login.py", "tests/test_admin.py"]
    checkout.output("-m", "pytest", "-n", "0", *own)


def test_the_chat_in_a_site_that_exists(checkout: checks.Checkout, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    checkout.output("-m", "django", "startproject", "mysite", str(folder))
    caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout.project / "chat", folder / "chat", ignore=caches)
    apply("The chat in a site that exists", folder, checkout.project / "docs" / "extend.md")
    site = checks.Checkout(folder, checkout.python)

    # djust asks for a package against guessed passwords of admins, in any site.
    said = site.output("manage.py", "check")
    assert {*re.findall(r"\((\S+)\)", said)} == {"djust.A030", "chat.W002"}, said
    site.output("manage.py", "makemigrations", "--check", "--dry-run")
    site.output("manage.py", "migrate")

    sdk = questions.CONTEXT["_sdk"][SDK]
    model, port = free_port(), free_port()
    python = str(checkout.python)
    fake_model = [python, "-m", "fake_model", "--port", str(model)]
    with subprocess.Popen(fake_model, cwd=checkout.project, stdout=subprocess.DEVNULL) as upstream:
        get_when_up(f"http://127.0.0.1:{model}/record", upstream)
        environ = checkout.environ() | {
            sdk["base_url"]: f"http://127.0.0.1:{model}{urlsplit(sdk['base_url_example']).path}",
            sdk["key"]: "any",
        }
        command = [python, "-m", "uvicorn", "mysite.asgi:application", "--port", str(port)]
        with subprocess.Popen(command, cwd=folder, env=environ) as server:
            try:
                get_when_up(f"http://127.0.0.1:{port}/chat/", server)
                ended = site.output("-c", PAGE, f"127.0.0.1:{port}").strip()
                asked = json.loads(get_when_up(f"http://127.0.0.1:{model}/record", upstream))
            finally:
                server.terminate()
                upstream.terminate()

    assert ended == "complete"
    assert "/long 3" in json.dumps(asked)
    assert os.listdir(folder / "locks")
