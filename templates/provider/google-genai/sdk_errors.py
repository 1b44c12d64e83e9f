"""What the exceptions of Google's SDK mean."""

import httpx2
import pydantic
from google.genai import errors

from chat.provider.errors import ProviderError, explain_connection
from chat.provider.http_errors import explain_body, explain_response
from chat.provider.streamed_error import StreamedError


def explain(error: Exception, model: str) -> ProviderError:
    """The `ProviderError` for an exception of the SDK, or of the libraries below it.

    `model` is the one that was asked.
    """
    match error:
        case StreamedError():
            return explain_body(error.body, model)
        case httpx2.HTTPStatusError():
            return explain_response(error.response, model)
        case errors.UnknownApiResponseError() | pydantic.ValidationError():
            return ProviderError("malformed", type(error).__name__)
    return explain_connection(error)
