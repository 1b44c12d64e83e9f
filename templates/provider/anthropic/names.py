"""The provider's name, and the variables from which the SDK reads its key and base URL."""

TITLE = "Anthropic"
# What OpenTelemetry calls it: the value of gen_ai.provider.name.
OPEN_TELEMETRY_NAME = "anthropic"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
BASE_URL_VARIABLE = "ANTHROPIC_BASE_URL"
# What is often wrong with a base URL.
BASE_URL_ADVICE = "without /v1 at its end"
DEFAULT_BASE_URL = "https://api.anthropic.com"
DEFAULT_MODEL = "claude-haiku-5-5"
