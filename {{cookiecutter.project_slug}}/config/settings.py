"""Django settings. Whatever differs between machines comes from the environment or `.env`."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from chat.provider import names
from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
ENV_FILE = BASE_DIR / env.text("DJANGO_ENV_FILE", ".env")
env.load(ENV_FILE)

DEBUG = env.flag("DJANGO_DEBUG", default=False)
# A missing key is told by `manage.py check` (chat.E001); until then sessions end with the process.
SECRET_KEY = env.text("DJANGO_SECRET_KEY") or get_random_secret_key()
# Empty means this machine alone while DEBUG, and no host at all otherwise.
ALLOWED_HOSTS = env.words("DJANGO_ALLOWED_HOSTS")

# Whether browsers reach the page by HTTPS: directly, or through proxies that say so themselves.
HTTPS = env.flag("DJANGO_HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
PROXIES = env.number("DJANGO_PROXIES", 0, minimum=0, maximum=10)
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Behind a proxy all users would share the limit of one address.
    DJUST_TRUSTED_PROXY_COUNT = PROXIES

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "djust",
    "chat",
]

MIDDLEWARE = [
    "config.healthz.HealthCheck",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
# djust wants to be first, and has a template language of its own: what Django is to render, all but
# LiveViews, says so by `using` or `template_engine`.
TEMPLATES = [
    {
        "BACKEND": "djust.template_backend.DjustTemplateBackend",
        "NAME": "djust",
        "DIRS": [BASE_DIR / "chat" / "templates"],
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]

DATABASES = {"default": env.database(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == env.SQLITE:
    # Write-ahead logging lets a page be read while a reply is saved.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
    }
    # The last connection to close writes the log back, which a reply would pay for at each save.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
else:
    # `database_sync_to_async` closes the connection after each question: else each connects anew.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"timeout": 5}
    # What the pool holds is dead after a restart of PostgreSQL.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHAT_LOGIN_REQUIRED = env.flag("CHAT_LOGIN_REQUIRED", default=False)
REDIS_URL = env.address("REDIS_URL", "redis", "rediss", "unix")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # Else redis gives up a wait of five seconds just when channels_redis ends it.
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
SERVESTATIC_USE_FINDERS = True
# The hash in each URL lets a browser fetch a changed script at once, without `collectstatic`.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.HashedUrlStorage"},
}

SILENCED_SYSTEM_CHECKS = [
    # Whether other hosts of the domain speak HTTPS too is not known here.
    "security.W005",
    "security.W021",
    # The admin's login is not slowed down here: do that in the proxy, or add django-axes.
    "djust.A030",
]

# Views live and end with their WebSocket, so that their state need not be shared.
DJUST_CONFIG = {
    "STATE_BACKEND": "memory",
    # Whoever may open the page may use all of it, on conversations of their own.
    "suppress_checks": ["S009"],
}
LIVEVIEW_ALLOWED_MODULES = ["chat.page.chat_view"]
# The update check would ask the network; links open whole pages, which a proxy and a log can see.
LIVEVIEW_CONFIG = {
    "update_check": False,
    "auto_navigate": False,
    "hot_reload": False,
    # Each tab holds a WebSocket, and a classroom may share an address.
    "rate_limit": {"max_connections_per_ip": 100},
    # Somebody who logs out in another tab can do no more in this one: ChatView.check_permissions.
    "reauth_on_event": True,
}
# Cookies ignore the port, so two projects on localhost would overwrite each other's cookies.
SESSION_COOKIE_NAME = "{{ cookiecutter.project_slug }}-session"
CHAT_VISITOR_COOKIE = "{{ cookiecutter.project_slug }}-visitor"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# The three <style> elements that djust's client adds: its cloak, its lazy clicks, its loading bar.
DJUST_STYLES = [
    "'sha256-/IBY28ZwDaxwbibcekUAwU4CZseDF93G/C57mBqUL1M='",
    "'sha256-yJ4qTz9mBpGr4KFA4TEAPWWf+sCdgVqAGuVdnfgIn0E='",
    "'sha256-AQoKrkyiktohQt9cfV+Ww4r6Ry4kCABTyOWUGewB3mI='",
]
# Nothing a model or a user writes may load or run anything, whatever slips through the Markdown.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, *DJUST_STYLES],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "chat": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "djust": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # It warns of a state backend in memory, even where that was chosen.
        "djust.utils": {"level": "ERROR"},
    },
}

# The provider, by the variables that its SDK reads too. Empty: no key, the vendor's own address.
CHAT_API_KEY = env.text(names.KEY_VARIABLE)
CHAT_BASE_URL = env.address(names.BASE_URL_VARIABLE, "http", "https")
# An empty model means the provider's default one.
CHAT_MODEL = env.text("CHAT_MODEL")
CHAT_SYSTEM_PROMPT = env.text("CHAT_SYSTEM_PROMPT")
# djust refuses frames over 64 kB, and one character may take six bytes in its JSON.
CHAT_MAX_PROMPT_CHARS = env.number("CHAT_MAX_PROMPT_CHARS", 8000, minimum=1, maximum=10_000)
CHAT_MAX_OUTPUT_TOKENS = env.number("CHAT_MAX_OUTPUT_TOKENS", 4096, minimum=1, maximum=1_000_000)
CHAT_DISCONNECT_GRACE_SECONDS = env.number(
    "CHAT_DISCONNECT_GRACE_SECONDS", 10.0, minimum=0, maximum=3600
)
# Each server process holds a file here, by which others know that it lives.
CHAT_LOCKS = BASE_DIR / "locks"
CHAT_IDLE_TIMEOUT_SECONDS = env.number("CHAT_IDLE_TIMEOUT_SECONDS", 60.0, minimum=0.1, maximum=3600)
# The words that provoke something in the built-in model, while `manage.py dev` runs one.
CHAT_BUILT_IN_MODEL: dict[str, str] | None = None
