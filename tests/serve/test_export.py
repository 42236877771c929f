"""Export: LoRA merged with its proof, plain folders, the card, S3."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from toolkit.errors import InputError, Refused
from toolkit.serve.card import Proof, card
from toolkit.serve.export import export, push

torch = pytest.importorskip("torch")
pytest.importorskip("peft")


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    from toolkit.train.new_model import NewModel, create

    torch.set_num_threads(1)                    # for weights so small a second thread costs more than it brings
    folder = tmp_path_factory.mktemp("models")
    shape = NewModel(vocab_size=300, hidden_size=32, intermediate_size=64, max_position_embeddings=1024, initializer_range=0.6)
    create(texts=["What is your trade? My trade is baker.", "Who are you? I am Odo."], out=folder / "base", shape=shape, seed=1)
    return folder / "base"


def adapter(base: Path, out: Path, scale: float) -> Path:
    """A LoRA adapter of random weights; scale 0 changes nothing, as a fresh one."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=scale)
    model.save_pretrained(out)
    return out


def test_a_merged_model_replies_as_the_adapter_and_not_as_the_base(base, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    proof = export(adapter(base, tmp_path / "lora", 1.0), tmp_path / "out")
    assert (proof.merged_same, proof.token_agreement) == (proof.replies, 1.0)
    assert proof.base_same < proof.replies
    assert not (tmp_path / "out" / "adapter_config.json").exists() and not list((tmp_path / "out").glob("*.bin"))
    AutoModelForCausalLM.from_pretrained(tmp_path / "out", use_safetensors=True)
    assert AutoTokenizer.from_pretrained(tmp_path / "out").chat_template == AutoTokenizer.from_pretrained(base).chat_template
    assert "adapter says in" in (tmp_path / "out" / "README.md").read_text()


def test_an_adapter_says_in_a_chat_what_its_merge_says(base, tmp_path):
    from toolkit.serve.chat import Local, Sampling

    lora = adapter(base, tmp_path / "lora", 1.0)
    export(lora, tmp_path / "out")
    asked, greedy = [{"role": "user", "content": "What is your trade?"}], Sampling(temperature=0.0, max_new_tokens=12)
    said = {folder: "".join(Local(str(folder)).reply(asked, greedy)) for folder in (lora, tmp_path / "out", base)}
    assert said[lora] == said[tmp_path / "out"] != said[base]


def test_an_adapter_that_changes_nothing_is_refused_and_leaves_nothing_behind(base, tmp_path):
    with pytest.raises(Refused, match="changes nothing"):
        export(adapter(base, tmp_path / "lora", 0.0), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["lora"]


def test_a_merge_that_says_something_else_is_refused():
    with pytest.raises(Refused, match=r"says only 90\.0% of what the adapter says"):
        Proof(6, 3, 0, 0.9).check()


def test_a_whole_model_is_copied_without_what_belongs_to_training(base, tmp_path):
    import shutil

    shutil.copytree(base, tmp_path / "final")
    for name in ("training_args.bin", "optimizer.pt", "trainer_state.json"):
        (tmp_path / "final" / name).write_bytes(b"x")
    assert export(tmp_path / "final", tmp_path / "out") is None
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (base / "model.safetensors").read_bytes()
    assert not {"training_args.bin", "optimizer.pt", "trainer_state.json"} & {p.name for p in (tmp_path / "out").iterdir()}
    with pytest.raises(InputError, match="not empty"):
        export(tmp_path / "final", tmp_path / "out")
    export(tmp_path / "final", tmp_path / "out", overwrite=True)


def test_pickled_weights_and_folders_without_a_model_are_named(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no safetensors \(other weights: pytorch_model\.bin\)"):
        export(tmp_path / "old", tmp_path / "out")
    with pytest.raises(InputError, match="is no folder"):
        export(tmp_path / "nowhere", tmp_path / "out")


def test_the_card_tells_what_the_manifest_knows(tmp_path):
    run = tmp_path / "run"
    (run / "final_model").mkdir(parents=True)
    (run / "manifest.json").write_text(json.dumps({
        "config": {"model_name_or_path": "owner/base", "learning_rate": 1e-5, "task": "roleplay"}, "versions": {"trl": "1.16"},
        "stages": {"grpo": {"seconds": 12.5, "finished": "today"}}, "data": {"train_data": {"sha256": "ab" * 32}}}))
    text = card(run / "final_model", None)
    for said in ("base_model: owner/base", "grpo: 12.5 s", "ab" * 32, "trl 1.16", "Not evaluated yet"):
        assert said in text


def test_the_card_tells_the_evaluation_and_says_when_it_is_of_another_checkpoint(tmp_path):
    rate = {"accuracy": 0.9, "low": 0.8, "high": 0.95, "n": 200}
    report = {"n": 200, "task": "roleplay", "model": "run/final_model", "against": None, "base": None, "difference": None, "differences": None,
              "verdict": None, "notes": ["Only 3 role(s)."], "trained": {**rate, "of_completed": rate, "by_kind": {"SBK": rate}, "by_language": {"zh": rate}},
              "data": {"path": "v.json"}, "sampling": {"max_new_tokens": 60}, "command": "toolkit demo"}
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    text = card(tmp_path / "final_model", None, path)
    for said in ("language:\n- zh", "| All | 200 | 90.0 % | 80.0 to 95.0 |", "- Only 3 role(s).", "toolkit eval run/final_model --against none"):
        assert said in text
    assert "These are the numbers of" not in text
    assert "These are the numbers of final_model" in card(tmp_path / "checkpoint-20", None, path)
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval/report.json").write_text(json.dumps(report))
    (tmp_path / "manifest.json").write_text(json.dumps({"config": {}, "stages": {}, "data": {}}))
    for name, told in (("final_model", True), ("checkpoint-20", False)):
        (tmp_path / name).mkdir()
        assert ("| All | 200 |" in card(tmp_path / name, None)) == told != ("Not evaluated yet" in card(tmp_path / name, None))
    with pytest.raises(InputError, match="report"):
        card(tmp_path / "final_model", None, tmp_path / "none.json")


def test_an_exported_folder_is_copied_to_s3(tmp_path, aws):
    import boto3

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be written"):
        push(folder, "s3://bucket/models")
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    assert push(folder, "s3://bucket/models/mine/") == "s3://bucket/models/mine/"
    assert [o["Key"] for o in client.list_objects_v2(Bucket="bucket")["Contents"]] == ["models/mine/config.json"]
    assert client.get_object(Bucket="bucket", Key="models/mine/config.json")["Body"].read() == b"{}"


class Hub(BaseHTTPRequestHandler):
    """The hub's requests of an upload, with every file sent as text of the commit."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers["Authorization"], body))
        if self.path.endswith("/preupload/main"):
            answer = {"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in json.loads(body)["files"]]}
        elif "/commit/" in self.path:
            answer = {"commitUrl": f"http://{self.headers['Host']}/me/mine/commit/1", "commitOid": "1", "success": True}
        else:
            answer = {"url": f"http://{self.headers['Host']}/me/mine", "id": "me/mine", "errors": [], "warnings": []}
        self._answer(answer)

    def do_GET(self):
        self._answer({"id": "me/mine", "sha": "1", "siblings": []})

    def _answer(self, answer):
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def test_an_exported_folder_is_committed_to_the_hub(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "qwen3"}')
    hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    hub.seen = []
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    # the client reads its address and token once, as it is imported
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from pathlib import Path; from toolkit.serve.export import push; print(push(Path(sys.argv[1]), 'me/mine'))",
         str(folder)], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HF_TOKEN": "hf_test", "HF_HUB_OFFLINE": "0",
             "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_TELEMETRY": "1"})
    hub.shutdown()
    hub.server_close()
    assert done.returncode == 0, done.stderr
    paths = {path: body for path, _, body in hub.seen}
    assert b'"mine"' in paths["/api/repos/create"] and b"private" in paths["/api/repos/create"]
    committed = [json.loads(line) for line in next(body for path, body in paths.items() if "/commit/" in path).splitlines()]
    files = {line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in committed if line["key"] == "file"}
    assert files == {"config.json": b'{"model_type": "qwen3"}'}
    assert all(sent == "Bearer hf_test" for _, sent, _ in hub.seen)


@pytest.mark.parametrize("place", ["nowhere", "a/b/c", "s3://", "s3://UPPER/x", "https://huggingface.co/a/b"])
def test_what_is_no_place_is_said_before_anything_is_merged(tmp_path, place):
    done = subprocess.run([sys.executable, "-m", "toolkit", "export", str(tmp_path), "--output-dir", str(tmp_path / "out"), "--push", place],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "neither owner/name nor s3://bucket/prefix" in done.stderr
