"""The card of an exported model: README.md from its run's manifest and its evaluation. What is not known is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, Refused
from toolkit.jsonl import dumps, existing

# merging rounds the weights once more: in half precision a near tie may turn, a real difference moves far more tokens
LEAST_AGREEMENT = 0.98
SETTINGS = ("task", "model_name_or_path", "learning_rate", "num_generations", "max_completion_length", "per_device_train_batch_size",
            "gradient_accumulation_steps", "max_steps", "num_train_epochs", "beta", "temperature", "use_peft", "lora_r", "seed", "dtype",
            "system_prompt")


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


def card(checkpoint: Path, proof: Proof | None, report: Path | None = None) -> str:
    """README.md of the model.

    Args:
        report: `report.json` of its evaluation; default: that of the checkpoint's run, where it is of this checkpoint.
    """
    import yaml

    from toolkit.run import read_manifest, run_of

    run = run_of(checkpoint)
    manifest: Mapping[str, Any] = read_manifest(run) if run else {"config": {}, "stages": {}, "data": {}}
    config, stages = manifest["config"], manifest["stages"]
    source = report or (run / "eval" / "report.json" if run else None)
    found = _read(source) if report or (source and source.is_file()) else None
    if found and not report and Path(found["model"]).name != checkpoint.name:      # by name: a run may have been moved since
        found = None
    lines = ["---", yaml.safe_dump(_front(config, found), sort_keys=False, allow_unicode=True).strip(), "---", "",
             f"# {run.name if run else checkpoint.name}", ""]
    lines += _results(found, checkpoint) if found else ["Not evaluated yet: `toolkit eval` writes the numbers that belong here.", ""]
    if proof:
        lines += ["## Merge", "", f"A LoRA adapter was merged into its base. On {proof.replies} greedy replies the merged model says what the "
                  f"adapter says in {proof.merged_same} ({proof.token_agreement:.2%} of tokens); {proof.base_same} are also the base's.", ""]
    if run:
        shown = {name: config[name] for name in SETTINGS if config.get(name) is not None}
        lines += ["## Training", "", *(f"- {stage}: {found.get('seconds', '?')} s, finished {found.get('finished', '?')}"
                                       for stage, found in stages.items()), "", "| setting | value |", "|---|---|",
                  *(f"| {name} | `{dumps(value)}` |" for name, value in shown.items()), "", "| data | sha256 |", "|---|---|",
                  *(f"| {name} | `{found['sha256']}` |" for name, found in manifest["data"].items()), "",
                  "Versions: " + ", ".join(f"{name} {value}" for name, value in manifest.get("versions", {}).items()) + ".", ""]
    lines += ["## Use", "", "```python", "from transformers import pipeline", "", 'chat = pipeline("text-generation", model="…")',
              'chat([{"role": "system", "content": "You are …"}, {"role": "user", "content": "…"}])', "```", "",
              "It replies `<think>…</think><answer>…</answer>`; show the answer. The licence of the base model holds for this one, too."]
    return "\n".join(lines) + "\n"


def _front(config: Mapping[str, Any], report: Mapping[str, Any] | None) -> dict[str, Any]:
    """The metadata that the hub reads."""
    began, task = config.get("model_name_or_path") or config.get("model"), str(config.get("task") or "roleplay")
    front: dict[str, Any] = {"library_name": "transformers", "pipeline_tag": "text-generation",
                             "tags": ["role-play" if task == "roleplay" else Path(task).stem, "grpo", "trl"]}
    if isinstance(began, str) and began.count("/") == 1 and not began.startswith("."):
        front["base_model"] = began
    if languages := sorted((report or {}).get("trained", {}).get("by_language") or ()):
        front["language"] = languages
    return front


def _read(path: Path) -> Mapping[str, Any]:
    import orjson

    try:
        report = orjson.loads(existing(path, "report").read_bytes())
        report["n"], report["task"], report["model"], report["notes"], report["trained"]["accuracy"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no evaluation report ({type(error).__name__}: {error}). Evaluate again to write it.") from error
    return report


def _results(report: Mapping[str, Any], checkpoint: Path) -> list[str]:
    from toolkit.evaluate.report import FIRST_SLICES, percent, points, repeat, table

    found, paired = report["difference"], report["base"] is not None
    lines = ["## Evaluation", "", f"{report['n']} held-out samples, task {report['task']}"
             + (f"; against its base: **{report['verdict']}**, {points(found['value'])} points (95 % interval {points(found['low'])} to "
                f"{points(found['high'])})." if found else "."), "",
             "| | n | " + ("base | " if paired else "") + "this model | 95 % |", "|---|---|" + ("---|" if paired else "") + "---|---|"]
    for row in table(report, FIRST_SLICES):
        mine = row["trained"]
        if mine["accuracy"] is not None:
            before = f"{percent(row['base']['accuracy'] if row['base'] else None)} | " if paired else ""
            lines.append(f"| {row['name']} | {mine['n']} | {before}{percent(mine['accuracy'])} | "
                         f"{100 * mine['low']:.1f} to {100 * mine['high']:.1f} |")
    notes = list(report["notes"])
    if Path(report["model"]).name != checkpoint.name:
        notes.insert(0, f"These are the numbers of {Path(report['model']).name}, as it was evaluated.")
    return [*lines, "", *(f"- {note}" for note in notes), "", "To repeat it:", "", "```", repeat(report), "```", ""]
