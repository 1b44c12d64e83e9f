"""The provider's name, and the variables from which the SDK reads its key and base URL."""

TITLE = "Gemini"
# What OpenTelemetry calls it: the value of gen_ai.provider.name.
OPEN_TELEMETRY_NAME = "gcp.gemini"
KEY_VARIABLE = "GEMINI_API_KEY"
BASE_URL_VARIABLE = "GOOGLE_GEMINI_BASE_URL"
# Read by the SDK only.
API_VERSION_VARIABLE = "GOOGLE_GENAI_API_VERSION"
# What is often wrong with a base URL.
BASE_URL_ADVICE = "a gateway may serve another version than /v1: GOOGLE_GENAI_API_VERSION=v1beta"
DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com"
DEFAULT_MODEL = "gemini-3.8-flash"
