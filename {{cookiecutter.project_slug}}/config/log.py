"""The log, on standard error: lines for people to read, or JSON for a program that collects it."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


def configuration(*, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING. Every library's warnings and errors are written, in one format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": "config.log.JsonFormatter"},
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
