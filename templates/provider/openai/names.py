"""The provider's name, and the variables from which the SDK reads its key and base URL."""

TITLE = "OpenAI"
# What OpenTelemetry calls it: the value of gen_ai.provider.name.
OPEN_TELEMETRY_NAME = "openai"
KEY_VARIABLE = "OPENAI_API_KEY"
BASE_URL_VARIABLE = "OPENAI_BASE_URL"
# What is often wrong with a base URL.
BASE_URL_ADVICE = "it usually ends in /v1"
DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-5.4-mini"
