"""GSM8K: word problems of school mathematics whose answer is a number.

    question  Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many in all?
    key       72
    reply     <think>48 + 48 / 2</think><answer>72</answer>             accuracy 1, format 1, correctness 2.0

Layouts: `{"question", "answer": "… #### 72"}` (openai/gsm8k, JSON lines or parquet), `{"messages": […]}`, `{"prompt", "answer"}`
(messages or text; `solution`, `ground_truth`, `reward_model.ground_truth` as well), `{"problem", "solution": "… \\boxed{72}"}`.

Reward parts: `accuracy` (the number the reply ends in equals the key) and `format` (<think>…</think><answer>…</answer>) are the
default; by name, with the numbers of the reference guide: `correctness` (2.0 as the key is written, 1.5 equal in another form, else
0) and `xml_format` (0.2 for each of <reasoning> </reasoning> <answer> </answer> that stands there once).

    toolkit train --config configs/gsm8k_qwen3_32b_qlora.yaml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import text
from toolkit.tables import read_as, row_as
from toolkit.tasks.base import Message
from toolkit.verify import Verdict, format_verdict, split_reply
from toolkit.verify.expression import available, equal
from toolkit.verify.final_number import Final, compare, last_box, number_of, read_final

EXACT, EQUAL, PER_TAG = 2.0, 1.5, 0.2           # the numbers of the reference guide
TAGS = ("<reasoning>", "</reasoning>", "<answer>", "</answer>")
QUESTIONS, KEYS = ("question", "problem", "prompt", "query"), ("answer", "solution", "ground_truth", "final_answer", "target")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_AFTER_HASHES = re.compile(r"####\s*([^\n]+?)\s*$")


@dataclass(frozen=True, slots=True)
class Problem:
    """A row: the problem, the key, and the worked solution where the file has one."""

    id: str
    question: str
    answer: str                                 # the key alone, as the file writes it: "72"
    solution: str = ""
    language: str = "en"

    def to_row(self) -> dict[str, Any]:
        return asdict(self)


class Gsm8k:
    name = "gsm8k"
    parts: Mapping[str, float] = {"accuracy": 0.9, "format": 0.1, "correctness": 0.0, "xml_format": 0.0}
    highest: Mapping[str, float] = {"correctness": EXACT, "xml_format": PER_TAG * len(TAGS)}
    system_prompt = "prompts/gsm8k/system.{language}.md"
    examples = "data/gsm8k/train.jsonl"
    columns: Mapping[str, str] = {}

    def read(self, path: str | Path) -> Iterator[tuple[int, Problem]]:
        return read_as(path, self.make, self.columns)

    def row(self, value: Mapping[str, Any]) -> Problem:
        return row_as(value, self.make)

    def make(self, value: Mapping[str, Any], where: str, name: str, problems: list[str]) -> Problem | None:
        """A row of any of the layouts, or None after telling what is wrong."""
        question, key, solution = _question(value), *_key(value)
        if not question:
            problems.append(f'{where} has no question. Expected text under "question" (or {", ".join(QUESTIONS[1:])}, messages); '
                            f"it has {', '.join(map(str, value))}.")
        if not key:
            problems.append(f'{where} has no answer. Expected "answer": "… #### 72" (or {", ".join(KEYS[1:])}, messages).')
        elif number_of(key) is None and not available():
            problems.append(f'{where} field "answer" is {key[:60]!r}, which is no number: comparing expressions needs math-verify. '
                            "Run: pip install 'toolkit[math]'")
        if not question or not key or (number_of(key) is None and not available()):
            return None
        return Problem(str(value.get("id") or name), question, key, solution, "zh" if _HAN.search(question) else "en")

    def prompt(self, row: Problem, system_prompt: str = "") -> list[Message]:
        system = text((system_prompt or self.system_prompt).replace("{language}", row.language)).rstrip("\n")
        return [{"role": "system", "content": system}, {"role": "user", "content": row.question}]

    def score(self, part: str, row: Problem, completion: str, prefilled: bool = False) -> Verdict:
        if part not in self.parts:
            raise InputError(f'{self.name} has no reward part "{part}". It has: {", ".join(self.parts)}.')
        if part == "format":
            return format_verdict(completion, prefilled=prefilled)
        if part == "xml_format":
            return xml_format(completion)
        form, verdict = self.compared(row, completion, prefilled)
        if part == "accuracy" or verdict.score is None:
            return verdict
        return Verdict({"exact": EXACT, "equal": EQUAL}.get(form, 0.0), verdict.code, verdict.reason, verdict.matched)

    def compared(self, row: Problem, completion: str, prefilled: bool) -> tuple[str, Verdict]:
        """How the reply stands to the key: exact, equal or wrong; and the verdict."""
        if number_of(row.answer) is not None:
            return compare(self.final(completion, prefilled), row.answer)
        found = self.expression(completion, prefilled)
        if not found or not equal(row.answer, found):
            return "wrong", Verdict(0.0, "other" if found else "no_answer", f"The reply ends in {found[:60]!r}, not in {row.answer}.")
        return "exact" if found == row.answer else "equal", Verdict(1.0, "right", f"The reply ends in {found}, which is {row.answer}.")

    def final(self, completion: str, prefilled: bool) -> Final:
        return read_final(completion, prefilled=prefilled)

    def expression(self, completion: str, prefilled: bool) -> str:
        answer = split_reply(completion, prefilled=prefilled).answer[-2000:]
        box = last_box(answer)
        return (answer[slice(*box)] if box else answer).strip().strip("$").rstrip(".").strip()

    def extract(self, row: Problem, completion: str) -> str:
        """What a submission file says that the reply answers."""
        return self.final(completion, False).text if number_of(row.answer) is not None else self.expression(completion, False)

    def wrapped(self, answer: str, thought: str = "…") -> str:
        """A reply in the form that the task asks for."""
        return f"<think>{thought}</think><answer>{answer}</answer>"

    def honest(self, row: Problem) -> Iterable[tuple[str, str]]:
        key, value = row.answer, number_of(row.answer)
        yield "plain", self.wrapped(key)
        yield "worked", self.wrapped(key, row.solution or row.question)
        yield "boxed", self.wrapped(f"\\boxed{{{key}}}")
        yield "untagged_boxed", f"{row.solution}\n\nThe final answer is \\boxed{{{key}}}."
        if value is None:
            return
        yield "sentence", self.wrapped(f"答案是 {key}。" if row.language == "zh" else f"The answer is {key}.")
        yield "equation", self.wrapped(f"{value - 1} + 1 = {key}")
        yield "hashes", f"{row.solution}\n#### {key}"
        yield "full_stop", self.wrapped(f"{key}.")
        yield "currency", self.wrapped(f"${key}")
        yield "bold", self.wrapped(f"**{key}**")
        yield "full_width", self.wrapped(key.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)}))
        if value.denominator == 1:
            yield "decimal", self.wrapped(f"{value}.0")
            yield "thousands", self.wrapped(f"{int(value):,}")
            yield "fraction", self.wrapped(f"{2 * value}/2")
            if 0 < value < 100:
                yield "words", self.wrapped(_chinese(int(value)))
        else:
            yield "latex_fraction", self.wrapped(f"$\\frac{{{value.numerator}}}{{{value.denominator}}}$")

    def baits(self, row: Problem) -> Iterable[tuple[str, str]]:
        key, value = row.answer, number_of(row.answer)
        yield "only_thought", f"<think>The answer is {key}.</think>"
        yield "other_in_answer", f"<think>{key}</think><answer>I cannot tell.</answer>"
        if value is None:
            return
        off = _written(value + 1)
        for kind, wrong in (("one_more", value + 1), ("tenfold", value * 10), ("tenth", value / 10), ("negative", -value),
                            ("half", value / 2), ("decimal_digit", value + Fraction(1, 2))):
            if wrong != value:
                yield kind, self.wrapped(_written(wrong))
        yield "longer_number", self.wrapped(f"1{key}")
        yield "digits_apart", self.wrapped(" ".join(key) if len(key) > 1 else f"{key} {key}1")
        yield "negation", self.wrapped(f"答案不是{key}。" if row.language == "zh" else f"The answer is not {key}.")
        yield "two_candidates", self.wrapped(f"{key} or {off}")
        yield "candidates", self.wrapped(", ".join(_written(value + n) for n in (-1, 0, 1)))
        yield "lines_of_candidates", self.wrapped("\n".join(_written(value + n) for n in (2, 1, 0)))
        yield "question", self.wrapped(f"Is it {key}?")
        yield "retracted", self.wrapped(f"{key}. No, wait: the answer is {off}.")
        yield "two_answers", f"<think>…</think><answer>{off}</answer><answer>{key}</answer>"
        yield "doubted", self.wrapped(f"{key} is wrong.")
        yield "repeated", self.wrapped(f"{key} " * 30)
        yield "superscript", self.wrapped(f"{key}²")


def xml_format(completion: str) -> Verdict:
    """0.2 for each tag that stands there exactly once."""
    once = [tag for tag in TAGS if completion.count(tag) == 1]
    missing = ", ".join(tag for tag in TAGS if tag not in once)
    return Verdict(round(PER_TAG * len(once), 1), "format_right" if not missing else "format_missing",
                   f"Not exactly once: {missing}." if missing else "Every tag stands there once.")


def _question(value: Mapping[str, Any]) -> str:
    for name in QUESTIONS:
        found = value.get(name)
        if isinstance(found, str) and found.strip():
            return found.strip()
        if isinstance(found, list):
            return _said(found, "user", first=False)
    return _said(value.get("messages"), "user", first=True)


def _key(value: Mapping[str, Any]) -> tuple[str, str]:
    """The key and the worked solution."""
    nested = value.get("reward_model")
    held = [value.get(name) for name in KEYS] + [nested.get("ground_truth") if isinstance(nested, Mapping) else None]
    texts = [str(v).strip() for v in held if isinstance(v, str | int | float) and not isinstance(v, bool) and str(v).strip()]
    texts += [said for name in ("messages", "completion") if (said := _said(value.get(name), "assistant", first=False))]
    solution = str(value.get("solution") or "") if "answer" in value else ""
    for found in texts:
        if marked := _AFTER_HASHES.search(found):
            return marked[1].replace(",", ""), found[:marked.start()].strip()
        if box := last_box(found):
            return found[slice(*box)].strip(), found
        if number_of(found) is not None or (len(found) < 80 and "\n" not in found):
            return found.strip("$ "), solution
    return "", ""


def _said(messages: Any, role: str, first: bool) -> str:
    said = [m.get("content") for m in messages if isinstance(m, Mapping) and m.get("role") == role] if isinstance(messages, list) else []
    said = [s.strip() for s in said if isinstance(s, str) and s.strip()]
    return said[0 if first else -1] if said else ""


def _written(value: Fraction) -> str:
    """A number as people write it: 72, 7.2, or 1/3."""
    if value.denominator == 1:
        return str(value)
    decimal = f"{float(value):.6f}".rstrip("0")
    return decimal if Fraction(decimal) == value else str(value)


def _chinese(value: int) -> str:
    tens, ones = divmod(value, 10)
    digits = "零一二三四五六七八九"
    return (digits[ones] if not tens else ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else ""))
