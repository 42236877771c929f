"""Bedrock's Converse on loopback, as botocore speaks to it: the signature is computed again and must be the same.

`listening` serves any of Bedrock's services: what answers (path, headers, body) with a status, an error's name and JSON.
"""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

KEY, SECRET, REGION = "AKIDEXAMPLE", "secret", "us-east-1"


@dataclass
class Bedrock:
    """Args:
    errors: (status, error name, message) to answer the next requests with.
    refuses: words that a request must not have: cachePoint, outputConfig.
    """

    errors: list[tuple[int, str, str]] = field(default_factory=list)
    refuses: tuple[str, ...] = ()
    blocks: list[dict[str, Any]] | None = None
    stop: str = "end_turn"
    bearer: str = ""
    secret: str = SECRET
    cut: int = 0                                  # bodies that end too early
    bodies: list[dict[str, Any]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, str, dict[str, Any]]:
        self.counts["requests"] += 1
        if self.bearer:
            if headers.get("Authorization") != f"Bearer {self.bearer}":
                return 403, "AccessDeniedException", {"message": "The API key has expired."}
        elif not signed(path, headers, body, self.secret):
            return 403, "InvalidSignatureException", {"message": "The request signature does not match."}
        if self.errors:
            status, name, message = self.errors.pop(0)
            return status, name, {"message": message}
        for word in self.refuses:
            if word.encode() in body:
                return 400, "ValidationException", {"message": f"This model does not support {word}."}
        asked = orjson.loads(body)
        self.bodies.append(asked)
        self.models.append(unquote(path.split("/")[2]))
        cached = any("cachePoint" in block for block in asked.get("system", [])) and self.counts["replies"] > 0
        self.counts["replies"] += 1
        blocks = self.blocks
        if blocks is None:
            tool = asked.get("toolConfig")
            blocks = [{"toolUse": {"toolUseId": "1", "name": "reply", "input": {"answer": "伦敦"}}}] if tool else [{"text": "伦敦"}]
        return 200, "", {"output": {"message": {"role": "assistant", "content": blocks}}, "stopReason": self.stop,
                         "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15,
                                   "cacheReadInputTokens": 1000 if cached else 0,
                                   "cacheWriteInputTokens": 0 if cached else 1000}, "metrics": {"latencyMs": 1}}


def signed(path: str, headers: Any, body: bytes, secret: str) -> bool:
    """Whether the Authorization header is what botocore's own signer makes of this request."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    given = headers.get("Authorization", "")
    if not given.startswith(f"AWS4-HMAC-SHA256 Credential={KEY}/") or f"/{REGION}/bedrock/aws4_request" not in given:
        return False
    names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest("POST", f"http://{headers['Host']}{path}", data=body,
                         headers={name: headers[name] for name in names if name != "host"})
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(KEY, secret), "bedrock", REGION)
    canonical = signer.canonical_request(request)
    return given.rpartition("Signature=")[2] == signer.signature(signer.string_to_sign(request, canonical), request)


class Written(Bedrock):
    """Converse with a scripted model behind it."""

    def __init__(self, model: Any):
        super().__init__()
        self.model, self.one = model, threading.Lock()      # a thread a connection

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, str, dict[str, Any]]:
        with self.one:
            self.blocks = [{"text": self.draft(orjson.loads(body))}]
            return super().answer(path, headers, body)

    def draft(self, asked: Mapping[str, Any]) -> str:
        """What the model writes when it is asked so."""
        schema = orjson.loads(asked["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])
        messages = [{"role": "system", "content": asked["system"][0]["text"]}] if "system" in asked else []
        messages += [{"role": m["role"], "content": m["content"][0]["text"]} for m in asked["messages"]]
        return self.model.reply(messages, schema)["content"]


@contextmanager
def listening(service: Any, certificate: Path | None = None) -> Iterator[str]:
    """Args: certificate: file with key and certificate, for https."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, error, value = service.answer(self.path, self.headers, body)
            content = orjson.dumps(value)
            if service.cut and status == 200:
                service.cut -= 1
                content = content[:30]
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if error:
                self.send_header("x-amzn-ErrorType", f"{error}:http://internal.amazon.com/")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
