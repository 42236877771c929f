"""`toolkit export CKPT`: a folder that anyone can load: safetensors, tokenizer, chat template, model card.

A LoRA adapter is merged, and the merge is proven on greedy replies before anything is left behind: the merged model, read back
from disk, must reply as the adapter does, and not as the base does.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from toolkit.errors import InputError
from toolkit.jsonl import dumps
from toolkit.serve.card import Proof, card
from toolkit.train.models import ADAPTER, base_of

COPIED = ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "tokenizer*", "vocab*", "merges.txt",
          "special_tokens_map.json", "added_tokens.json", "chat_template*", "LICENSE*")
PROBES = ("Who are you?", "Where were you born, and what is your trade?", "你是谁？", "你老家在哪儿？做什么工作？",
          "あなたは誰ですか。", "What did I tell you about my sister?")
PROBE_TOKENS = 48


def export(checkpoint: Path, out: Path, base: str | None = None, dtype: str = "auto", overwrite: bool = False,
           report: Path | None = None) -> Proof | None:
    """Write the checkpoint as a plain model folder with a card; a LoRA adapter is merged.

    Args:
        report: of the evaluation that the card tells; default: that of the checkpoint's run.

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
        (folder / "README.md").write_text(card(checkpoint, proof, report), encoding="utf-8")
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


def check_place(place: str) -> None:
    """Raises InputError for what is no place to push to, before minutes are spent on a merge."""
    if not (re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", place) or re.fullmatch(r"[\w.-]+/[\w.-]+", place)):
        raise InputError(f"--push {place} is neither owner/name nor s3://bucket/prefix.")


def push(folder: Path, place: str, private: bool = True) -> str:
    """Copy an exported folder to `s3://bucket/prefix` or, as `owner/name`, to the hub; returns where it is.

    Raises:
        InputError: no such place, or no right to write there.
    """
    check_place(place)
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
    from huggingface_hub import HfApi

    try:
        api = HfApi()
        api.create_repo(place, private=private, exist_ok=True)
        return str(api.upload_folder(repo_id=place, folder_path=folder))
    except Exception as error:      # a client of its own, whose transport and its errors change with its version
        raise InputError(f"{place} cannot be written: {' '.join(str(error).split())[:200].rstrip('.')}. Is HF_TOKEN set?") from error


def export_command(
    checkpoint: Annotated[Path, typer.Argument(help="A model folder: a LoRA adapter, or whole weights.")],
    output_dir: Annotated[Path, typer.Option(help="Where the plain model goes.")],
    base: Annotated[str | None, typer.Option(help="What the adapter was trained on, when it has moved.")] = None,
    dtype: Annotated[str, typer.Option(help="Of the merged weights: auto (the base's), float32, bfloat16, float16.")] = "auto",
    push_to: Annotated[str | None, typer.Option("--push", help="Then copy it to the hub (owner/name) or S3 (s3://bucket/prefix).")] = None,
    public: Annotated[bool, typer.Option("--public", help="A hub repository that --push creates is public.")] = False,
    report: Annotated[Path | None, typer.Option(help="The report.json that the card tells; default: the run's.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """A model folder for others: LoRA merged and proven, safetensors, tokenizer, template, model card."""
    from toolkit.terminal import say

    if push_to:
        check_place(push_to)
    proof = export(checkpoint, output_dir, base, dtype, overwrite, report)
    if proof:
        say(f"merged: {proof.merged_same} of {proof.replies} greedy replies are the adapter's ({proof.token_agreement:.2%} of tokens), "
            f"{proof.base_same} the base's")
    where = push(output_dir, push_to, not public) if push_to else None
    if as_json:
        print(dumps({"folder": str(output_dir), "proof": asdict(proof) if proof else None, "pushed": where}, indent=True))
    say(f"wrote {output_dir}" + (f" and {where}" if where else ""))
