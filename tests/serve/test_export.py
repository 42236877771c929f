"""Export: LoRA merged with its proof, plain folders, the card, S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError, Refused
from toolkit.serve.export import Proof, card, export, push

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


def test_an_exported_folder_is_copied_to_s3(tmp_path, monkeypatch):
    moto = pytest.importorskip("moto")
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (tmp_path / "config.json").write_text("{}")
    with moto.mock_aws():
        with pytest.raises(InputError, match="cannot be written"):
            push(tmp_path, "s3://bucket/models")
        boto3.client("s3").create_bucket(Bucket="bucket")
        assert push(tmp_path, "s3://bucket/models/mine/") == "s3://bucket/models/mine/"
        keys = [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket="bucket")["Contents"]]
    assert keys == ["models/mine/config.json"]
    with pytest.raises(InputError, match="neither owner/name nor s3"):
        push(tmp_path, "nowhere")
