"""A completion taken apart: what is thinking, what is answer, and what is wrong with its tags.

The answer keeps its length (everything inside it that is not answer becomes blanks),
so `answer_start + i` is always the offset of `answer[i]` in the completion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from .normalise import fold
from .reasons import verdict
from .verdict import Verdict

LIMIT = 2000  # tags that are read; a reply with more is none
_TAG = re.compile(r"<\s{0,4}(/?)\s{0,4}(think|thinking|thought|answer)\s{0,4}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    think: str | None
    answer: str
    answer_start: int
    problems: tuple[str, ...]


def split_reply(completion: str, *, prefilled: bool = False) -> Reply:
    """Splits thinking from answer. prefilled: the prompt ended in "<think>", so the completion starts inside it."""
    problems: list[str] = []
    thinking, answering = prefilled, 0  # answers may be nested: the depth of the open ones
    thoughts: list[str] = []
    outside: list[tuple[int, int]] = []
    answers: list[list[tuple[int, int]]] = []
    at = 0

    def close(until: int) -> None:
        if thinking:
            thoughts.append(completion[at:until])
        elif answering:
            answers[-1].append((at, until))
        else:
            outside.append((at, until))

    tags = islice(_TAG.finditer(completion), LIMIT)
    thinks = 0
    for tag in tags:
        name, closing = tag.group(2).lower(), bool(tag.group(1))
        close(tag.start())
        at = tag.end()
        if name != "answer":
            if closing:
                if not thinking and not thinks:
                    problems.append(
                        "unopened_think"
                    )  # all before a bare </think> was thinking: templates prefill the tag
                    thoughts += [completion[s:e] for s, e in outside]
                    outside.clear()
                    thinks += 1
                thinking = False
            elif not thinking:
                thinking = True
                thinks += 1
        elif not thinking:
            if not closing:
                answering += 1
                answers.append([])
            elif answering:
                answering -= 1
            else:
                problems.append("unopened_answer")
    close(len(completion))
    if thinking:
        problems.append("unclosed_think")
    if answering:
        problems.append("unclosed_answer")
    if thinks > 1:
        problems.append("repeated_think")
    if len(answers) > 1:
        problems.append("repeated_answer")

    spans = [span for answer in answers for span in answer] if answers else outside
    if not answers:
        problems.append("no_answer_tag")
    elif any(completion[s:e].strip() for s, e in outside):
        problems.append("text_outside")
    if thinking and not answers:
        spans = []
    spans = [(s, e) for s, e in spans if completion[s:e].strip()]
    think = "\n".join(thoughts) if thoughts or prefilled else None
    if not spans:
        problems.append("empty_answer")
        return Reply(think, "", len(completion), tuple(problems))
    pieces, last = [], spans[0][0]
    for start, end in spans:
        if start > last:
            pieces.append("\n" + " " * (start - last - 1))
        pieces.append(completion[start:end])
        last = end
    return Reply(think, "".join(pieces), spans[0][0], tuple(problems))


_FORMAT = re.compile(r"\s*<think>(.*?)</think>\s*<answer>(.*)</answer>\s*", re.DOTALL)


def format_verdict(completion: str, *, prefilled: bool = False) -> Verdict:
    """1.0 for exactly <think>…</think><answer>…</answer>: both non-empty, in order, once each, nothing outside."""
    text = "<think>" + completion if prefilled and "<think>" not in completion else completion
    for tag in ("<think>", "</think>", "<answer>", "</answer>"):
        count = text.count(tag)
        if count != 1:
            return verdict(0.0, "format_missing" if count == 0 else "format_repeated", completion, tag=tag)
    match = _FORMAT.fullmatch(text)
    if match is None:
        order = [text.index(t) for t in ("<think>", "</think>", "<answer>", "</answer>")]
        return verdict(0.0, "format_order" if order != sorted(order) else "format_outside", completion)
    if not fold(match.group(1)).text.strip():
        return verdict(0.0, "format_empty", completion, tag="<think>")
    if not fold(match.group(2)).text.strip():
        return verdict(0.0, "format_empty", completion, tag="<answer>")
    return verdict(1.0, "format_right", completion)
