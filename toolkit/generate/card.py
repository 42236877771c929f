"""README.md of a generated data set: what it is, how it was made and checked, what was refused, how to use it.

Its first lines are the metadata that dataset hubs read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from toolkit.jsonl import dumps

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
KINDS = {"SBK": "script-based knowledge: the answer stands in the profile",
         "CM": "conversation memory: the answer stands in an earlier turn",
         "SCK": "script-contradictory knowledge: the question starts from a false premise",
         "RCB": "role cognition boundary: what the role does not know or will not speak of"}


def card(stats: Mapping[str, Any], example: Mapping[str, Any] | None) -> str:
    """Args: stats: `dataset_stats.json`. example: a training row."""
    made, total = stats["made_by"], stats["samples"]
    by_split = {name: stats[name] for name in ("train", "validation")}
    languages = sorted({language for found in by_split.values() for language in found["by_language"]})
    front = {"language": languages, "task_categories": ["text-generation"], "tags": ["role-play", "synthetic", "grpo"],
             "size_categories": [next((name for most, name in SIZES if total < most), "n>1M")],
             "configs": [{"config_name": "default", "data_files": [
                 {"split": name, "path": f"{name}.json"} for name in by_split]}]}
    table = ["| split | samples | roles | kinds | difficulty | languages |", "|---|---|---|---|---|---|"]
    for name, found in by_split.items():
        table.append(f"| {name} | {found['samples']:,} | {found['roles']:,} | {_counts(found['by_kind'])} | "
                     f"{_counts(found['by_difficulty'])} | {_counts(found['by_language'])} |")
    kinds = sorted({kind for found in by_split.values() for kind in found["by_kind"]})
    refused = stats["refused_drafts"]
    lines = [
        "---", yaml.safe_dump(front, sort_keys=False, allow_unicode=True).strip(), "---", "",
        "# Role-play samples with their proof", "",
        f"{total:,} samples written by `{made['model']}` ({made['engine']}) from {stats['profiles']:,} role profiles, each "
        "with the keys that a right answer must assert, the words that prove them, and wrong values. Splits are by role: a "
        "validation role is unseen in training.", "",
        *table, "", *(f"- **{kind}** {KINDS.get(kind, '')}" for kind in kinds), "",
        "## How it was made", "",
        f"`toolkit gen-data` {made['toolkit']}, prompts {made['prompts']}, seed {made['seed']}; "
        f"{stats['requests']:,} requests, {stats['prompt_tokens']:,} tokens in ({stats['cached_tokens']:,} cached), "
        f"{stats['completion_tokens']:,} out. Options: {_options(made)}.", "",
        "A draft is kept when its evidence stands word for word in the profile or turn, the evidence states the key, the "
        "question does not give it away, the verifier accepts the answer and refuses every wrong value"
        f"{' and the stress replies' if made['stress'] else ''}, the question is no near duplicate of another, everything is "
        "in the role's language, and nobody steps out of the role. A refused draft was asked for again with the reasons, at "
        f"most {made['max_attempts']} times; what failed then stands in `rejected.jsonl` ({stats['rejected']:,}).", "",
        f"Refused drafts by reason: {_counts(refused) or 'none'}.", "",
        "## Use", "", "`toolkit validate .` checks it again; `toolkit train` takes the two files as `train_data` and `eval_data`.", "",
        "The text is synthetic: check the licence of the model that wrote it, and read some of it before you train on it."]
    if example:
        lines += ["", "## A sample", "", "```json", dumps(example, indent=True), "```"]
    return "\n".join(lines) + "\n"


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in found.items())


def _options(made: Mapping[str, Any]) -> str:
    shown = ("kinds", "closed_book", "measure_difficulty", "judge", "stress", "temperature", "max_distance")
    return ", ".join(f"{name} {made[name]}" for name in shown)
