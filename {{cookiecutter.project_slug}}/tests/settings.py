"""The settings of a fresh clone: what is in somebody's `.env` does not decide over the tests."""

import os
import tempfile

os.environ["DJANGO_ENV_FILE"] = os.devnull
os.environ["DJANGO_SECRET_KEY"] = "only for tests"
os.environ["DJANGO_HTTPS"] = "off"

from config.settings import *  # noqa: F403

# In a file, since the threads of a server cannot share a database in memory.
DATABASES["default"]["TEST"] = {"NAME": tempfile.mkdtemp(prefix="chat-tests-") + "/db.sqlite3"}  # noqa: F405

# Of Django's test client; the check of a WebSocket's origin reads it before the tests begin.
ALLOWED_HOSTS = ["testserver"]
