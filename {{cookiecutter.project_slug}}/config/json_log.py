"""CHAT_LOG_JSON: each line of the log is a JSON object, for a program that collects logs."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


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
