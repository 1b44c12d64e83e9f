"""The settings of a fresh clone: what somebody has set, here or in `.env`, decides over no test."""

import atexit
import os
import shutil
import tempfile
from importlib.util import cache_from_source
from pathlib import Path

import django

from chat.provider import names
from tests.waiting import SOON

OURS = ("CHAT_", "DATABASE_", "DJANGO_", "REDIS_URL")
SDK = (names.KEY_VARIABLE, names.BASE_URL_VARIABLE)
for name in list(os.environ):
    if name.startswith((*OURS, *SDK)) and name != "DJANGO_SETTINGS_MODULE":
        del os.environ[name]

os.environ["DJANGO_ENV_FILE"] = os.devnull
os.environ["DJANGO_SECRET_KEY"] = "only for tests"
os.environ["DJANGO_HTTPS"] = "off"
# Longer than any wait of a test: it closes a silent connection too, and would be taken for Stop.
os.environ["CHAT_IDLE_TIMEOUT_SECONDS"] = str(max(60, 2 * SOON))

from config.settings import *  # noqa: E402, F403

# In files, since the threads of a server cannot share a database in memory. Servers that tests
# start copy the first one; no test opens the developer's own.
folder = tempfile.mkdtemp(prefix="chat-tests-")
atexit.register(shutil.rmtree, folder, ignore_errors=True)
DATABASES["default"]["NAME"] = f"{folder}/db.sqlite3"  # noqa: F405
DATABASES["default"]["TEST"] = {"NAME": f"{folder}/test.sqlite3"}  # noqa: F405

# Where Python may not write bytecode, and pip has not either, each server would compile all
# packages again, which takes longer than to start. So pytest's processes and the servers share a
# folder. Not otherwise: Python would look in this folder alone, and compile what is compiled.
packages_are_compiled = Path(cache_from_source(django.__file__)).exists()
if os.environ.get("PYTHONDONTWRITEBYTECODE") and not packages_are_compiled:
    del os.environ["PYTHONDONTWRITEBYTECODE"]
    os.environ.setdefault("PYTHONPYCACHEPREFIX", f"{folder}/bytecode")

# It looks through all static files for each client of a test, and none of these asks for one.
MIDDLEWARE.remove("config.static.CompressedStatic")  # noqa: F405

# Of Django's test client; the check of a WebSocket's origin reads it before the tests begin.
ALLOWED_HOSTS = ["testserver"]

# PBKDF2 takes most of a second, on purpose. The second hasher is for passwords that a `Server`
# checks: it has the project's own hashers, which do not include MD5.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
