"""The log, on standard error: lines for people to read, or JSON for a program that collects it."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


def _is_no_socket(record: logging.LogRecord) -> bool:
    """Drop the two lines of uvicorn for each page that is opened or left: one has an address."""
    said = record.getMessage()
    is_socket = '"WebSocket /' in said or said.startswith("connection ")
    return record.levelno > logging.INFO or not is_socket


def _is_no_readyz(record: logging.LogRecord) -> bool:
    """Drop the error for a health check that gets 503: its reason has a line of its own."""
    request = getattr(record, "request", None)
    return request is None or not request.path.endswith("/readyz")


def _without_traceback(record: logging.LogRecord) -> bool:
    """Write one line for a host that is not allowed: scanners of the network send many."""
    record.exc_info = None
    return True


FILTERS = {
    "no_sockets": _is_no_socket,
    "no_readyz": _is_no_readyz,
    "no_traceback": _without_traceback,
}


def configuration(*, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING. Every library's warnings and errors are written, in one format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": "config.log.JsonFormatter"},
        },
        "filters": {
            name: {"()": "django.utils.log.CallbackFilter", "callback": callback}
            for name, callback in FILTERS.items()
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "line",
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "chat": {"level": "INFO"},
            # In place of Django's own handlers: without DEBUG, these write nothing, only send mail.
            "django": {"level": "WARNING"},
            # What uvicorn says, but for requests: a setting of "uvicorn" or "uvicorn.access" would
            # undo its --no-access-log.
            "uvicorn.error": {
                "handlers": ["console"],
                "propagate": False,
                "filters": ["no_sockets"],
            },
            "django.request": {"filters": ["no_readyz"]},
            "django.security.DisallowedHost": {"filters": ["no_traceback"]},
            # It warns of a state backend in memory, which is chosen in the settings.
            "djust.utils": {"level": "ERROR"},
        },
    }


class JsonFormatter(logging.Formatter):
    """Writes a record, and the dictionary that it may have as `attributes`.

    The names of attributes are those of OpenTelemetry's semantic conventions, where there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC)
        entry: dict[str, Any] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "attributes", {}),
        }
        if record.exc_info:
            entry["exception.stacktrace"] = self.formatException(record.exc_info)
        return json.dumps(entry)
