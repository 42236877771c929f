"""Stands where `sglang.launch_server` stands: its flags, its endpoints, a worker process, and replies that take 0.1 s for each of `max_tokens` after the fourth, or until it is to end.
How the real one answers is tested in test_real_server.py; this one makes starts, restarts and ends quick."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def flag(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


KEY = Path(flag("--config")).read_text(encoding="utf-8").split('"')[1] if flag("--config") else ""
busy: list[int] = []
ending = threading.Event()
MODEL = {"model_path": flag("--model-path"), "served_model_name": flag("--served-model-name"), "weight_version": flag("--weight-version"),
         "gpus": os.environ.get("CUDA_VISIBLE_DEVICES", "")}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self) -> bool:
        ok = not KEY or self.path in ("/ready", "/health") or self.headers.get("Authorization") == f"Bearer {KEY}"
        if not ok:
            self.answer({"error": "Unauthorized"}, 401)
        return ok

    def do_GET(self) -> None:
        if self.allowed():
            self.answer({"/v1/models": {"object": "list", "data": [{"id": MODEL["served_model_name"], "object": "model"}]},
                         "/v1/loads": {"loads": [{"num_running_reqs": len(busy), "num_waiting_reqs": 0, "gen_throughput": 10.0}]},
                         "/server_info": MODEL, "/model_info": MODEL}.get(self.path, {}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.allowed():
            busy.append(1)
            if ending.wait(((body.get("max_tokens") or body["max_completion_tokens"]) - 4) / 10):
                time.sleep(0.3)
            message = {"role": "assistant", "content": f"{os.getpid()} on {MODEL['gpus']}"}
            self.answer({"id": "1", "object": "chat.completion", "created": 1, "model": body["model"], "usage": {
                "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}, "choices": [
                    {"index": 0, "message": message, "finish_reason": "stop"}]})
            busy.pop()          # the whole reply is out: what drains may end

    def log_message(self, *_: object) -> None:
        pass


def drain(*_: object) -> None:
    """As SGLang does: what runs is finished first."""
    def wait() -> None:
        ending.set()
        while busy:
            time.sleep(0.05)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


signal.signal(signal.SIGTERM, drain)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])       # a worker
print("Load weight begin.", "WORDS", *sys.argv[1:], flush=True)
time.sleep(float(os.environ.get("START_S", "0")))
ThreadingHTTPServer((flag("--host"), int(flag("--port"))), Handler).serve_forever()
