"""The project's .env.example lists the variables that its code reads: all of them, no other."""

import re
from pathlib import Path

LISTED = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=", re.MULTILINE)
READ = re.compile(r"""["']((?:CHAT|DJANGO|DATABASE)_[A-Z_]+|REDIS_URL)["']""")
# Read before .env is, so that .env cannot hold them.
BEFORE_ENV = {"DJANGO_SETTINGS_MODULE", "DJANGO_ENV_FILE"}
# Read by chat/provider/proxies.py, in any case. The text tells of HTTP_PROXY and ALL_PROXY, too.
PROXIES = {"HTTPS_PROXY", "NO_PROXY"}
SDK_VARIABLE = re.compile(r"^(?:KEY|BASE_URL|API_VERSION)_VARIABLE = \"(\w+)\"$", re.MULTILINE)


def test_env_example_lists_what_the_code_reads(project: Path) -> None:
    listed = LISTED.findall((project / ".env.example").read_text(encoding="utf-8"))
    config = "".join(file.read_text(encoding="utf-8") for file in project.glob("config/*.py"))
    names = (project / "chat" / "provider" / "names.py").read_text(encoding="utf-8")
    read = {*READ.findall(config), *SDK_VARIABLE.findall(names), *PROXIES} - BEFORE_ENV

    assert sorted(listed) == sorted(read)


def test_every_variable_is_explained(project: Path) -> None:
    text = (project / ".env.example").read_text(encoding="utf-8")

    for paragraph in text.strip().split("\n\n"):
        assert paragraph.startswith("# ")
        assert len(LISTED.findall(paragraph)) <= 1


def test_no_value_is_a_secret(project: Path) -> None:
    text = (project / ".env.example").read_text(encoding="utf-8")

    secrets = re.findall(r"^(?:# )?\w*(?:KEY|SECRET|TOKEN)=(.*)$", text, re.MULTILINE)
    assert secrets and not any(secrets)
