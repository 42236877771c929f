"""What gen-data with a model shows: the estimate, the preview, and how a run ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.dataset.show import render as render_problems
from toolkit.dataset.show import summary
from toolkit.dataset.stats import render_stats
from toolkit.dataset.validate import validate
from toolkit.dataset.wording import short
from toolkit.errors import InputError, Refused
from toolkit.generate.batch import Totals
from toolkit.generate.estimate import Estimate
from toolkit.generate.make import ACCEPTED, Tally
from toolkit.generate.prices import Price
from toolkit.terminal import console, say, visible

if TYPE_CHECKING:
    from toolkit.generate.served import Generation

SHOWN_DRAFT = 300                               # characters of a rejected one
Print = Callable[[Any], None] | None


def estimated(found: Estimate, price: Price | None, print_json: Print) -> None:
    if print_json:
        print_json(asdict(found))
    for line in found.lines(price):
        say(line)
    say("nothing was sent. --preview 3 makes three samples.")


def previewed(outcomes: Sequence[Mapping[str, Any]], totals: Totals, generation: Generation, price: Price | None,
              print_json: Print) -> None:
    """The samples, and what the whole run would take.

    Raises:
        InputError: when the server gave no sample at all.
    """
    failed = totals.failed.total()
    if failed and not outcomes:
        raise InputError(f"none of {failed} samples got its replies. The last: {totals.last_failure}")
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome)
        _show(outcome)
    rows, made = generation.rows, max(1, len(outcomes))
    whole = {"rows": rows, "prompt_tokens": tally.prompt_tokens * rows // made,
             "completion_tokens": tally.completion_tokens * rows // made,
             "cost_usd": round(price.of(tally.prompt_tokens, tally.completion_tokens, tally.cached_tokens) * rows / made, 4)
             if price else None}
    if print_json:
        print_json({"preview": list(outcomes), "whole_run_at_this_rate": whole})
    if failed:
        say(f"{failed} more got no reply. The last: {totals.last_failure}")
    say(f"{tally.accepted} of {len(outcomes)} accepted, {tally.requests} requests. The whole run at this rate: {rows:,} rows, "
        f"{whole['prompt_tokens']:,} tokens in, {whole['completion_tokens']:,} out"
        + (f", ${whole['cost_usd']:,.2f}." if price else "; no price is known for this model."))
    say("nothing was written.")


def _show(outcome: Mapping[str, Any]) -> None:
    if outcome["status"] != ACCEPTED:
        console.rule(f"rejected · {outcome['kind']} · {outcome['difficulty']}", style="red")
        for entry in outcome["refused"]:
            say(f"  {entry['step']}: {entry['reason']}")
        say(f"  wrote: {visible(short(outcome['draft'], SHOWN_DRAFT))}")
        return
    sample = outcome["sample"]
    console.rule(f"{sample['character_name']} · {sample['kind']} · {sample['metadata']['form']} · {sample['difficulty']}")
    for turn in sample["conversation_history"]:
        say(f"  {turn['role']:>9}  {turn['content']}")
    for name in ("question", "reasoning", "answer"):
        say(f"  {name:>9}  {sample[name]}")
    say(f"  {'keys':>9}  " + "; ".join(" = ".join((k["canonical"], *k["alternatives"]))
                                       + (" (denied)" if k["polarity"] == "deny" else "") for k in sample["keys"]))
    for entry in sample["evidence"]:
        where = "profile" if entry["turn"] is None else f"turn {entry['turn']}"
        say(f"  {'evidence':>9}  {where}: {entry['quote']}")
    say(f"  {'wrong':>9}  {'; '.join(sample['distractors']) or '-'}")
    for entry in outcome["refused"]:
        say(f"  {'refused':>9}  {entry['reason']}")


def finished(stats: Mapping[str, Any], totals: Totals, missing: int, folder: Path, profiles_file: Path | None,
             print_json: Print) -> None:
    """The result, and `toolkit validate` of it.

    Args:
        missing: rows that the plan still lacks.

    Raises:
        InputError: when the server gave no sample at all.
        Refused: when nothing was accepted, or the data set does not validate.
        KeyboardInterrupt: when the run was interrupted; what is done is written.
    """
    if print_json:
        print_json({**stats, "failed": dict(totals.failed), "interrupted": totals.interrupted})
    render_stats(stats)
    reasons = ", ".join(f"{code} {count}" for code, count in list(stats["rejected_by_reason"].items())[:5])
    say(f"{stats['samples']:,} accepted, {stats['rejected']:,} rejected{f' ({reasons})' if reasons else ''}; "
        f"{stats['requests']:,} requests, {stats['prompt_tokens']:,} tokens in, {stats['completion_tokens']:,} out"
        + (f", ${stats['cost_usd']:,.2f}" if stats["cost_usd"] else ""))
    if stats["refused_drafts"].get("thinking"):
        say(f"{stats['refused_drafts']['thinking']} replies were cut while the model still thought: raise --max-tokens, or turn thinking "
            """off: --extra '{"chat_template_kwargs": {"enable_thinking": false}}'""")
    if totals.failed:
        if not stats["samples"] and not stats["rejected"] and not totals.interrupted:
            raise InputError(f"none of {totals.failed.total()} samples got its replies. The last: {totals.last_failure}")
        say(f"{totals.failed.total()} items failed ({', '.join(totals.failed)}): the same command tries them again. The last: "
            f"{totals.last_failure}")
    elif missing > 0 and not totals.interrupted:
        say(f"--max-cost is reached: {missing:,} rows are missing. The same command with more goes on.")
    if totals.interrupted:
        say(f"stopped. What is done is in {folder}; the same command continues.")
        raise KeyboardInterrupt
    if not stats["samples"]:
        raise Refused(f"none of {stats['rejected']} drafts passed ({reasons or 'no item finished'}). Read {folder}/rejected.jsonl; "
                      "--preview 3 shows what a model writes.")
    written = [folder / f"{name}.json" for name in ("train", "validation") if stats[name]["samples"]]
    found = validate(written, profiles=profiles_file)
    render_problems(found)
    if found.errors:
        raise Refused(summary(found))
    say(f"wrote {folder}/train.json, validation.json, rejected.jsonl, README.md in {stats['seconds']} s")
    say(f"next: read some of it, then toolkit train with train_data: {folder}/train.json and eval_data: {folder}/validation.json")
