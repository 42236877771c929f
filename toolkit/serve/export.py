"""`toolkit export CKPT`: a folder that anyone can load: safetensors, tokenizer, chat template, model card.

A LoRA adapter is merged, and the merge is proven on greedy replies before anything is left behind: the merged model, read back
from disk, must reply as the adapter does, and not as the base does.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from toolkit.errors import InputError, Refused
from toolkit.jsonl import dumps

ADAPTER = "adapter_config.json"
COPIED = ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "tokenizer*", "vocab*", "merges.txt",
          "special_tokens_map.json", "added_tokens.json", "chat_template*", "LICENSE*")
PROBES = ("Who are you?", "Where were you born, and what is your trade?", "你是谁？", "你老家在哪儿？做什么工作？",
          "あなたは誰ですか。", "What did I tell you about my sister?")
PROBE_TOKENS = 48
# merging rounds the weights once more: in half precision a near tie may turn, a real difference moves far more tokens
LEAST_AGREEMENT = 0.98


@dataclass(frozen=True, slots=True)
class Proof:
    """Greedy replies of adapter, merged and base: how many are the same, and the share of the adapter's tokens that the
    merged model would say, too, after the same text."""

    replies: int
    merged_same: int
    base_same: int
    token_agreement: float

    def check(self) -> None:
        """Raises Refused where the merge did not keep the adapter, or there was nothing to keep."""
        if self.token_agreement < LEAST_AGREEMENT:
            raise Refused(f"the merged model says only {self.token_agreement:.1%} of what the adapter says ({self.merged_same} of "
                          f"{self.replies} replies are the same). Merge in another --dtype (float32).")
        if self.base_same == self.replies:
            raise Refused(f"all {self.replies} replies of the adapter are the base's: it changes nothing. Is this the trained "
                          "checkpoint, and is --base what it was trained on?")


def export(checkpoint: Path, out: Path, base: str | None = None, dtype: str = "auto", overwrite: bool = False) -> Proof | None:
    """Write the checkpoint as a plain model folder with a card; a LoRA adapter is merged.

    Returns:
        the proof of the merge; None where there was nothing to merge.

    Raises:
        InputError: no checkpoint there, pickled weights, `out` is not empty.
        Refused: the merge cannot be proven; nothing is written.
    """
    if not checkpoint.is_dir():
        raise InputError(f"{checkpoint} is no folder. Name a checkpoint such as outputs/run/final_model.")
    if out.exists() and any(out.iterdir()) and not overwrite:
        raise InputError(f"{out} is not empty. Name another --output-dir, or pass --overwrite to replace it.")
    adapter = (checkpoint / ADAPTER).is_file()
    if not adapter and not list(checkpoint.glob("*.safetensors")):
        pickled = ", ".join(sorted(p.name for p in checkpoint.glob("*.bin"))) or "none"
        raise InputError(f"{checkpoint} holds no safetensors (other weights: {pickled}). Save it as safetensors first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
        folder = Path(made) / "model"
        folder.mkdir()
        proof = _merge(checkpoint, folder, base, dtype) if adapter else None
        if not adapter:
            for path in sorted({path for pattern in COPIED for path in checkpoint.glob(pattern)}):
                shutil.copy2(path, folder / path.name)
        (folder / "README.md").write_text(card(checkpoint, proof), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        folder.replace(out)
    return proof


def _merge(checkpoint: Path, folder: Path, base: str | None, dtype: str) -> Proof:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from toolkit.train.models import load, quiet_libraries

    quiet_libraries()
    name = base or base_of(checkpoint)
    model, tokenizer = load(name, {"dtype": dtype})
    if any((checkpoint / file).is_file() for file in ("tokenizer.json", "tokenizer_config.json")):
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer))
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    prompts = [_prompt(tokenizer, probe) for probe in PROBES]
    plain = [_greedy(model, tokenizer, prompt) for prompt in prompts]
    try:
        adapted = PeftModel.from_pretrained(model, checkpoint).eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"the adapter in {checkpoint} does not fit {name}: {' '.join(str(error).split())[:200]}") from error
    wanted = [_greedy(adapted, tokenizer, prompt) for prompt in prompts]
    merged = adapted.merge_and_unload(safe_merge=True)
    merged.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    written = AutoModelForCausalLM.from_pretrained(folder, dtype=merged.dtype, use_safetensors=True).to(merged.device).eval()
    said = [_greedy(written, tokenizer, prompt) for prompt in prompts]
    agreed = [_agreement(written, prompt, reply) for prompt, reply in zip(prompts, wanted, strict=True)]
    proof = Proof(len(prompts), sum(a == b for a, b in zip(said, wanted, strict=True)),
                  sum(a == b for a, b in zip(plain, wanted, strict=True)),
                  sum(same for same, _ in agreed) / max(1, sum(count for _, count in agreed)))
    proof.check()
    return proof


def base_of(checkpoint: Path) -> str:
    """The model that an adapter was trained on.

    Raises:
        InputError: when its configuration does not say.
    """
    import orjson

    try:
        name = orjson.loads((checkpoint / ADAPTER).read_bytes()).get("base_model_name_or_path")
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(f"{checkpoint / ADAPTER} cannot be read: {error}.") from error
    if not name:
        raise InputError(f"{checkpoint / ADAPTER} does not say what it was trained on. Name it with --base.")
    return str(name)


def _prompt(tokenizer: Any, text: str) -> list[int]:
    return tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True, tokenize=True,
                                         return_dict=True)["input_ids"]


def _greedy(model: Any, tokenizer: Any, prompt: Sequence[int]) -> list[int]:
    import torch

    ids = torch.tensor([list(prompt)], device=model.device)
    with torch.inference_mode():
        found = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=PROBE_TOKENS, do_sample=False,
                               pad_token_id=tokenizer.pad_token_id)
    return found[0, len(prompt):].tolist()


def _agreement(model: Any, prompt: Sequence[int], reply: Sequence[int]) -> tuple[int, int]:
    """Of the reply's tokens, how many the model would say at their place after the same text; and how many there are."""
    import torch

    with torch.inference_mode():
        logits = model(torch.tensor([[*prompt, *reply]], device=model.device)).logits[0]      # (T, V)
    next_tokens = logits.argmax(-1).tolist()[len(prompt) - 1:-1]
    return sum(a == b for a, b in zip(next_tokens, reply, strict=True)), len(reply)


def card(checkpoint: Path, proof: Proof | None) -> str:
    """README.md of the model, from the run's manifest and evaluation; what is not known is left out."""
    import orjson
    import yaml

    from toolkit.run import read_manifest, run_of

    run = run_of(checkpoint)
    manifest: Mapping[str, Any] = read_manifest(run) if run else {"config": {}, "stages": {}, "data": {}}
    config, stages = manifest["config"], manifest["stages"]
    began = config.get("model_name_or_path") or config.get("model")
    front = {"tags": ["role-play", "grpo", "trl"], "library_name": "transformers", "pipeline_tag": "text-generation",
             **({"base_model": began} if isinstance(began, str) and began.count("/") == 1 and not began.startswith(".") else {})}
    lines = ["---", yaml.safe_dump(front, sort_keys=False, allow_unicode=True).strip(), "---", "", f"# {run.name if run else checkpoint.name}", ""]
    report = run / "eval" / "report.json" if run else None
    if report and report.is_file():
        try:
            lines += _results(orjson.loads(report.read_bytes()))
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise InputError(f"{report} is no evaluation report: {error}. Evaluate again to write it.") from error
    else:
        lines += ["Not evaluated yet: `toolkit eval` writes the numbers that belong here.", ""]
    if proof:
        lines += ["## Merge", "", f"A LoRA adapter was merged into its base. On {proof.replies} greedy replies the merged model says what the "
                  f"adapter says in {proof.merged_same} ({proof.token_agreement:.2%} of tokens); {proof.base_same} are also the base's.", ""]
    if run:
        shown = {name: config[name] for name in ("task", "model_name_or_path", "learning_rate", "num_generations", "max_completion_length",
                                                 "per_device_train_batch_size", "gradient_accumulation_steps", "max_steps",
                                                 "num_train_epochs", "beta", "temperature", "use_peft", "lora_r", "seed", "dtype")
                 if config.get(name) is not None}
        lines += ["## Training", "", *(f"- {stage}: {found.get('seconds', '?')} s, finished {found.get('finished', '?')}"
                                       for stage, found in stages.items()), "", "| setting | value |", "|---|---|",
                  *(f"| {name} | `{dumps(value)}` |" for name, value in shown.items()), "", "| data | sha256 |", "|---|---|",
                  *(f"| {name} | `{found['sha256']}` |" for name, found in manifest["data"].items()), "",
                  "Versions: " + ", ".join(f"{name} {value}" for name, value in manifest.get("versions", {}).items()) + ".", ""]
    lines += ["## Use", "", "```python", "from transformers import pipeline", "", 'chat = pipeline("text-generation", model="…")',
              'chat([{"role": "system", "content": "You are …"}, {"role": "user", "content": "…"}])', "```", "",
              "It replies `<think>…</think><answer>…</answer>`; show the answer. The licence of the base model holds for this one, too."]
    return "\n".join(lines) + "\n"


def _results(report: Mapping[str, Any]) -> list[str]:
    from toolkit.evaluate.report import SLICE_NAMES, percent, points, table

    found, paired = report["difference"], report["base"] is not None
    lines = ["## Evaluation", "", f"{report['n']} held-out samples, task {report['task']}"
             + (f"; against its base: **{report['verdict']}**, {points(found['value'])} points (95 % interval {points(found['low'])} to "
                f"{points(found['high'])})." if found else "."), "",
             "| | n | " + ("base | " if paired else "") + "this model | 95 % |", "|---|---|" + ("---|" if paired else "") + "---|---|"]
    for row in table(report, {name: SLICE_NAMES[name] for name in ("by_kind", "by_difficulty", "by_language")}):
        mine = row["trained"]
        if mine["accuracy"] is not None:
            before = f"{percent(row['base']['accuracy'] if row['base'] else None)} | " if paired else ""
            lines.append(f"| {row['name']} | {mine['n']} | {before}{percent(mine['accuracy'])} | "
                         f"{100 * mine['low']:.1f} to {100 * mine['high']:.1f} |")
    return [*lines, ""]


def push(folder: Path, place: str, private: bool = True) -> str:
    """Copy an exported folder to `s3://bucket/prefix` or, as `owner/name`, to the hub; returns where it is.

    Raises:
        InputError: no such place, or no right to write there.
    """
    if place.startswith("s3://"):
        import boto3
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        try:
            client = boto3.client("s3")
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                client.upload_file(str(path), bucket, f"{prefix.rstrip('/')}/{path.relative_to(folder).as_posix()}".lstrip("/"))
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise InputError(f"{place} cannot be written: {' '.join(str(error).split())[:200]}") from error
        return place
    if place.count("/") != 1:
        raise InputError(f"--push {place} is neither owner/name nor s3://bucket/prefix.")
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        api = HfApi()
        api.create_repo(place, private=private, exist_ok=True)
        return str(api.upload_folder(repo_id=place, folder_path=folder))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise InputError(f"{place} cannot be written: {' '.join(str(error).split())[:200]}. Is HF_TOKEN set?") from error


def export_command(
    checkpoint: Annotated[Path, typer.Argument(help="A model folder: a LoRA adapter, or whole weights.")],
    output_dir: Annotated[Path, typer.Option(help="Where the plain model goes.")],
    base: Annotated[str | None, typer.Option(help="What the adapter was trained on, when it has moved.")] = None,
    dtype: Annotated[str, typer.Option(help="Of the merged weights: auto (the base's), float32, bfloat16, float16.")] = "auto",
    push_to: Annotated[str | None, typer.Option("--push", help="Then copy it to the hub (owner/name) or S3 (s3://bucket/prefix).")] = None,
    public: Annotated[bool, typer.Option("--public", help="A hub repository that --push creates is public.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """A model folder for others: LoRA merged and proven, safetensors, tokenizer, template, model card."""
    from toolkit.terminal import say

    proof = export(checkpoint, output_dir, base, dtype, overwrite)
    if proof:
        say(f"merged: {proof.merged_same} of {proof.replies} greedy replies are the adapter's ({proof.token_agreement:.2%} of tokens), "
            f"{proof.base_same} the base's")
    where = push(output_dir, push_to, not public) if push_to else None
    if as_json:
        print(dumps({"folder": str(output_dir), "proof": asdict(proof) if proof else None, "pushed": where}, indent=True))
    say(f"wrote {output_dir}" + (f" and {where}" if where else ""))
