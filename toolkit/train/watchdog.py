"""Alarms about a GRPO run that TRL carries on to the end with exit 0: each a name, the numbers, and what to do.

    watchdog: stop                  # the default: hopeless runs are stopped (and saved), the rest is said
    watchdog: warn                  # everything is only said
    watchdog: off
    watchdog: {truncated: off, kl_explosion: stop}      # one by one

Thresholds are those that others publish: axolotl's GRPO guide (reward above 0.15 within 20 steps, groups without variance below
0.8, entropy up to 0.5, KL below 2, clipped below 0.3), rewardspy (a component above 0.9 of the reward, length beyond 3 standard
deviations, reward variance below 0.05 of its start), and a public multiple-choice guide (KL 1 to 3 is normal). A reward near its
maximum has no variance either, and is no alarm.
"""

from __future__ import annotations

import statistics
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import did_you_mean

WINDOW = 20                 # steps looked back
FEWEST = 3                  # logged values that are an observation, where logging_steps is large
REPEAT_AFTER = 100          # steps until an alarm that goes on is said again
NEAR_FULL = 0.9             # of the highest reward: little is left to learn, and groups agree because they are right
SLOW_STEP_S, IDLE_GPU = 10.0, 70.0
MAX_KL, EXPLODED_KL = 3.0, 10.0
MAX_ENTROPY, MAX_CLIPPED, MAX_ZERO_STD, MIN_REWARD, DOMINATES, DEAD_STD = 0.5, 0.3, 0.8, 0.15, 0.9, 0.05
REPETITIVE = 0.2            # compressed share of a text; Whisper gives up at 1 / 2.4 = 0.42, prose has 0.45 to 0.7
LONG_TEXT = 200             # characters below which compression says nothing
MAX_REPETITIVE = 0.1        # of completions: one alone that loops, in a run of short replies, is no alarm

# name → whether a run with it is hopeless, so that `stop` stops it
ALARMS: Mapping[str, bool] = {
    "nan": True, "no_reward": True, "constant_reward": True, "zero_gradient": True, "kl_explosion": True,
    "no_variance": False, "low_reward": False, "high_kl": False, "entropy_explosion": False, "entropy_collapse": False,
    "length_collapse": False, "length_blow_up": False, "truncated": False, "repetition": False, "format_only": False,
    "domination": False, "slow_step": False, "idle_gpu": False, "failed_rewards": False,
}
MODES = ("stop", "warn", "off")
# what the time of a step is spent on, in order, and what helps where that is most of it
COMPUTING = "more GPUs, a shorter max_completion_length, or gradient_checkpointing: false where memory allows"
PARTS: Mapping[str, str] = {
    "data": "data is waited for: set dataloader_num_workers, or put it on a local disk",
    "generation": "use_vllm: true, or a lower max_completion_length",
    "reward": "a faster reward: time it with toolkit reward preview",
    "forward": COMPUTING, "backward": COMPUTING,
    "optimizer": "a state that is spread over more GPUs, or not offloaded to the CPU",
}


@dataclass(frozen=True)
class Alarm:
    name: str
    sentence: str                               # what is seen, and what to do
    stop: bool


def watchdog_problems(value: Any) -> list[str]:
    """What is wrong with a `watchdog:` setting."""
    # YAML 1.1 reads off as false
    if value is None or value is False or (isinstance(value, str) and value in MODES):
        return []
    if not isinstance(value, Mapping):
        return [f'"watchdog" is {value!r}, expected {", ".join(MODES)}, or a mapping of alarms to them.']
    return [f'"watchdog.{name}" is no alarm.{did_you_mean(str(name), list(ALARMS))} Alarms: {", ".join(ALARMS)}.'
            for name in value if name not in ALARMS] + [
        f'"watchdog.{name}" is {mode!r}, expected {", ".join(MODES)}.'
        for name, mode in value.items() if name in ALARMS and mode is not False and mode not in MODES]


class Watchdog:
    """Looks at each logged step of a run; pure: no clock, no files.

    Args:
        weights: reward part → weight.
        full: the highest weighted reward.
        right: the parts that tell right from wrong; the others judge the shape of a reply.
        mode: the `watchdog:` setting.
    """

    def __init__(self, weights: Mapping[str, float], full: float, right: Sequence[str] = (), mode: Any = "stop"):
        self.weights, self.full, self.right = dict(weights), full, [p for p in right if p in weights]
        self.mode = "off" if mode is False else "stop" if mode is None else mode
        self.recent: deque[tuple[int, Mapping[str, Any]]] = deque()
        self.start: list[Mapping[str, Any]] = []
        self.began: int | None = None
        self.said: dict[str, int] = {}

    def look(self, step: int, logs: Mapping[str, Any], texts: Sequence[str] = ()) -> list[Alarm]:
        """Alarms of a logged step.

        Args:
            logs: as TRL logs them, with its names; a value that could not be computed is None or not a number.
            texts: the step's completions, or some of them.
        """
        if self.mode == "off" or "reward" not in logs:
            return []
        if texts:
            logs = {**logs, "repetitive": repetitive_share(texts)}
        self.began = step if self.began is None else self.began
        self.recent.append((step, logs))
        while len(self.recent) > FEWEST and self.recent[0][0] <= step - WINDOW:
            self.recent.popleft()
        if step - self.began < WINDOW:
            self.start.append(logs)
        found = []
        for name, sentence in self._seen(step):
            how = self._how(name)
            if how != "off" and step >= self.said.get(name, -REPEAT_AFTER) + REPEAT_AFTER:
                self.said[name] = step
                found.append(Alarm(name, sentence, how == "stop"))
        return found

    def _how(self, name: str) -> str:
        mode = self.mode.get(name, "stop" if ALARMS[name] else "warn") if isinstance(self.mode, Mapping) else self.mode
        if mode is False:
            return "off"
        if not isinstance(self.mode, Mapping) and mode == "stop" and not ALARMS[name]:
            return "warn"
        return str(mode)

    def _values(self, key: str, last: int = 0) -> list[float]:
        """The window's values of a metric that are numbers."""
        rows = list(self.recent)[-last:]
        return [row[key] for _, row in rows if _number(row.get(key))]

    def _mean(self, key: str, last: int = 0) -> float | None:
        values = self._values(key, last)
        return statistics.fmean(values) if values else None

    def _seen(self, step: int) -> Iterator[tuple[str, str]]:
        yield from self._broken()
        if len(self.recent) >= FEWEST:
            yield from self._slow()             # at once: twenty such steps are an hour
        if len(self.recent) < FEWEST or step - (self.began or 0) < WINDOW - 1:
            return
        reward = self._mean("reward")
        if reward is None:
            return
        learnt = self.full > 0 and reward >= NEAR_FULL * self.full
        if not learnt:
            yield from self._flat(reward)
        yield from self._policy(learnt)
        yield from self._lengths()
        yield from self._parts(reward, learnt)
        yield from self._machine()

    def _broken(self) -> Iterator[tuple[str, str]]:
        last = [row for _, row in list(self.recent)[-FEWEST:]]
        if len(last) < FEWEST:
            return
        if all(not _number(row["reward"]) for row in last):
            yield "no_reward", ("no completion was scored in the last steps (every reward is None or NaN): look at samples/ and "
                                "at toolkit reward preview; nothing is learnt.")
        for key in ("loss", "grad_norm"):
            if all(key in row and not _number(row[key]) for row in last):
                yield "nan", (f"{key} is not a number: lower learning_rate, train in bf16 rather than fp16, and go on from the "
                              "checkpoint before.")
                break

    def _flat(self, reward: float) -> Iterator[tuple[str, str]]:
        zero, norm = self._mean("frac_reward_zero_std"), self._values("grad_norm")
        if zero == 1.0:
            yield "constant_reward", (f"for {len(self.recent)} steps no group of completions differs in reward (mean {reward:.3f}): "
                                      "nothing is learnt. Look at samples/; raise temperature or num_generations, or give a "
                                      "cold start or easier data.")
        elif norm and max(norm) == 0.0:
            yield "zero_gradient", ("rewards differ and the gradient is zero: no trained parameter is reached. Check learning_rate, "
                                    "use_peft and lora_target_modules, and frozen weights.")
        elif zero is not None and zero >= MAX_ZERO_STD:
            yield "no_variance", (f"{zero:.0%} of groups have completions of equal reward ({reward:.2f} on average), and teach nothing: the data is "
                                  "too easy or too hard. Filter it, or raise num_generations and temperature.")
        if self.full > 0 and reward < MIN_REWARD * self.full:
            yield "low_reward", (f"reward is {reward:.3f} of {self.full:g} and should have passed {MIN_REWARD * self.full:.2f} within "
                                 f"{WINDOW} steps: give a cold start (stages: [sft, grpo]), easier data, or a larger model.")

    def _policy(self, learnt: bool) -> Iterator[tuple[str, str]]:
        kl = self._mean("kl", 5)
        if kl is not None and kl > EXPLODED_KL:
            yield "kl_explosion", (f"KL to the starting model is {kl:.1f} (1 to 3 is normal): the policy has left it. Go on from an "
                                   "earlier checkpoint with a lower learning_rate or a higher beta.")
        elif kl is not None and kl > MAX_KL:
            yield "high_kl", f"KL to the starting model is {kl:.1f} (1 to 3 is normal): lower learning_rate or raise beta."
        entropy, began = self._mean("entropy", 5), _mean_of(self.start, "entropy")
        if entropy is None or began is None:
            return
        if entropy > max(MAX_ENTROPY, 3 * began):
            yield "entropy_explosion", (f"entropy rose from {began:.2f} to {entropy:.2f}: the policy is coming apart. Lower "
                                        "learning_rate or temperature.")
        std, at_first = self._mean("reward_std"), _mean_of(self.start, "reward_std")
        if not learnt and std is not None and at_first and std < DEAD_STD * at_first:
            yield "entropy_collapse", (f"completions no longer differ (reward deviation {std:.3f}, at first {at_first:.3f}; entropy "
                                       f"{entropy:.3f}) and are not right: raise temperature, lower learning_rate, or go back a checkpoint.")

    def _lengths(self) -> Iterator[tuple[str, str]]:
        lengths = [row["completions/mean_length"] for row in self.start if _number(row.get("completions/mean_length"))]
        now = self._mean("completions/mean_length", 5)
        if now is not None and len(lengths) >= FEWEST:
            mean, spread = statistics.fmean(lengths), statistics.pstdev(lengths)
            if now < mean - 3 * spread and now < 0.5 * mean:
                yield "length_collapse", (f"replies shrank from {mean:.0f} to {now:.0f} tokens: what is short is paid. Read samples/, and "
                                          "check that the reward asks for what you want.")
            if now > mean + 3 * spread and now > 2 * mean:
                yield "length_blow_up", (f"replies grew from {mean:.0f} to {now:.0f} tokens: read samples/ for padding; loss_type dr_grpo or "
                                         "dapo does not favour length.")
        clipped = self._mean("completions/clipped_ratio")
        if clipped is not None and clipped > MAX_CLIPPED:
            yield "truncated", (f"{clipped:.0%} of completions are cut at max_completion_length and so cannot be right: raise it, ask for "
                                "shorter replies, or set mask_truncated_completions: true.")
        repetitive = self._mean("repetitive", 5)
        if repetitive is not None and repetitive > MAX_REPETITIVE:
            yield "repetition", (f"{repetitive:.0%} of completions repeat themselves: lower learning_rate, and read samples/ for a "
                                 "reward that pays repetition.")

    def _parts(self, reward: float, learnt: bool) -> Iterator[tuple[str, str]]:
        means = {part: self._mean(f"rewards/{part}/mean") for part in self.weights}
        shape = [part for part in self.weights if part not in self.right]
        if shape and self.right and all((means[part] or 0.0) <= 0.1 for part in self.right):
            for part in shape:
                if (means[part] or 0.0) >= NEAR_FULL:
                    yield "format_only", (f"{part} is {means[part]:.2f} and {self.right[0]} {means[self.right[0]] or 0:.2f}: the form is learnt "
                                          "and the answers are wrong. Lower the weight of form, or give data the model can sometimes solve.")
                    break
        paid = {part: max(weight * (means[part] or 0.0), 0.0) for part, weight in self.weights.items()}
        total = sum(paid.values())
        positive = sum(weight for weight in self.weights.values() if weight > 0)
        for part, share in paid.items():
            expected = self.weights[part] / positive if positive else 1.0
            if len(paid) > 1 and total > 0 and not learnt and share > DOMINATES * total and expected < 0.8 and part not in self.right:
                yield "domination", (f"{part} alone is {share / total:.0%} of the reward (its weight is {expected:.0%}): what it pays is done and "
                                     "the rest is not. Read samples/ for a trick; lower its weight.")
        unscored = self._mean("unscored")
        if unscored is not None and unscored > 0.01:
            yield "failed_rewards", (f"{unscored:.1%} of completions could not be scored because the reward failed on them: the reasons are in "
                                     "training.log and samples/.")

    def _slow(self) -> Iterator[tuple[str, str]]:
        parts = [{name: row.get(f"time/{name}_s") or 0.0 for name in PARTS} for _, row in self.recent]
        seconds = statistics.median(sum(one.values()) for one in parts)
        if seconds <= SLOW_STEP_S:
            return
        spent = {name: sum(one[name] for one in parts) for name in PARTS}
        told = ", ".join(f"{name} {part / sum(spent.values()):.0%}" for name, part in spent.items())
        yield "slow_step", f"a step takes {seconds:.0f} s ({told}): {PARTS[max(spent, key=lambda name: spent[name])]}."

    def _machine(self) -> Iterator[tuple[str, str]]:
        busy = self._mean("gpu_use")
        if busy is not None and busy < IDLE_GPU:
            yield "idle_gpu", (f"the GPU is busy {busy:.0f} % of the time (above {IDLE_GPU:.0f} is good): a larger per_device_train_batch_size "
                               "or use_vllm: true fills it.")


def repetitive_share(texts: Sequence[str]) -> float:
    """The share of texts that are long and compress as only repetition does."""
    long = [text.encode() for text in texts if len(text) >= LONG_TEXT]
    return sum(len(zlib.compress(data)) < REPETITIVE * len(data) for data in long) / len(texts)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and value == value and abs(value) != float("inf")


def _mean_of(rows: Sequence[Mapping[str, Any]], key: str) -> float | None:
    values = [row[key] for row in rows if _number(row.get(key))]
    return statistics.fmean(values) if values else None
