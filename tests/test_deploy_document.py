"""What `docs/deploy.md` tells to type fits what is there: files, commands, ports."""

import configparser
import re
import subprocess

import checks
from deploying import command, deploying, read
from test_documents import ENV_LINE, blocks

# A module, an attribute, and what a server does at its end.
SERVES = re.compile(r"uvicorn config\.asgi:application( .*)? --timeout-graceful-shutdown 3\b")

pytestmark = deploying


def test_a_command_that_reads_the_database_starts_it(deployed: checks.Checkout) -> None:
    document = deployed.project / "docs" / "deploy.md"
    lines = [line for block in blocks(document) for line in block.splitlines()]
    runs = [line for line in lines if "docker compose run " in line and "fake_model" not in line]
    assert len(runs) == 3

    # djust's checks read the database, too.
    for line in runs:
        assert "--no-deps" not in line, line
        assert " migrate" in line, "it waits for the database"


def test_the_built_in_model_prints_the_line_that_the_document_changes(
    deployed: checks.Checkout,
) -> None:
    document = deployed.project / "docs" / "deploy.md"
    [command] = [block for block in blocks(document) if " --name model " in block]
    [(name, printed)] = re.findall(
        r"with `(\w+)` in place of `([\d.]+)`:", document.read_text(encoding="utf-8")
    )
    assert f" --name {name} " in command

    *_, arguments = command.partition(" python ")
    with subprocess.Popen(
        [deployed.python, *arguments.split(), "--port", "0"],
        cwd=deployed.project,
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


def test_each_way_to_serve_is_the_same(deployed: checks.Checkout) -> None:
    document = read(deployed, "docs/deploy.md")
    serving = [line for line in document.splitlines() if "uvicorn config" in line]
    assert len(serving) == 2

    for line in [*serving, read(deployed, "README.md"), command(deployed, "CMD")[-1]]:
        assert SERVES.search(line), line
    for line in [*serving, command(deployed, "CMD")[-1]]:
        assert "--no-access-log" in line, "each question of a health check would be a line"


def test_the_samples_for_systemd_and_nginx_fit_each_other(deployed: checks.Checkout) -> None:
    document = read(deployed, "docs/deploy.md")
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


def test_an_update_replaces_one_process_after_the_other(deployed: checks.Checkout) -> None:
    updates = [
        block
        for block in blocks(deployed.project / "docs" / "deploy.md")
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
    deployed: checks.Checkout,
) -> None:
    document = read(deployed, "docs/deploy.md")
    ways = document.split("**Back to the version before.**")[1:]
    migrations = {path.stem for path in deployed.project.glob("chat/migrations/0*.py")}
    assert len(ways) == 2

    for way in ways:
        [(target, there)] = re.findall(
            r"migrate chat (\d+)\n```\n\n```\ngit reset --hard REVISION( &&)\n", way
        )
        assert there and any(name.startswith(f"{target}_") for name in migrations)


def test_a_backup_that_fails_leaves_the_one_before(deployed: checks.Checkout) -> None:
    lines = read(deployed, "docs/deploy.md").splitlines()
    backups = [number for number, line in enumerate(lines) if "pg_dump " in line]
    # By hand and by cron, with Compose and without.
    assert len(backups) == 4

    for number in backups:
        both = f"{lines[number]} {lines[number + 1]}".rstrip(" `")
        [(new, then)] = re.findall(r"pg_dump .* > (\S+\.new) && ?(.*)$", both)
        assert then.startswith(f"mv {new} {new.removesuffix('.new')}"), lines[number]


def test_cron_finds_each_program(deployed: checks.Checkout) -> None:
    found = re.findall(r"```cron\n(.*?)```", read(deployed, "docs/deploy.md"), re.DOTALL)
    lines = "".join(found).splitlines()
    assert len(lines) == 3

    # Its PATH is /usr/bin:/bin, where Debian has docker and pg_dump.
    for line in lines:
        assert not re.search(r"(?<!/usr/sbin/)\brunuser\b", line), line


def test_what_follows_a_line_that_fails_does_not_run(deployed: checks.Checkout) -> None:
    commands = [
        block.splitlines()
        for block in blocks(deployed.project / "docs" / "deploy.md")
        if not ENV_LINE.match(block)
    ]
    assert max(map(len, commands)) > 5

    for lines in commands:
        assert all(line.endswith(" &&") for line in lines[:-1]), lines


def test_what_a_server_keeps_in_the_folder_stays_out_of_git(deployed: checks.Checkout) -> None:
    document = read(deployed, "docs/deploy.md")
    dumps = re.findall(r"(?:> |mv \S+ )(\S*\.dump\S*)", document)
    kept = {path for path in dumps if not path.startswith("/")}
    kept |= {*re.findall(r"'(data/\S+?)'", document)}
    assert kept == {"chat.dump", "chat.dump.new", "data/db.sqlite3", "data/backup.sqlite3"}

    subprocess.run(["git", "init", "--quiet"], cwd=deployed.project, check=True)
    ignored = subprocess.run(
        ["git", "check-ignore", *kept], cwd=deployed.project, capture_output=True, encoding="utf-8"
    )
    assert {*ignored.stdout.split()} == kept


def test_pip_installs_what_is_pinned_and_no_more(deployed: checks.Checkout) -> None:
    texts = [
        file.read_text(encoding="utf-8")
        for pattern in ("*.md", "docs/*.md", ".github/workflows/*.yml", "Dockerfile")
        for file in deployed.project.glob(pattern)
    ]
    lines = [line for text in texts for line in text.splitlines() if "-r requirements" in line]
    assert len(lines) > 4

    # Else pip installs Daphne as well.
    for line in lines:
        assert "--no-deps -r requirements" in line, line
