"""Maths in XML tags: the problems of GSM8K, answered as `<reasoning>…</reasoning><answer>…</answer>`.

    reply     <reasoning>48 + 24</reasoning><answer>72</answer>         correctness 2.0, xml_format 0.8

The default reward is the guide's: `correctness` (2.0 as the key is written, 1.5 equal in another form, else 0) plus `xml_format`
(0.2 a tag). What stands in <reasoning> is not read for the answer. Layouts and the other parts are those of `gsm8k`.

    toolkit train --config configs/math_xml_24gb.yaml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from toolkit.tasks.gsm8k import Gsm8k, Problem
from toolkit.verify.final_number import Final

_REASONING = re.compile(r"<(/?)reasoning>")


class MathXml(Gsm8k):
    name = "math_xml"
    parts: Mapping[str, float] = {"correctness": 1.0, "xml_format": 1.0, "accuracy": 0.0}
    system_prompt = "prompts/math_xml/system.{language}.md"

    def final(self, completion: str, prefilled: bool) -> Final:
        return super().final(_thinking(completion), prefilled)

    def expression(self, completion: str, prefilled: bool) -> str:
        return super().expression(_thinking(completion), prefilled)

    def wrapped(self, answer: str, thought: str = "…") -> str:
        return f"<reasoning>\n{thought}\n</reasoning>\n<answer>\n{answer}\n</answer>"

    def baits(self, row: Problem) -> Iterable[tuple[str, str]]:
        yield from super().baits(row)
        yield "only_reasoned", f"<reasoning>The answer is {row.answer}.</reasoning>"
        yield "unclosed_reasoning", f"<reasoning>The answer is {row.answer}."
        yield "tags_alone", "<reasoning></reasoning><answer></answer>"


def _thinking(completion: str) -> str:
    """The reasoning tags as the verifier knows them, padded with blanks so that every offset stays."""
    return _REASONING.sub(lambda tag: f"<{tag[1]}think    >", completion)
