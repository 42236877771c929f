"""Amazon Bedrock's Converse, through botocore: its credentials, signatures, serialisation and parsing, in threads.

Credentials are the usual ones (environment, profile, role), or a Bedrock API key in AWS_BEARER_TOKEN_BEDROCK. botocore's own
retries are off: they do not wait as long as the service asks, and would multiply with ours.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import orjson

from toolkit import __version__
from toolkit.errors import InputError
from toolkit.generate.engines.base import EngineError, Load, Reply, Request, Usage
from toolkit.generate.engines.openai import retry_after_s
from toolkit.generate.engines.threads import Threads

CACHED_CHARACTERS = 4000        # about 1,024 tokens, the shortest prefix that Bedrock caches
TOOL = "reply"

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, "Errors"
BUSY = ("ThrottlingException", "TooManyRequestsException", "ModelNotReadyException", "ServiceUnavailableException",
        "ServiceQuotaExceededException")
BROKEN = ("InternalServerException", "ModelTimeoutException", "ModelErrorException", "ModelStreamErrorException")
CREDENTIALS = ("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "ExpiredToken",
               "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException",
               "InvalidClientTokenId", "RequestExpired", "NotAuthorized", "OptInRequired")
FINISH = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "stop", "max_tokens": "length",
          "model_context_window_exceeded": "length", "content_filtered": "content_filter",
          "guardrail_intervened": "content_filter"}


class BedrockEngine:
    """Args:
    model: a model id, or the id or ARN of an inference profile.
    region: None: as configured for AWS.
    endpoint_url: a private endpoint instead of the region's.
    structured: how a schema is enforced: `text` (outputConfig, on the models that have it), `tool` (a forced strict tool), or
        `auto`: `text`, and `tool` from the first refusal on.
    """

    name = "bedrock"

    def __init__(self, model: str | None, region: str | None = None, endpoint_url: str | None = None,
                 structured: str = "auto"):
        if not model:
            raise InputError("--engine bedrock needs --model-id. Example: us.anthropic.claude-sonnet-4-5-20250929-v1:0")
        self.model, self.region, self.endpoint_url = model, region, endpoint_url
        self.endpoints = [endpoint_url or f"bedrock-runtime.{region or 'the configured region'}"]
        self.structured = "text" if structured == "auto" else structured
        self._may_change = structured == "auto"
        self._caches = True
        self._pool: Threads | None = None
        self._client: Any = None

    async def open(self, in_flight: int) -> list[EngineError | None]:
        import botocore
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        try:
            session = botocore.session.get_session()
            self._client = session.create_client(
                "bedrock-runtime", region_name=self.region, endpoint_url=self.endpoint_url, config=Config(
                    retries={"total_max_attempts": 1}, max_pool_connections=in_flight, connect_timeout=10, read_timeout=900,
                    parameter_validation=False, tcp_keepalive=True, request_checksum_calculation="when_required",
                    response_checksum_validation="when_required", disable_request_compression=True,
                    user_agent=f"toolkit/{__version__} botocore/{botocore.__version__}"))   # else made anew for each request
            if not os.environ.get("AWS_BEARER_TOKEN_BEDROCK") and session.get_credentials() is None:
                raise EngineError("no AWS credentials were found. Set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and "
                                  "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.", "fatal", "credentials")
        except BotoCoreError as error:
            fix = " Name it with --region." if type(error).__name__ == "NoRegionError" else ""
            raise EngineError(f"AWS: {_line(error)}{fix}", "fatal", "AWS settings") from error
        self.endpoints = [self._client.meta.endpoint_url]
        self._pool = Threads(2 * in_flight)       # the other half for calls that were given up but have not ended
        return [None]

    async def close(self) -> None:
        if self._pool:
            self._pool.shutdown()
        if self._client:
            self._client.close()

    async def load(self, endpoint: int) -> Load | None:
        return None

    async def send(self, endpoint: int, request: Request, timeout_s: float) -> Reply:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._converse, request)

    def _converse(self, request: Request) -> Reply:
        """One call, in a thread of its own."""
        from botocore.exceptions import BotoCoreError, ClientError

        structured, caches = self.structured, self._caches
        try:
            answer = self._client.converse(**converse_input(self.model, request, structured, caches))
        except ClientError as error:
            if self._changed(request, str(error), structured, caches):
                return self._converse(request)
            raise self._error(request.id, error) from error
        except BotoCoreError as error:
            raise self._wire_error(error) from error
        except (OSError, ValueError) as error:
            raise EngineError(f"{self.endpoints[0]}: {_line(error)}", "broken", "connection cut") from error
        return reply_of(request, model_of(request, self.model), answer)

    def _changed(self, request: Request, said: str, structured: str, caches: bool) -> bool:
        """Whether the request was refused for something that the model does not have, and is now left out."""
        if "ValidationException" not in said:
            return False
        lower = said.lower()
        if caches and "cach" in lower:
            self._caches = False
            return True
        if request.schema is not None and self._may_change and structured == "text" and (
                "outputconfig" in lower or "textformat" in lower or "structured output" in lower or "output_config" in lower):
            self.structured = "tool"
            return True
        return structured != self.structured

    def _error(self, id: str, error: Any) -> EngineError:
        code = error.response.get("Error", {}).get("Code", "")
        meta = error.response.get("ResponseMetadata", {})
        status = meta.get("HTTPStatusCode", 0)
        reason = code or f"HTTP {status}"
        message = f"Bedrock answers {reason}: {error.response.get('Error', {}).get('Message', '') or status}"
        if code in CREDENTIALS or status in (401, 403):
            return EngineError(f"{message} Renew the credentials, or ask for access to {self.model} in this region; "
                               "the same command goes on.", "fatal", reason)
        if code == "ResourceNotFoundException" or status == 404:
            return EngineError(f"{message} Check --model-id ({self.model}) and --region.", "fatal", reason)
        if code == "ValidationException" and "model identifier" in message:
            return EngineError(f"{message} Check --model-id ({self.model}).", "fatal", reason)
        if code in BUSY or status in (429, 503):
            return EngineError(message, "busy", reason, retry_after_s(_Headers(meta.get("HTTPHeaders", {}))))
        if code in BROKEN or status >= 500 or status in (408, 424):
            return EngineError(message, "broken", reason)
        return EngineError(f"{id}: {message}", "refused", reason)

    def _wire_error(self, error: Exception) -> EngineError:
        from botocore import exceptions as known
        from botocore.parsers import ResponseParserError

        where = self.endpoints[0]
        if isinstance(error, known.ReadTimeoutError):
            return EngineError(f"{where} sent no reply in time.", "broken", "timeout")
        if isinstance(error, (known.EndpointConnectionError, known.ConnectTimeoutError, known.ProxyConnectionError)):
            return EngineError(f"{where} cannot be reached. Is --region right?", "unreachable", "unreachable")
        if isinstance(error, known.SSLError):
            return EngineError(f"{where} does not speak TLS as expected: {_line(error)}", "fatal", "TLS")
        if isinstance(error, ResponseParserError):
            return EngineError(f"{where} sent a reply that cannot be read.", "broken", "not JSON")
        if isinstance(error, (known.HTTPClientError, known.ConnectionError, known.IncompleteReadError)):
            return EngineError(f"{where} cut the connection ({type(error).__name__}).", "broken", "connection cut")
        if isinstance(error, known.ParamValidationError):
            return EngineError(f"the request cannot be sent: {_line(error)}", "refused", "request")
        return EngineError(f"AWS: {_line(error)}", "fatal", type(error).__name__)   # credentials that cannot be had


class _Headers(dict[str, str]):
    """botocore's headers: lower case, whatever the server wrote."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def model_of(request: Request, model: str) -> str:
    """The model that a request names itself (a judge's), or the engine's."""
    return request.extra.get("model", model)


def converse_input(model: str, request: Request, structured: str, caches: bool) -> dict[str, Any]:
    """A request in the words of Converse.

    The first messages, if they are the system's, become `system`, with a cache point behind them when they are long enough to
    be worth it: the profile is read once for all the requests that share it.
    """
    system, messages = [], []
    for message in request.messages:
        blocks = _blocks(message["content"])
        if message["role"] in ("system", "developer"):
            system += blocks
        elif messages and messages[-1]["role"] == message["role"]:
            messages[-1]["content"] += blocks                  # Converse wants the roles to alternate
        else:
            messages.append({"role": message["role"], "content": blocks})
    if caches and sum(len(block["text"]) for block in system) >= CACHED_CHARACTERS:
        system.append({"cachePoint": {"type": "default"}})
    call: dict[str, Any] = {"modelId": model_of(request, model), "messages": messages}
    if system:
        call["system"] = system
    extra = {name: value for name, value in request.extra.items() if name != "model"}
    inference = {"maxTokens": request.max_tokens, "temperature": request.temperature, "topP": extra.pop("top_p", None),
                 "stopSequences": _listed(extra.pop("stop", None))}
    if inference := {name: value for name, value in inference.items() if value is not None}:
        call["inferenceConfig"] = inference
    if request.schema is not None and structured == "text":
        call["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {
            "name": TOOL, "schema": orjson.dumps(request.schema).decode()}}}}
    elif request.schema is not None:
        call["toolConfig"] = {"tools": [{"toolSpec": {
            "name": TOOL, "description": "Give the reply.", "inputSchema": {"json": request.schema}, "strict": True}}],
            "toolChoice": {"tool": {"name": TOOL}}}
    if extra:
        call["additionalModelRequestFields"] = extra
    return call


def _blocks(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"text": content}]
    return [{"text": part["text"]} if part.get("type") == "text" else part for part in content]


def _listed(stop: Any) -> list[str] | None:
    return [stop] if isinstance(stop, str) else stop


def reply_of(request: Request, model: str, answer: Mapping[str, Any]) -> Reply:
    """A reply from what Converse answered. A forced tool's input is the reply's JSON text.

    Raises:
        EngineError: an empty or malformed reply.
    """
    try:
        blocks = answer["output"]["message"]["content"]
        stop = answer["stopReason"]
    except (KeyError, TypeError) as error:
        raise EngineError(f"{request.id}: Bedrock sent a reply without a message.", "broken", "no reply in it") from error
    text = "".join(block["text"] for block in blocks if "text" in block)
    for block in blocks:
        if "toolUse" in block:
            text = orjson.dumps(block["toolUse"]["input"]).decode()
    reasoning = "".join(block["reasoningContent"].get("reasoningText", {}).get("text", "")
                        for block in blocks if "reasoningContent" in block)
    if stop in ("malformed_model_output", "malformed_tool_use"):
        raise EngineError(f"{request.id}: Bedrock says {stop}.", "broken", stop)
    finish = FINISH.get(stop, stop)
    if not text.strip() and finish == "stop" and not request.measured:
        raise EngineError(f"{request.id}: Bedrock sent an empty reply.", "broken", "empty reply")
    used = answer.get("usage") or {}
    read, wrote = used.get("cacheReadInputTokens", 0), used.get("cacheWriteInputTokens", 0)
    return Reply(request.id, text, reasoning or None, finish,
                 Usage(used.get("inputTokens", 0) + read + wrote, used.get("outputTokens", 0), read), model)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
