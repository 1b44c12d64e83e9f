"""What runs a project on a server names what is there: files, commands, settings, ports.

No image is built here: docs/decisions.md, "The image is not built by the tests".
"""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import baking
import checks
import pytest
import yaml
from ports import free_port, refusing_port
from serving import get_when_up
from test_documents import ENV_LINE, blocks

SDK = "openai"
# A module, an attribute, and what a server does at its end.
SERVES = re.compile(r"uvicorn config\.asgi:application( .*)? --timeout-graceful-shutdown 3\b")
# Libraries read these themselves.
OF_LIBRARIES = {"PGPASSWORD"}
# Written into .env for compose alone.
OF_COMPOSE = {"POSTGRES_PASSWORD"}

pytestmark = pytest.mark.xdist_group("deploying")
on_linux = pytest.mark.skipif(os.name == "nt", reason="What is in an image runs on Linux.")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> checks.Checkout:
    """A project with default answers, and what it needs."""
    return checks.install(baking.bake(tmp_path_factory.mktemp("deploying"), {}), SDK)


@pytest.fixture(scope="module")
def context(checkout: checks.Checkout, tmp_path_factory: pytest.TempPathFactory) -> checks.Checkout:
    """A folder with what the builder of an image is sent: what `.dockerignore` lets in."""
    folder = tmp_path_factory.mktemp("context")
    text = (checkout.project / ".dockerignore").read_text(encoding="utf-8")
    first, *rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert first == "*", "nothing gets in that is not named"
    for name in [rule.removeprefix("!") for rule in rules if rule.startswith("!")]:
        source = checkout.project / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    return checks.Checkout(folder, checkout.python)


def read(checkout: checks.Checkout, name: str) -> str:
    return (checkout.project / name).read_text(encoding="utf-8")


def instructions(checkout: checks.Checkout) -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with its arguments."""
    text = read(checkout, "Dockerfile").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in lines]


def command(checkout: checks.Checkout, instruction: str) -> list[str]:
    """Return the command of CMD or HEALTHCHECK, which is a list and so runs without a shell."""
    [arguments] = [rest for name, rest in instructions(checkout) if name == instruction]
    words: list[str] = json.loads(arguments[arguments.index("[") :])
    return words


def compose(checkout: checks.Checkout) -> dict[str, Any]:
    """Return what compose.yaml says."""
    parsed: dict[str, Any] = yaml.safe_load(read(checkout, "compose.yaml"))
    return parsed


def settings(checkout: checks.Checkout) -> set[str]:
    """Return the names of the variables that a project reads."""
    example = read(checkout, ".env.example")
    return {*re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)}


def environ(checkout: checks.Checkout, **variables: str) -> dict[str, str]:
    """Return the environment of a command of the image."""
    path = os.pathsep.join([str(checkout.python.parent), os.environ["PATH"]])
    return checkout.environ() | {"PATH": path} | variables


def test_each_file_that_is_copied_gets_in(
    checkout: checks.Checkout, context: checks.Checkout
) -> None:
    copied = [rest.split()[:-1] for name, rest in instructions(checkout) if name == "COPY"]
    assert ["."] in copied

    for name in {name for names in copied for name in names if not name.startswith(("-", "/"))}:
        assert (context.project / name).exists(), name


def test_no_secret_and_no_data_gets_in(checkout: checks.Checkout, context: checks.Checkout) -> None:
    assert (checkout.project / ".env").exists()

    names = {path.name for path in context.project.rglob("*")}
    assert not names & {".env", ".git", "db.sqlite3", "locks", "tests"}
    values = " ".join(rest for name, rest in instructions(checkout) if name in ("ENV", "ARG"))
    assert not re.search("KEY|SECRET|PASSWORD|TOKEN", values)


def test_the_server_is_no_root_and_owns_no_code(checkout: checks.Checkout) -> None:
    names = [name for name, _ in instructions(checkout)]
    [user] = [rest for name, rest in instructions(checkout) if name == "USER"]

    # By its number, so that a cluster sees that it is not root.
    assert int(user) > 0
    assert names.index("USER") > max(n for n, name in enumerate(names) if name in ("RUN", "COPY"))
    assert "--chown" not in read(checkout, "Dockerfile")


@pytest.fixture
def dead_proxy() -> Iterator[str]:
    """The address of a proxy that nobody serves."""
    with refusing_port() as port:
        yield f"http://127.0.0.1:{port}"


@on_linux
def test_the_command_of_the_image_serves_where_the_platform_says(
    checkout: checks.Checkout, context: checks.Checkout, tmp_path: Path, dead_proxy: str
) -> None:
    port = str(free_port())
    variables = environ(
        context,
        PORT=port,
        DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
        DJANGO_SECRET_KEY="only for tests",
        DJANGO_ALLOWED_HOSTS="localhost",
        HTTP_PROXY=dead_proxy,  # for requests to the model
    )
    healthy = command(checkout, "HEALTHCHECK")
    migrate = compose(checkout)["services"]["migrate"]["command"]
    for words, there in ((healthy, False), (migrate, True)):
        ended = subprocess.run(words, cwd=context.project, env=variables, stderr=subprocess.PIPE)
        assert (ended.returncode == 0) == there, ended.stderr

    with subprocess.Popen(command(checkout, "CMD"), cwd=context.project, env=variables) as server:
        try:
            assert get_when_up(f"http://127.0.0.1:{port}/readyz", server) == "database: ok\n"
            subprocess.run(healthy, cwd=context.project, env=variables, check=True)
        finally:
            # The server itself: a shell between would end without it.
            server.terminate()
            assert server.wait(timeout=30) in (0, -15)
    assert subprocess.run(healthy, env=variables, stderr=subprocess.DEVNULL).returncode != 0


def test_compose_runs_two_processes_of_one_image_after_one_migration(
    checkout: checks.Checkout,
) -> None:
    services = compose(checkout)["services"]
    first, second, migrate = (services[name] for name in ("chat1", "chat2", "migrate"))

    assert first == second
    assert first["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert migrate["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert (migrate["restart"], migrate["image"]) == ("no", first["image"])
    # One service builds for all, and nobody looks for the image in a registry.
    assert [name for name, service in services.items() if "build" in service] == ["migrate"]
    assert first["pull_policy"] == migrate["pull_policy"] == "never"
    for name, service in services.items():
        assert service.get("depends_on", {}).keys() <= services.keys()
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        assert ("ports" in service) == (name == "caddy"), "only the proxy is reached from outside"
        assert service["logging"] == {"driver": "local"}, "it limits how much is kept"
    # Docker kills what has not ended by then.
    assert int(first["stop_grace_period"].removesuffix("s")) > 2 + 3


def test_compose_names_settings_and_no_secret(checkout: checks.Checkout) -> None:
    chat = compose(checkout)["services"]["chat1"]
    assert chat["environment"].keys() <= settings(checkout) | OF_LIBRARIES
    assert chat["env_file"] == ".env"
    assert ".env" in read(checkout, ".gitignore").splitlines()

    text = read(checkout, "compose.yaml")
    from_env = set(re.findall(r"\$\{(\w+)", text))
    assert from_env <= settings(checkout) | OF_COMPOSE
    # Without a value, compose ends with the sentence behind the question mark, or has a default.
    assert from_env == set(re.findall(r"\$\{(\w+):[?-]", text))
    assert {"DJANGO_PROXIES"} == set(re.findall(r"\$\{(\w+):-", text)), "a CDN is another proxy"
    for name in OF_COMPOSE:
        assert f"{name}=" in read(checkout, "docs/deploy.md")
    assert all("${" in word for word in re.findall(r"PASSWORD: (.*)", text))


def test_the_settings_take_what_compose_says(checkout: checks.Checkout) -> None:
    variables = compose(checkout)["services"]["chat1"]["environment"]
    # What compose takes where .env says nothing.
    variables = {
        name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value) for name, value in variables.items()
    }
    run = subprocess.run(
        [checkout.python, "manage.py", "check", "--deploy", "--fail-level", "ERROR"],
        cwd=checkout.project,
        env=environ(checkout, **variables, DJANGO_ALLOWED_HOSTS="localhost"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout


def test_what_compose_mounts_is_declared_or_there(checkout: checks.Checkout) -> None:
    parsed = compose(checkout)
    mounts = [
        mount for service in parsed["services"].values() for mount in service.get("volumes", [])
    ]
    assert mounts

    for source, _, target in (mount.partition(":") for mount in mounts):
        if source.startswith("./"):
            assert (checkout.project / source).is_file()
        else:
            assert source in parsed["volumes"]
        if target.startswith("/app/"):
            # The image creates it for its user, which a new volume takes over.
            assert f"--owner=chat {target.removeprefix('/app/')}" in read(checkout, "Dockerfile")


def test_caddy_asks_the_processes_of_compose(checkout: checks.Checkout) -> None:
    caddyfile, services = read(checkout, "Caddyfile"), compose(checkout)["services"]
    [upstreams] = re.findall(r"reverse_proxy (.*) \{", caddyfile)
    default = re.findall(r"--port \$\{PORT:-(\d+)\}", read(checkout, "Dockerfile"))

    assert [name.split(":")[0] for name in upstreams.split()] == ["chat1", "chat2"]
    assert {name.split(":")[1] for name in upstreams.split()} == set(default)
    [site] = services["caddy"]["environment"]
    assert f"\n{{${site}}} {{\n" in caddyfile
    assert "health_uri /readyz\n" in caddyfile


def test_a_command_that_reads_the_database_starts_it(checkout: checks.Checkout) -> None:
    document = checkout.project / "docs" / "deploy.md"
    lines = [line for block in blocks(document) for line in block.splitlines()]
    runs = [line for line in lines if "docker compose run " in line and "fake_model" not in line]
    assert len(runs) == 3

    # djust's checks read the database, too.
    for line in runs:
        assert "--no-deps" not in line, line
        assert " migrate" in line, "it waits for the database"


def test_the_built_in_model_prints_the_line_that_the_document_changes(
    checkout: checks.Checkout,
) -> None:
    document = checkout.project / "docs" / "deploy.md"
    [command] = [block for block in blocks(document) if " --name model " in block]
    [(name, printed)] = re.findall(
        r"with `(\w+)` in place of `([\d.]+)`:", document.read_text(encoding="utf-8")
    )
    assert f" --name {name} " in command

    *_, arguments = command.partition(" python ")
    with subprocess.Popen(
        [checkout.python, *arguments.split(), "--port", "0"],
        cwd=checkout.project,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as model:
        try:
            assert model.stdout is not None
            lines = [model.stdout.readline() for _ in range(4)]
        finally:
            model.terminate()
    [address] = [line for line in lines if "_BASE_URL=" in line]
    assert f"//{printed}:" in address


def test_each_way_to_serve_is_the_same(checkout: checks.Checkout) -> None:
    document = read(checkout, "docs/deploy.md")
    serving = [line for line in document.splitlines() if "uvicorn config" in line]
    assert len(serving) == 2

    for line in [*serving, read(checkout, "README.md"), command(checkout, "CMD")[-1]]:
        assert SERVES.search(line), line
    for line in [*serving, command(checkout, "CMD")[-1]]:
        assert "--no-access-log" in line, "each question of a health check would be a line"


def test_the_samples_for_systemd_and_nginx_fit_each_other(checkout: checks.Checkout) -> None:
    document = read(checkout, "docs/deploy.md")
    [unit_text] = [
        block for block in re.findall(r"```ini\n(.*?)```", document, re.DOTALL) if "[Unit]" in block
    ]
    unit = configparser.RawConfigParser()
    unit.read_string(re.sub("^ +", "", unit_text, flags=re.MULTILINE))
    [nginx] = re.findall(r"```nginx\n(.*?)```", document, re.DOTALL)
    # Without max_fails=0, nginx asks a process that was restarted again only after ten seconds.
    ports = re.findall(r"server 127\.0\.0\.1:(\d+) max_fails=0;", nginx)

    assert "--port %i " in unit["Service"]["ExecStart"]
    assert unit["Service"]["User"] != "root"
    assert int(unit["Service"]["TimeoutStopSec"]) > 2 + 3
    [enabled] = re.findall(r"^ *systemctl enable --now (.*)$", document, re.MULTILINE)
    assert [instance.removeprefix("chat@") for instance in enabled.split()] == ports
    assert nginx.count("{") == nginx.count("}")
    assert unit["Service"]["ProtectSystem"] == "strict"
    # As in the image.
    assert unit["Service"]["ReadWritePaths"] == f"{unit['Service']['WorkingDirectory']}/locks"
    [login] = re.findall(r"location ~ (\S+) \{\n +limit_req zone=login ", nginx)
    assert all(re.search(login, path) for path in ("/accounts/login/", "/chat/admin/login/"))
    assert not re.search(login, "/")
    assert "ssl_reject_handshake on;" in nginx.split("default_server;\n")[-1].split("}")[0]
    for header in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "Upgrade", "Connection"):
        assert f"proxy_set_header {header} " in nginx


def test_an_update_replaces_one_process_after_the_other(checkout: checks.Checkout) -> None:
    updates = [
        block
        for block in blocks(checkout.project / "docs" / "deploy.md")
        if "git " in block and "systemctl restart chat@8002" in block
    ]
    # Forwards and back.
    assert len(updates) == 2

    for update in updates:
        *_, first, wait, second, _ = update.split("\n")
        assert first == "systemctl restart chat@8001 &&"
        assert wait.startswith("curl --fail ") and wait.endswith(" http://127.0.0.1:8001/readyz &&")
        assert second == "systemctl restart chat@8002"


def test_the_way_back_undoes_migrations_while_their_code_is_there(
    checkout: checks.Checkout,
) -> None:
    document = read(checkout, "docs/deploy.md")
    ways = document.split("**Back to the version before.**")[1:]
    migrations = {path.stem for path in checkout.project.glob("chat/migrations/0*.py")}
    assert len(ways) == 2

    for way in ways:
        [(target, there)] = re.findall(
            r"migrate chat (\d+)\n```\n\n```\ngit reset --hard REVISION( &&)\n", way
        )
        assert there and any(name.startswith(f"{target}_") for name in migrations)


def test_a_backup_that_fails_leaves_the_one_before(checkout: checks.Checkout) -> None:
    lines = read(checkout, "docs/deploy.md").splitlines()
    backups = [number for number, line in enumerate(lines) if "pg_dump " in line]
    # By hand and by cron, with Compose and without.
    assert len(backups) == 4

    for number in backups:
        both = f"{lines[number]} {lines[number + 1]}".rstrip(" `")
        [(new, then)] = re.findall(r"pg_dump .* > (\S+\.new) && ?(.*)$", both)
        assert then.startswith(f"mv {new} {new.removesuffix('.new')}"), lines[number]


def test_cron_finds_each_program(checkout: checks.Checkout) -> None:
    found = re.findall(r"```cron\n(.*?)```", read(checkout, "docs/deploy.md"), re.DOTALL)
    lines = "".join(found).splitlines()
    assert len(lines) == 3

    # Its PATH is /usr/bin:/bin, where Debian has docker and pg_dump.
    for line in lines:
        assert not re.search(r"(?<!/usr/sbin/)\brunuser\b", line), line


def test_what_follows_a_line_that_fails_does_not_run(checkout: checks.Checkout) -> None:
    commands = [
        block.splitlines()
        for block in blocks(checkout.project / "docs" / "deploy.md")
        if not ENV_LINE.match(block)
    ]
    assert max(map(len, commands)) > 5

    for lines in commands:
        assert all(line.endswith(" &&") for line in lines[:-1]), lines


def test_what_a_server_keeps_in_the_folder_stays_out_of_git(checkout: checks.Checkout) -> None:
    document = read(checkout, "docs/deploy.md")
    dumps = re.findall(r"(?:> |mv \S+ )(\S*\.dump\S*)", document)
    kept = {path for path in dumps if not path.startswith("/")}
    kept |= {*re.findall(r"'(data/\S+?)'", document)}
    assert kept == {"chat.dump", "chat.dump.new", "data/db.sqlite3", "data/backup.sqlite3"}

    subprocess.run(["git", "init", "--quiet"], cwd=checkout.project, check=True)
    ignored = subprocess.run(
        ["git", "check-ignore", *kept], cwd=checkout.project, capture_output=True, encoding="utf-8"
    )
    assert {*ignored.stdout.split()} == kept


def test_pip_installs_what_is_pinned_and_no_more(checkout: checks.Checkout) -> None:
    texts = [
        file.read_text(encoding="utf-8")
        for pattern in ("*.md", "docs/*.md", ".github/workflows/*.yml", "Dockerfile")
        for file in checkout.project.glob(pattern)
    ]
    lines = [line for text in texts for line in text.splitlines() if "-r requirements" in line]
    assert len(lines) > 4

    # Else pip installs Daphne as well.
    for line in lines:
        assert "--no-deps -r requirements" in line, line


def test_the_workflow_boots_what_compose_has(checkout: checks.Checkout) -> None:
    workflow = yaml.safe_load(read(checkout, ".github/workflows/test.yml"))
    lines = [step.get("run", "") for step in workflow["jobs"]["image"]["steps"]]
    services = compose(checkout)["services"]

    assert "docker compose up --build --detach" in lines
    named = [
        re.search(r"docker compose (?:exec -T|stop|up .*--wait) (\w+)", line) for line in lines
    ]
    assert {found[1] for found in named if found} <= services.keys()
    written = {name for line in lines for name in re.findall(r'echo "(\w+)=', line)}
    assert written <= settings(checkout) | OF_COMPOSE
    required = set(re.findall(r"\$\{(\w+):\?", read(checkout, "compose.yaml")))
    assert required <= written
    assert all(shlex.split(line) for line in lines if line.startswith(("docker", "$ASK")))
