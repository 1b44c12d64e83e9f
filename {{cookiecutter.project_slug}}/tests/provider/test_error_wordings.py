"""The words of real servers have the same meaning through each of the SDKs."""

from typing import Any

import pytest

from chat.provider import error_wordings
from tests.listener import hear_error
from tests.upstreams import Answer

CONTEXT = "context_too_long"
UNKNOWN = "model_unknown"

# On the wire, as the servers send them, whichever of the three APIs they are asked by.
ON_THE_WIRE: dict[str, tuple[int, Any, str]] = {
    "llama.cpp": (
        400,
        {
            "error": {
                "code": 400,
                "message": "request (4390 tokens) exceeds the available context size (4096 tokens)",
                "type": "exceed_context_size_error",
            }
        },
        CONTEXT,
    ),
    "litellm, model": (
        400,
        {"detail": {"error": "Invalid model name passed in model=x. Call `/v1/models`"}},
        UNKNOWN,
    ),
    "transformers": (400, {"detail": "This server is pinned to 'one/model'."}, UNKNOWN),
    "OpenRouter": (
        400,
        {
            "error": {
                "code": 400,
                "message": "Provider returned error",
                "metadata": {"raw": '{"error": "maximum context length is 32768 tokens"}'},
            }
        },
        CONTEXT,
    ),
    "TGI": (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096."}, CONTEXT),
    "Azure": (
        404,
        {"error": {"code": "DeploymentNotFound", "message": "It does not exist."}},
        UNKNOWN,
    ),
    "Mistral": (
        400,
        {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"},
        UNKNOWN,
    ),
    "a list": (
        400,
        [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        "key_refused",
    ),
}


@pytest.mark.parametrize(("status", "body", "kind"), ON_THE_WIRE.values(), ids=ON_THE_WIRE.keys())
async def test_an_error_of_another_server_has_its_kind(
    monkeypatch: pytest.MonkeyPatch, status: int, body: Any, kind: str
) -> None:
    assert (await hear_error(Answer(status, body), monkeypatch)).kind == kind


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "This model's maximum context length is 8192 tokens.", CONTEXT),  # vLLM
        (400, "Input tokens exceed the configured limit of 272000 tokens.", CONTEXT),  # Azure
        (400, "prompt is too long: 200042 tokens > 200000 maximum", CONTEXT),
        (400, "input length and `max_tokens` exceed context limit: 9 + 4 > 10", CONTEXT),
        (400, "The input token count exceeds the maximum number of tokens allowed.", CONTEXT),
        (400, "The number of tokens is greater than the context length.", CONTEXT),  # LM Studio
        (400, "prompt too long; exceeded max context length by 4 tokens", CONTEXT),  # Ollama
        (400, "Prompt contains 9 tokens, too large for model with 8", CONTEXT),  # Mistral
        (400, "Input is too long for requested model.", CONTEXT),  # Bedrock
        (400, "This model's maximum prompt length is 131072", CONTEXT),  # xAI
        (400, "exceeded model token limit: 128000", CONTEXT),  # Moonshot
        (500, "Context size has been exceeded.", CONTEXT),  # llama.cpp
        (413, "Request too large for model", CONTEXT),  # Groq
        (429, "Request too large on tokens per min: Limit 30000, Requested 45000", CONTEXT),
        (429, "Too many tokens, please wait before trying again.", None),  # Bedrock
        (404, "The model `x` does not exist.", UNKNOWN),  # vLLM
        (404, "model 'x' not found, try pulling it first", UNKNOWN),  # Ollama
        (400, "Invalid model identifier 'x'. Please specify a valid one", UNKNOWN),  # LM Studio
        (400, "some/one is not a valid model ID", UNKNOWN),  # OpenRouter
        (404, "No endpoints found for some/one.", UNKNOWN),
        (400, "You passed in model=x. There are no healthy deployments", UNKNOWN),  # litellm
        (401, "key not allowed to access model. Tried to access x", UNKNOWN),
        (400, "Model Not Exist", UNKNOWN),  # DeepSeek
        (400, "The provided model identifier is invalid.", UNKNOWN),  # Bedrock
        (404, "Not found the model x or Permission denied", UNKNOWN),  # Moonshot
        (404, "Unable to access model x.", UNKNOWN),  # Together
        (400, "The model `x` has been decommissioned", UNKNOWN),  # Groq
        (400, "The requested model 'x' is not supported by any provider", UNKNOWN),
        (402, "Insufficient Balance", "out_of_credit"),  # DeepSeek
        (400, "Budget has been exceeded! Current cost: 1", "out_of_credit"),  # litellm
        (403, "x requires moderation. Your input was flagged for violence.", "refused"),
        # What is shown in the server's own words.
        (400, "max_tokens is too large: 9. This model supports at most 8", None),
        (400, "'temperature' does not support 0.2 with this model.", None),
        (400, "This model does not support tools", None),
        (400, "The model returned an invalid model output", None),
        (400, "No models loaded. Please load a model in the developer page.", None),
    ],
)
def test_words_have_a_kind(status: int, words: str, kind: str | None) -> None:
    assert error_wordings.read({"error": {"message": words}}).kind(status) == kind


def test_a_prompt_that_a_server_repeats_is_no_reason() -> None:
    """FastAPI repeats the input that it refuses."""
    fault = {"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Not permitted", "input": "?"}
    reason = error_wordings.read({"detail": [fault | {"input": "my prompt is too long"}]})
    assert (reason.words, reason.kind(422)) == ("Not permitted (body.x)", None)
