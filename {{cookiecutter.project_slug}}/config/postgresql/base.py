"""Django's backend for PostgreSQL, with a look at pooled connections that costs no round trip."""

import logging
import selectors
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Error
from psycopg_pool import ConnectionPool, PoolTimeout

logger = logging.getLogger("chat")


class DatabaseWrapper(base.DatabaseWrapper):
    """In place of CONN_HEALTH_CHECKS, which asks the server before each query."""

    # Whether the server answered last, to any thread; None before the first time.
    answers: bool | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection whose server has not ended it."""
        try:
            connection = self._get_living_connection(conn_params)
        except PoolTimeout:
            if DatabaseWrapper.answers is None:
                # The pool does not say why it has none. If it never had one, a setting may be
                # wrong: to connect without the pool raises the reason.
                self.Database.connect(**conn_params).close()
            DatabaseWrapper.answers = False
            raise
        if DatabaseWrapper.answers is False:
            logger.info("PostgreSQL answers again")
        DatabaseWrapper.answers = True
        return connection

    def _get_living_connection(self, conn_params: Any) -> Any:
        while True:
            connection = super().get_new_connection(conn_params)
            if _is_alive(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)


def _is_alive(connection: Any) -> bool:
    """Whether a connection can be used; asks the server only if that has said something."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        if not selector.select(timeout=0):
            return True
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        return False
    return True
