"""The settings of a fresh clone: what somebody has set, here or in `.env`, decides over no test."""

import atexit
import os
import shutil
import tempfile

from chat.provider import names

OURS = ("CHAT_", "DATABASE_URL", "DJANGO_", "REDIS_URL")
SDK = (names.KEY_VARIABLE, names.BASE_URL_VARIABLE)
for name in list(os.environ):
    if name.startswith((*OURS, *SDK)) and name != "DJANGO_SETTINGS_MODULE":
        del os.environ[name]

os.environ["DJANGO_ENV_FILE"] = os.devnull
os.environ["DJANGO_SECRET_KEY"] = "only for tests"
os.environ["DJANGO_HTTPS"] = "off"

from config.settings import *  # noqa: E402, F403

# In a file, since the threads of a server cannot share a database in memory.
folder = tempfile.mkdtemp(prefix="chat-tests-")
atexit.register(shutil.rmtree, folder, ignore_errors=True)
DATABASES["default"]["TEST"] = {"NAME": f"{folder}/db.sqlite3"}  # noqa: F405

# It looks through all static files for each client of a test, and none of these asks for one.
MIDDLEWARE.remove("servestatic.middleware.ServeStaticMiddleware")  # noqa: F405

# Of Django's test client; the check of a WebSocket's origin reads it before the tests begin.
ALLOWED_HOSTS = ["testserver"]
