"""The fixtures of the project's own tests."""

from tests.conftest import _no_cached_content_types as _no_cached_content_types
from tests.conftest import _no_permissions as _no_permissions
from tests.conftest import _no_proxy as _no_proxy
from tests.conftest import model as model
from tests.conftest import slow_model as slow_model
