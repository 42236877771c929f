"""Data and models by path, hub name, mirror or ModelScope name; what is not there is one line with the way out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from toolkit.errors import InputError
from toolkit.sources import choose, data_files, is_hub_name, model_folder, on_hub

GSM8K = ["README.md", "main/train-00000-of-00001.parquet", "main/test-00000-of-00001.parquet", "socratic/train-00000-of-00001.parquet",
         "socratic/test-00000-of-00001.parquet"]


@pytest.mark.parametrize("names, part, exact, chosen", [
    (GSM8K, "train", False, ["main/train-00000-of-00001.parquet"]), (GSM8K, "test", True, ["main/test-00000-of-00001.parquet"]),
    (GSM8K, "socratic/test", True, ["socratic/test-00000-of-00001.parquet"]), (["train.jsonl", "train_socratic.jsonl"], "train", False, ["train.jsonl"]),
    (["data/train-00001-of-00002.parquet", "data/train-00000-of-00002.parquet"], "train", False,
     ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]), (["any.csv", "LICENSE"], "train", False, ["any.csv"]),
    (["train.csv", "train.parquet"], "train", False, ["train.parquet"]), (["train.jsonl", "validation.jsonl", "dataset_stats.json"], "test", False,
                                                                         ["validation.jsonl"])])
def test_the_files_of_a_part(names, part, exact, chosen):
    assert choose(names, part, exact, "owner/name") == chosen


@pytest.mark.parametrize("names, part, said", [
    (["a.jsonl", "b.jsonl"], "train", 'no part "train"'), (["x/train.csv", "y/train.csv"], "train", "several parts"), (["README.md"], "train", "no data file"),
    (GSM8K, "dev", 'no part "dev"')])
def test_parts_that_are_not_clear_are_named(names, part, said):
    with pytest.raises(InputError, match=said) as caught:
        choose(names, part, True, "owner/name")
    assert len(str(caught.value).splitlines()) == 1


def test_local_files_and_folders(tmp_path):
    (tmp_path / "train.jsonl").write_text("{}\n")
    (tmp_path / "test.jsonl").write_text("{}\n")
    assert data_files(tmp_path / "test.jsonl") == [tmp_path / "test.jsonl"] == data_files(tmp_path, "test") == data_files(f"{tmp_path}:test")
    with pytest.raises(InputError, match=r"gone\.jsonl does not exist"):
        data_files(tmp_path / "gone.jsonl")


def test_names_of_hubs():
    assert is_hub_name("openai/gsm8k") and is_hub_name("openai/gsm8k:test") and is_hub_name("modelscope://a/b")
    assert not is_hub_name("gsm8k") and not is_hub_name("a/b/c") and not is_hub_name("./a/b")
    assert on_hub("Qwen/Qwen3-8B", "modelscope") == "modelscope://Qwen/Qwen3-8B" and on_hub("a/b", "") == "a/b"
    assert on_hub("toolkit/tasks", "modelscope") == "toolkit/tasks"       # there is such a folder
    with pytest.raises(InputError, match="Known: huggingface, modelscope"):
        on_hub("a/b", "hugging")


@pytest.mark.parametrize("find, what", [(data_files, "data set"), (model_folder, "model")])
def test_a_hub_that_does_not_answer_is_one_line_at_once(monkeypatch, tmp_path, find, what):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError) as caught:
        find("nobody/nothing")
    said = str(caught.value)
    assert f"{what} nobody/nothing is no local path" in said and "HF_ENDPOINT" in said and "local" in said and "\n" not in said


def test_modelscope_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "modelscope", None)
    with pytest.raises(InputError, match="pip install modelscope, or give a local folder"):
        data_files("modelscope://owner/name")


class Hub(BaseHTTPRequestHandler):
    """The parts of the hub's protocol that a download uses, for one data set."""

    files: dict[str, bytes]                     # set by the fixture: noqa

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/api/datasets/owner/data/tree/"):
            self.reply([{"type": "file", "path": name, "size": len(body), "oid": sha1(body).hexdigest()} for name, body in self.files.items()])
        elif path.startswith("/api/datasets/owner/data"):
            self.reply({"id": "owner/data", "sha": "a" * 40, "siblings": [{"rfilename": name} for name in self.files]})
        elif path.startswith("/datasets/owner/data/resolve/"):
            body = self.files[path.split("/", 6)[6]]
            self.reply(body, {"X-Repo-Commit": "a" * 40, "ETag": f'"{sha1(body).hexdigest()}"'})
        elif path in ("/api/v1/models/owner/tiny/repo/files", "/api/v1/datasets/owner/data/repo/tree"):      # ModelScope
            self.reply({"Code": 200, "Success": True, "Data": {"Files": [
                {"Path": name, "Name": name.rpartition("/")[2], "Type": "blob", "Size": len(body), "Sha256": sha256(body).hexdigest(),
                 "Revision": "master"} for name, body in self.files.items()]}})
        elif path in ("/api/v1/models/owner/tiny/repo", "/api/v1/datasets/owner/data/repo"):
            self.reply(self.files[parse_qs(self.path.partition("?")[2])["FilePath"][0]])
        else:
            self.send_error(404)

    def reply(self, body: object, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(200)
        for name, value in {"Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[str]:
    Hub.files = {"README.md": b"#", "main/train-00000-of-00001.jsonl": b'{"question": "q", "answer": "#### 72"}\n',
                 "main/test-00000-of-00001.jsonl": b'{"question": "q", "answer": "#### 73"}\n'}
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_data_set_comes_from_the_mirror_by_its_name_and_then_from_the_cache(mirror, tmp_path):
    script = ("import sys; from toolkit.tasks.gsm8k import Gsm8k\n"
              "print([row.answer for _, row in Gsm8k().read(sys.argv[1])])")

    def read(name: str, endpoint: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, timeout=60, check=False, env={
            **os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1"})

    done = read("owner/data", mirror)
    assert done.stdout.strip() == "['72']", done.stderr[-1500:]
    assert read("owner/data:test", mirror).stdout.strip() == "['73']"
    assert read("owner/data:test", "http://127.0.0.1:9").stdout.strip() == "['73']"         # fetched before
    gone = read("owner/other", mirror)
    assert "answers 404" in gone.stderr and "local file or folder" in gone.stderr


def test_the_download_script_fetches_a_folder_that_stands_for_the_name(mirror, tmp_path):
    environment = {**os.environ, "HF_ENDPOINT": mirror, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0", "PYTHON": sys.executable,
                   "NO_PROXY": "127.0.0.1"}
    words = ["scripts/download.sh", "data", "owner/data", str(tmp_path / "data")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-1500:]
    assert data_files(tmp_path / "data", "test") == [tmp_path / "data/main/test-00000-of-00001.jsonl"]
    again = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert again.returncode == 1 and "is not empty" in again.stderr and "Traceback" not in again.stderr
    assert Path("scripts/download.sh").stat().st_mode & 0o100


def test_modelscope_names_are_fetched_by_its_own_client(mirror, tmp_path):
    pytest.importorskip("modelscope")
    script = ("import sys; from toolkit.sources import data_files, model_folder\n"
              "print(*(p.read_text() for p in data_files('modelscope://owner/data:test')), model_folder('modelscope://owner/tiny'))\n"
              "data_files('modelscope://owner/other')")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False, env={
        **os.environ, "MODELSCOPE_ENDPOINT": mirror, "MODELSCOPE_CACHE": str(tmp_path), "NO_PROXY": "127.0.0.1"})
    row, _, folder = done.stdout.strip().rpartition(" ")
    assert json.loads(row)["answer"] == "#### 73", done.stderr[-1500:]
    assert {p.relative_to(folder).as_posix() for p in Path(folder).rglob("*.jsonl")} == {n for n in Hub.files if n.endswith("jsonl")}
    assert "modelscope://owner/other" in done.stderr and "local file or folder" in done.stderr
