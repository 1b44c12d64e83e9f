"""Django settings. Values that differ between machines come from the environment or `.env`."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from chat.provider import names
from config import env, log, path_prefix

BASE_DIR = Path(__file__).resolve().parent.parent
CHAT_ENV_FILE = BASE_DIR / env.text("DJANGO_ENV_FILE", ".env")
env.load(CHAT_ENV_FILE)

DEBUG = env.flag("DJANGO_DEBUG", default=False)
# Without DEBUG, a server with a key of its own does not start (chat.E001).
SECRET_KEY = env.text("DJANGO_SECRET_KEY") or get_random_secret_key()
SECRET_KEY_FALLBACKS = env.words("DJANGO_SECRET_KEY_FALLBACKS")
# If empty, Django accepts only localhost while DEBUG is true, and no host otherwise.
ALLOWED_HOSTS = env.words("DJANGO_ALLOWED_HOSTS")

# Where browsers send another origin than the Host that arrives here, as behind a proxy that drops
# the port, forms such as the login are accepted from these.
CSRF_TRUSTED_ORIGINS = env.origins("DJANGO_TRUSTED_ORIGINS")

# Whether browsers reach the page by HTTPS: directly, or through proxies (DJANGO_PROXIES).
HTTPS = env.flag("DJANGO_HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
PROXIES = env.number("DJANGO_PROXIES", 0, minimum=0, maximum=10)
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Without this, all users behind the proxy would share the connection limit of one address.
    DJUST_TRUSTED_PROXY_COUNT = PROXIES

# "/chat" if the chat is at https://example.com/chat/, else "".
PATH_PREFIX = path_prefix.read("CHAT_PATH_PREFIX")
CHAT_SOCKET_PATH = f"{PATH_PREFIX}/ws/live/"

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
    "config",
{% if cookiecutter.exercises == 'yes' %}
    "exercises",
{% endif %}
]

MIDDLEWARE = [
    "config.healthz.health_checks",
    "django.middleware.security.SecurityMiddleware",
    "config.static.CompressedStatic",
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
# djust requires its template engine to be the first. It has its own template language, so every
# page except LiveViews chooses Django's engine by `using` or `template_engine`.
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

POOL_SIZE = env.number("DATABASE_POOL_SIZE", 20, minimum=2, maximum=1000)
DATABASES = {"default": env.database(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == env.SQLITE:
    # With write-ahead logging, a page can read the database while a reply is saved.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
    }
    # SQLite merges the log when its last connection closes. Keep connections open, so that saving
    # a reply does not include that work.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
else:
    DATABASES["default"]["OPTIONS"] = {
        # A server that has gone without a word is noticed within seconds.
        "connect_timeout": 2,
        "tcp_user_timeout": 5000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        # What DATABASE_URL says, as in ...?sslmode=require.
        **DATABASES["default"].get("OPTIONS", {}),
        # `database_sync_to_async` closes the connection after each call. A pool keeps it open. It
        # gives a broken connection up after `reconnect_timeout`, and tries again for whoever asks:
        # by default it would try less and less often, for minutes.
        "pool": {"min_size": 2, "max_size": POOL_SIZE, "timeout": 3, "reconnect_timeout": 2},
    }
    # After a restart of PostgreSQL, the connections in the pool are dead: it looks at them.
    DATABASES["default"]["ENGINE"] = "config.postgresql"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHAT_LOGIN_REQUIRED = env.flag("CHAT_LOGIN_REQUIRED", default=False)
REDIS_URL = env.address("REDIS_URL", "redis", "rediss", "unix")
# The Redis through which processes follow and stop each other's replies: see docs/redis.md.
CHAT_REDIS_URL = REDIS_URL  # bus
# Every WebSocket joins a group of this layer. In Redis, a restart of Redis would close them all.
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# `createsuperuser` and the admin refuse a password that one of these finds too weak.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = f"{PATH_PREFIX}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
SERVESTATIC_USE_FINDERS = True
# Browsers keep a file until the hash in its URL changes: see config/static.py.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.HashedUrlStorage"},
}

SILENCED_SYSTEM_CHECKS = [
    # They ask for HSTS on all subdomains, some of which may not support HTTPS.
    "security.W005",
    "security.W021",
    # It asks for a limit on admin logins. Set one in the proxy, or add django-axes.
    "djust.A030",
{% if cookiecutter.exercises == 'yes' %}
    # It asks for logging instead of print(). The commands of the handout print.
    "djust.Q001",
{% endif %}
]

# A view lives as long as its WebSocket, so processes need not share its state.
DJUST_CONFIG = {
    "STATE_BACKEND": "memory",
    # S009 asks for a permission on each event handler: opening the page checks it for all of them.
    # T002 asks for `dj-root` in each template: `_picker.html` is included in one that has it.
    "suppress_checks": ["S009", "T002"],
}
LIVEVIEW_ALLOWED_MODULES = ["chat.page.chat_view"]
# `update_check` would send a request to the network. `auto_navigate` would open links inside the
# WebSocket, where neither a proxy nor an access log sees them.
LIVEVIEW_CONFIG = {
    "update_check": False,
    "auto_navigate": False,
    "hot_reload": False,
    # Each tab has a WebSocket, and many users may share one address, as in a classroom.
    "rate_limit": {"max_connections_per_ip": 100},
    # A logout in another tab takes effect in this one: see ChatView.check_permissions.
    "reauth_on_event": True,
}
# Cookies ignore the port, so two projects on localhost would overwrite each other's cookies.
SESSION_COOKIE_NAME = "{{ cookiecutter.project_slug }}-session"
# Without hyphens, so that nginx can name it: `hash $cookie_...` keeps a browser at one server.
CHAT_VISITOR_COOKIE = "{{ cookiecutter.project_slug.replace('-', '_') }}_visitor"
# Other sites of the same host do not get the cookies of the chat.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{PATH_PREFIX}/"
LOGIN_URL = f"{PATH_PREFIX}/accounts/login/"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = f"{PATH_PREFIX}/"

# The <style> elements that djust's client adds: dj-cloak, lazy hydration and the loading bar.
DJUST_STYLES = [
    "'sha256-/IBY28ZwDaxwbibcekUAwU4CZseDF93G/C57mBqUL1M='",
    "'sha256-yJ4qTz9mBpGr4KFA4TEAPWWf+sCdgVqAGuVdnfgIn0E='",
    "'sha256-AQoKrkyiktohQt9cfV+Ww4r6Ry4kCABTyOWUGewB3mI='",
]
# A second defence behind the Markdown renderer: text from a model or a user cannot load or run
# anything, even if the renderer lets it through.
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

LOGGING = log.configuration(as_json=env.flag("CHAT_LOG_JSON", default=False))

# These are the variables that the SDK reads as well. Empty means: no key, the vendor's own address.
CHAT_API_KEY = env.text(names.KEY_VARIABLE)
CHAT_BASE_URL = env.address(names.BASE_URL_VARIABLE, "http", "https")
# Empty means the default one (default_model in chat/provider/messages.py).
CHAT_MODEL = env.text("CHAT_MODEL")
CHAT_MODELS = env.words("CHAT_MODELS")  # models
CHAT_SYSTEM_PROMPT = env.text("CHAT_SYSTEM_PROMPT")
# djust refuses WebSocket messages over 64 kB, and one character may take six bytes in JSON.
CHAT_MAX_PROMPT_CHARS = env.number("CHAT_MAX_PROMPT_CHARS", 8000, minimum=1, maximum=10_000)
CHAT_MAX_OUTPUT_TOKENS = env.number("CHAT_MAX_OUTPUT_TOKENS", 4096, minimum=1, maximum=1_000_000)
CHAT_DAILY_TOKENS_PER_USER = env.number("CHAT_DAILY_TOKENS_PER_USER", 0, maximum=10**12)  # limits
CHAT_REQUESTS_PER_MINUTE = env.number("CHAT_REQUESTS_PER_MINUTE", 0, maximum=1000)  # limits
CHAT_TOOL_ROUNDS = env.number("CHAT_TOOL_ROUNDS", 5, minimum=0, maximum=50)  # tools
CHAT_DISCONNECT_GRACE_SECONDS = env.number(
    "CHAT_DISCONNECT_GRACE_SECONDS", 10.0, minimum=0, maximum=3600
)
CHAT_CACHE_SECONDS = env.number("CHAT_CACHE_SECONDS", 0, minimum=0, maximum=31_536_000)  # cache
if CHAT_CACHE_SECONDS and REDIS_URL:  # cache
    # All processes share what one has saved. Without it, each has a cache of its own in memory.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
CHAT_DELETE_AFTER_DAYS = env.number("CHAT_DELETE_AFTER_DAYS", 0, maximum=36_500)  # export
# The folder of lock files: each server process locks one, so that others see that it is alive.
CHAT_LOCKS = BASE_DIR / "locks"
CHAT_IDLE_TIMEOUT_SECONDS = env.number("CHAT_IDLE_TIMEOUT_SECONDS", 60.0, minimum=0.1, maximum=3600)
CHAT_METRICS_ADDRESS = env.listener("CHAT_METRICS_ADDRESS")  # metrics
# The words that the built-in model reacts to. Set by `manage.py dev` when it runs that model.
CHAT_BUILT_IN_MODEL: dict[str, str] | None = None
# The address of its live record. Set in the same way.
CHAT_BUILT_IN_RECORD = ""
