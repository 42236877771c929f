"""The gate before training: a reward that nobody has audited, or that fails, is refused.

A quick audit of `ROWS` of the run's own rows, the same ones however busy the machine is; only a reward that is itself slow, and
needs more than `SECONDS`, is audited on fewer. What is audited is what GRPO pays: the weighted sum of every part that tells right
from wrong (a part of the shape, such as `format`, pays right and wrong answers alike). The result stands in the run's manifest
under `audit`, with a hash of the source that it holds for: a continued run is not audited again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.errors import Refused
from toolkit.evaluate.runner import subset
from toolkit.rewards.audit import audit
from toolkit.rewards.compose import Reward, fingerprint, right_or_wrong
from toolkit.run import MANIFEST, now, read_manifest
from toolkit.terminal import say

ROWS = 24
SECONDS = 60.0                                  # role-play needs about two; a reward that asks a server may need more
# looser than `reward audit`: a rate of 2 % among some 700 wrong replies to so few rows is known to about a point
MAX_FALSE_PAY, MAX_FALSE_DENY = 0.05, 0.10
FIX = "See its worst cases with toolkit reward audit. To train nevertheless: --allow-unaudited, or allow_unaudited: true."


def require_audit(folder: Path, reward: Reward, task_name: str, rows: Sequence[Any], allowed: bool) -> dict[str, Any]:
    """Audit the reward of a run that is about to begin or go on; returns what its manifest records.

    Args:
        folder: the run folder, which may hold an earlier audit.
        rows: the training data.
        allowed: go on with a reward that does not pass, too.

    Raises:
        Refused: when the reward does not pass and is not allowed.
    """
    weights = right_or_wrong(reward.weights)
    source = fingerprint(reward.task, list(reward.weights))
    known = read_manifest(folder).get("audit", {}) if (folder / MANIFEST).is_file() else {}
    if known.get("source") == source and known.get("weights") == weights and (known.get("passed") or allowed):
        return known
    result: dict[str, Any] = {"passed": False, "problems": [
        f"reward {' + '.join(reward.weights)} has no part that tells a right answer from a wrong one."]}
    if weights:
        found = audit(reward.task, task_name, weights, subset(rows, ROWS), max_false_pay=MAX_FALSE_PAY,
                      max_false_deny=MAX_FALSE_DENY, seconds=SECONDS, long_rows=1)
        result = found.summary()
        if found.calls:
            say(f"  reward audited on {found.samples} samples: pays {found.false_pay:.1%} of wrong replies, denies "
                f"{found.false_deny:.1%} of honest ones ({found.seconds:.1f} s)")
    if not result["passed"] and not allowed:
        raise Refused([f"{problem} {FIX}" for problem in result["problems"]])
    for problem in result["problems"]:
        say(f"  allowed although it does not pass: {problem}")
    return {**result, "weights": weights, "allowed": allowed, "source": source, "audited": now()}
