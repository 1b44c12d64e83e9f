"""The image, compose and Caddy name what is there: files, commands, settings, ports.

No image is built here: docs/decisions.md, "The image is not built by the tests".
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import checks
import pytest
import yaml
from deploying import command, compose, deploying, instructions, read
from ports import free_port, refusing_port
from serving import get_when_up

# Libraries read these themselves.
OF_LIBRARIES = {"PGPASSWORD"}
# Written into .env for compose alone.
OF_COMPOSE = {"POSTGRES_PASSWORD"}

pytestmark = deploying
on_linux = pytest.mark.skipif(os.name == "nt", reason="What is in an image runs on Linux.")


@pytest.fixture(scope="module")
def context(deployed: checks.Checkout, tmp_path_factory: pytest.TempPathFactory) -> checks.Checkout:
    """A folder with what the builder of an image is sent: what `.dockerignore` lets in."""
    folder = tmp_path_factory.mktemp("context")
    text = (deployed.project / ".dockerignore").read_text(encoding="utf-8")
    first, *rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert first == "*", "nothing gets in that is not named"
    for name in [rule.removeprefix("!") for rule in rules if rule.startswith("!")]:
        source = deployed.project / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    return checks.Checkout(folder, deployed.python)


def settings(deployed: checks.Checkout) -> set[str]:
    """Return the names of the variables that a project reads."""
    example = read(deployed, ".env.example")
    return {*re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)}


def environ(deployed: checks.Checkout, **variables: str) -> dict[str, str]:
    """Return the environment of a command of the image."""
    path = os.pathsep.join([str(deployed.python.parent), os.environ["PATH"]])
    return deployed.environ() | {"PATH": path} | variables


def test_each_file_that_is_copied_gets_in(
    deployed: checks.Checkout, context: checks.Checkout
) -> None:
    copied = [rest.split()[:-1] for name, rest in instructions(deployed) if name == "COPY"]
    assert ["."] in copied

    for name in {name for names in copied for name in names if not name.startswith(("-", "/"))}:
        assert (context.project / name).exists(), name


def test_no_secret_and_no_data_gets_in(deployed: checks.Checkout, context: checks.Checkout) -> None:
    assert (deployed.project / ".env").exists()

    names = {path.name for path in context.project.rglob("*")}
    assert not names & {".env", ".git", "db.sqlite3", "locks", "tests"}
    values = " ".join(rest for name, rest in instructions(deployed) if name in ("ENV", "ARG"))
    assert not re.search("KEY|SECRET|PASSWORD|TOKEN", values)


def test_the_server_is_no_root_and_owns_no_code(deployed: checks.Checkout) -> None:
    names = [name for name, _ in instructions(deployed)]
    [user] = [rest for name, rest in instructions(deployed) if name == "USER"]

    # By its number, so that a cluster sees that it is not root.
    assert int(user) > 0
    assert names.index("USER") > max(n for n, name in enumerate(names) if name in ("RUN", "COPY"))
    assert "--chown" not in read(deployed, "Dockerfile")


@pytest.fixture
def dead_proxy() -> Iterator[str]:
    """The address of a proxy that nobody serves."""
    with refusing_port() as port:
        yield f"http://127.0.0.1:{port}"


@on_linux
def test_the_command_of_the_image_serves_where_the_platform_says(
    deployed: checks.Checkout, context: checks.Checkout, tmp_path: Path, dead_proxy: str
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
    healthy = command(deployed, "HEALTHCHECK")
    migrate = compose(deployed)["services"]["migrate"]["command"]
    for words, there in ((healthy, False), (migrate, True)):
        ended = subprocess.run(words, cwd=context.project, env=variables, stderr=subprocess.PIPE)
        assert (ended.returncode == 0) == there, ended.stderr

    with subprocess.Popen(command(deployed, "CMD"), cwd=context.project, env=variables) as server:
        try:
            assert get_when_up(f"http://127.0.0.1:{port}/readyz", server) == "database: ok\n"
            subprocess.run(healthy, cwd=context.project, env=variables, check=True)
        finally:
            # The server itself: a shell between would end without it.
            server.terminate()
            assert server.wait(timeout=30) in (0, -15)
    assert subprocess.run(healthy, env=variables, stderr=subprocess.DEVNULL).returncode != 0


def test_compose_runs_two_processes_of_one_image_after_one_migration(
    deployed: checks.Checkout,
) -> None:
    services = compose(deployed)["services"]
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


def test_compose_names_settings_and_no_secret(deployed: checks.Checkout) -> None:
    chat = compose(deployed)["services"]["chat1"]
    assert chat["environment"].keys() <= settings(deployed) | OF_LIBRARIES
    assert chat["env_file"] == ".env"
    assert ".env" in read(deployed, ".gitignore").splitlines()

    text = read(deployed, "compose.yaml")
    from_env = set(re.findall(r"\$\{(\w+)", text))
    assert from_env <= settings(deployed) | OF_COMPOSE
    # Without a value, compose ends with the sentence behind the question mark, or has a default.
    assert from_env == set(re.findall(r"\$\{(\w+):[?-]", text))
    assert {"DJANGO_PROXIES"} == set(re.findall(r"\$\{(\w+):-", text)), "a CDN is another proxy"
    for name in OF_COMPOSE:
        assert f"{name}=" in read(deployed, "docs/deploy.md")
    assert all("${" in word for word in re.findall(r"PASSWORD: (.*)", text))


def test_the_settings_take_what_compose_says(deployed: checks.Checkout) -> None:
    variables = compose(deployed)["services"]["chat1"]["environment"]
    # What compose takes where .env says nothing.
    variables = {
        name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value) for name, value in variables.items()
    }
    run = subprocess.run(
        [deployed.python, "manage.py", "check", "--deploy", "--fail-level", "ERROR"],
        cwd=deployed.project,
        env=environ(deployed, **variables, DJANGO_ALLOWED_HOSTS="localhost"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout


def test_what_compose_mounts_is_declared_or_there(deployed: checks.Checkout) -> None:
    parsed = compose(deployed)
    mounts = [
        mount for service in parsed["services"].values() for mount in service.get("volumes", [])
    ]
    assert mounts

    for source, _, target in (mount.partition(":") for mount in mounts):
        if source.startswith("./"):
            assert (deployed.project / source).is_file()
        else:
            assert source in parsed["volumes"]
        if target.startswith("/app/"):
            # The image creates it for its user, which a new volume takes over.
            assert f"--owner=chat {target.removeprefix('/app/')}" in read(deployed, "Dockerfile")


def test_caddy_asks_the_processes_of_compose(deployed: checks.Checkout) -> None:
    caddyfile, services = read(deployed, "Caddyfile"), compose(deployed)["services"]
    [upstreams] = re.findall(r"reverse_proxy (.*) \{", caddyfile)
    default = re.findall(r"--port \$\{PORT:-(\d+)\}", read(deployed, "Dockerfile"))

    assert [name.split(":")[0] for name in upstreams.split()] == ["chat1", "chat2"]
    assert {name.split(":")[1] for name in upstreams.split()} == set(default)
    [site] = services["caddy"]["environment"]
    assert f"\n{{${site}}} {{\n" in caddyfile
    assert "health_uri /readyz\n" in caddyfile


def test_the_workflow_boots_what_compose_has(deployed: checks.Checkout) -> None:
    workflow = yaml.safe_load(read(deployed, ".github/workflows/test.yml"))
    lines = [step.get("run", "") for step in workflow["jobs"]["image"]["steps"]]
    services = compose(deployed)["services"]

    assert "docker compose up --build --detach" in lines
    named = [
        re.search(r"docker compose (?:exec -T|stop|up .*--wait) (\w+)", line) for line in lines
    ]
    assert {found[1] for found in named if found} <= services.keys()
    written = {name for line in lines for name in re.findall(r'echo "(\w+)=', line)}
    assert written <= settings(deployed) | OF_COMPOSE
    required = set(re.findall(r"\$\{(\w+):\?", read(deployed, "compose.yaml")))
    assert required <= written
    assert all(shlex.split(line) for line in lines if line.startswith(("docker", "$ASK")))
