"""What the model will really be given: the rendered prompt, the tokens that end a reply, and lengths against the model's context."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.tasks.base import Message, Task
from toolkit.terminal import say
from toolkit.train.arguments import TrainSettings

MEASURED = 256              # prompts that are measured: the longest half by their characters, and as many spread over the data
SHOWN = 1500                # characters of a prompt


@dataclass(frozen=True)
class Prompts:
    """How a run's rows become tokens, as TRL renders them."""

    task: Task
    tokenizer: Any
    system_prompt: str
    template: dict[str, Any]                    # chat_template_kwargs

    def messages(self, row: Any) -> list[Message]:
        return self.task.prompt(row, self.system_prompt)

    def ids(self, rows: Sequence[Any]) -> list[list[int]]:
        """Tokens of each row's prompt.

        Raises:
            InputError: when the chat template cannot write the task's messages.
        """
        from jinja2 import TemplateError

        try:
            return self.tokenizer.apply_chat_template([self.messages(row) for row in rows], add_generation_prompt=True,
                                                      tokenize=True, return_dict=True, **self.template)["input_ids"]
        except TemplateError as error:
            raise InputError(f"the chat template of {self.tokenizer.name_or_path} cannot write this task's prompts: {error}. "
                             "Take a model whose template knows system, user and assistant.") from error

    def closing(self) -> list[int]:
        """Tokens that the template writes behind a reply."""
        mark = "Paris"
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": mark}]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, **self.template)
        return self.tokenizer(text.rpartition(mark)[2], add_special_tokens=False)["input_ids"]


def prompts_of(settings: TrainSettings, task: Task, tokenizer: Any) -> Prompts:
    return Prompts(task, tokenizer, settings.system_prompt, dict(settings.grpo.get("chat_template_kwargs") or {}))


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """What ends a completion in TRL: every end token that the model declares, and the tokenizer's."""
    declared = model.generation_config.eos_token_id
    found = [*(declared if isinstance(declared, list) else [declared]), tokenizer.eos_token_id]
    return list(dict.fromkeys(token for token in found if token is not None))


def show_prompt(prompts: Prompts, row: Any, model: Any) -> None:
    """Print one prompt with every special token, and how a reply to it ends."""
    tokenizer = prompts.tokenizer
    ids = prompts.ids([row])[0]
    text = tokenizer.decode(ids)
    if len(text) > SHOWN:
        text = f"{text[:SHOWN // 2]} […{len(text) - SHOWN} characters…] {text[-SHOWN // 2:]}"
    say(f"  preflight: the prompt of sample {getattr(row, 'id', 1)} as the model sees it, {len(ids)} tokens:")
    for line in text.splitlines():
        say(f"    │ {line}")
    ends = end_tokens(model, tokenizer)
    ending = text.rstrip()
    think = ("the template opens <think> itself: a reply begins inside it" if ending.endswith("<think>") else
             "the template closes an empty <think> itself: thinking is off" if ending.endswith("</think>") else
             "a reply begins from nothing: the template opens no <think>")
    say(f"    a reply ends with {' or '.join(map(repr, tokenizer.convert_ids_to_tokens(ends))) or 'nothing'}; {think}")
    closing = prompts.closing()
    if closing and not set(closing) & set(ends):
        say(f"  warning: the chat template closes a reply with {tokenizer.decode(closing)!r}, which is no end token of the model: "
            "completions will run on to max_completion_length. Set eos_token in tokenizer_config.json to it.")


def length_problems(prompts: Prompts, rows: Sequence[Any], settings: TrainSettings, model: Any, tell: bool = False) -> list[str]:
    """Why the longest prompts do not fit into the model's context together with a completion.

    Args:
        tell: print the lengths, too.
    """
    longest = sorted(rows, key=lambda row: -sum(len(turn["content"]) for turn in prompts.messages(row)))[:MEASURED // 2]
    spread = rows[::max(len(rows) * 2 // MEASURED, 1)]
    peak, usual = [[len(ids) for ids in prompts.ids(some)] for some in (longest, spread)]
    completion = trl_value(settings, "max_completion_length")
    config = model.config.get_text_config()
    limits = [n for n in (getattr(config, "max_position_embeddings", None), settings.grpo.get("vllm_max_model_length")) if n]
    context = min(limits, default=0)
    if tell:
        say(f"    prompts: {statistics.median(usual):.0f} tokens in the middle, {max(peak)} at most; with max_completion_length "
            f"{completion} that is {max(peak) + completion}" + (f" of the context's {context:,}" if context else ""))
    over = [(n, getattr(row, "id", None)) for n, row in zip(peak, longest, strict=True) if context and n + completion > context]
    if not over:
        return []
    number, name = max(over, key=lambda pair: pair[0])
    count = f"{len(over)} of the {len(longest)} longest prompts do" if len(over) > 1 else "1 prompt does"
    return [f"{count} not fit into the model's context of {context:,} tokens with max_completion_length {completion}: "
            f"{f'sample {name}' if name else 'the longest'} has {number:,}. Lower max_completion_length, leave such samples out, or "
            "take a model with a longer context."]


def trl_value(settings: TrainSettings, name: str) -> Any:
    """A setting of the run, or TRL's own default."""
    from trl import GRPOConfig

    return settings.grpo.get(name, GRPOConfig.__dataclass_fields__[name].default)


def one_line(text: str, length: int) -> str:
    """A text as one line of at most so many characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[:length - 1]}…"
