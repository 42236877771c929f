"""`toolkit chat CKPT`: talk with a model on this machine or behind a server, as a role or plainly; over a pipe, too.

    /history   /undo   /edit TEXT (your last message, said again)   /clear
    /save FILE   /load FILE
    /set temperature=0.8   /set top_p=0.9   /set max_new_tokens=512   /set seed=1
    /think on   /think off   /quit

What the model thinks is not sent back to it: a turn of the dialogue is what was said.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Protocol, TextIO

import typer

from toolkit.errors import InputError, did_you_mean
from toolkit.terminal import visible

COMMANDS = ("/history", "/save", "/load", "/clear", "/undo", "/edit", "/set", "/think", "/help", "/quit")
BOUNDS = {"temperature": (0, math.inf), "max_new_tokens": (1, math.inf), "seed": (0, math.inf), "top_p": (0.01, 1)}
_TAG = re.compile(r"</?(?:think|answer)>")
LONGEST_TAG = len("</answer>")


@dataclass(frozen=True, slots=True)
class Sampling:
    temperature: float = 0.7
    max_new_tokens: int = 512
    seed: int = 0
    top_p: float = 1.0

    def changed(self, text: str) -> Sampling:
        """With `name=value`, or `name value`, set.

        Raises:
            InputError: an unknown name, or a value out of range.
        """
        name, _, value = (part.strip() for part in text.replace("=", " ", 1).partition(" "))
        if name not in asdict(self):
            raise InputError(f'/set "{name}" is unknown.{did_you_mean(name, list(asdict(self)))} Known: {", ".join(asdict(self))}.')
        try:
            number = type(getattr(self, name))(value)
        except ValueError as error:
            raise InputError(f"/set {name} is {value!r}, expected a number.") from error
        low, high = BOUNDS[name]
        if not low <= number <= high:
            raise InputError(f"/set {name} is {value}, expected {low} to {high}." if high < math.inf else f"/set {name} is {value}, expected {low} or more.")
        return replace(self, **{name: number})


class Speaker(Protocol):
    """A model that replies piece by piece."""

    name: str
    prefilled: bool                             # its template ends the prompt in <think>

    def reply(self, messages: Sequence[Mapping[str, str]], sampling: Sampling) -> Iterator[str]: ...


class Local:
    """A model folder or hub name on this machine."""

    def __init__(self, name: str):
        import torch

        from toolkit.train.models import load, prefills_think, quiet_libraries

        quiet_libraries()
        self.name = name
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model, self.tokenizer = load(name, {"dtype": "float32" if device == "cpu" else "auto"})
        self.model.to(device).eval()
        self.prefilled = prefills_think(self.tokenizer)

    def reply(self, messages: Sequence[Mapping[str, str]], sampling: Sampling) -> Iterator[str]:
        import threading

        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        inputs = self.tokenizer.apply_chat_template([dict(m) for m in messages], add_generation_prompt=True, return_tensors="pt",
                                                    return_dict=True).to(self.model.device)
        length, most = inputs["input_ids"].shape[1], getattr(self.model.config, "max_position_embeddings", None)
        if most and length >= most:
            raise InputError(f"the dialogue has {length} tokens, and the model takes {most}: /undo or /clear makes room.")
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        stop = threading.Event()
        failed: list[BaseException] = []

        class Stopped(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
                return torch.full((input_ids.shape[0],), stop.is_set(), device=input_ids.device, dtype=torch.bool)

        def generate() -> None:
            try:
                torch.manual_seed(sampling.seed + len(messages))
                heat = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p} if sampling.temperature else {"do_sample": False}
                with torch.inference_mode():
                    self.model.generate(**inputs, max_new_tokens=min(sampling.max_new_tokens, (most or length + sampling.max_new_tokens) - length), streamer=streamer, **heat,
                                        pad_token_id=self.tokenizer.pad_token_id,
                                        stopping_criteria=StoppingCriteriaList([Stopped()]))
            except BaseException as error:
                failed.append(error)
                streamer.end()

        thread = threading.Thread(target=generate, daemon=True)
        thread.start()
        try:
            yield from streamer
        finally:                                # Ctrl-C, or the listener went away: the model stops at the next token
            stop.set()
            thread.join()
        if failed:
            raise failed[0]


class Remote:
    """A server or Bedrock, named as for `toolkit eval`; OpenAI-compatible servers stream, Bedrock replies at once."""

    prefilled = False

    def __init__(self, served: Any):
        self.engine = served.connect()
        self.name = f"{self.engine.model} at {', '.join(self.engine.endpoints)}"

    def reply(self, messages: Sequence[Mapping[str, str]], sampling: Sampling) -> Iterator[str]:
        if self.engine.name == "bedrock":
            yield self._whole(messages, sampling)
            return
        import openai

        try:
            with openai.OpenAI(base_url=self.engine.endpoints[0], api_key=self.engine.key or "none").chat.completions.create(
                    model=self.engine.model, messages=[dict(m) for m in messages], stream=True,  # type: ignore[misc]
                    temperature=sampling.temperature, max_tokens=sampling.max_new_tokens, seed=sampling.seed, top_p=sampling.top_p) as stream:
                thinking = False
                for chunk in stream:
                    delta = chunk.choices[0].delta if chunk.choices else None
                    thought = getattr(delta, "reasoning_content", None)
                    if thought:
                        yield thought if thinking else f"<think>{thought}"
                        thinking = True
                    if delta is not None and delta.content:
                        yield f"</think>{delta.content}" if thinking else delta.content
                        thinking = False
        except openai.OpenAIError as error:
            raise InputError(f"{self.name}: {' '.join(str(error).split())[:200]}") from error

    def _whole(self, messages: Sequence[Mapping[str, str]], sampling: Sampling) -> str:
        import asyncio

        from toolkit.generate.engines.base import Request

        async def ask() -> str:
            await self.engine.open(1)
            try:
                request = Request("chat", messages, sampling.max_new_tokens, sampling.temperature)
                return (await self.engine.send(0, request, 600.0)).content
            finally:
                await self.engine.close()

        return asyncio.run(ask())


class Shown:
    """What of a stream is shown: without tags, and without the thinking unless it is wanted.

    A tag may arrive in pieces: text that could be its beginning is held back.
    """

    def __init__(self, thinking: bool, inside: bool = False):
        self.thinking, self.inside, self.held = thinking, inside, ""

    def feed(self, piece: str, last: bool = False) -> str:
        text, out = self.held + piece, []
        at = 0
        for tag in _TAG.finditer(text):
            out.append(self._part(text[at:tag.start()]))
            if tag[0] in ("<think>", "</think>"):
                self.inside = tag[0] == "<think>"
                out.append("\n" if self.thinking and not self.inside else "")
            at = tag.end()
        rest = text[at:]
        cut = rest.rfind("<")
        holds = cut >= 0 and not last and len(rest) - cut < LONGEST_TAG
        self.held = rest[cut:] if holds else ""
        out.append(self._part(rest[:cut] if holds else rest))
        return "".join(out)

    def _part(self, text: str) -> str:
        return text if self.thinking or not self.inside else ""


@dataclass
class Dialogue:
    """The turns so far, as they are sent; and how the next reply is made."""

    speaker: Speaker
    system: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    thinking: bool = False
    turns: list[dict[str, str]] = field(default_factory=list)

    def say(self, message: str, out: TextIO) -> str:
        """Send a message, write the reply as it comes, and remember both; a reply that was stopped is kept as far as it came."""
        from toolkit.evaluate.raiden import spoken

        self.turns.append({"role": "user", "content": message})
        safe = visible if out.isatty() else str
        system = [{"role": "system", "content": self.system}] if self.system else []
        whole, shown, begun = "", Shown(self.thinking, self.speaker.prefilled), False
        stream = self.speaker.reply([*system, *self.turns], self.sampling)
        try:
            for piece in stream:
                whole += piece
                text = shown.feed(piece)
                text = text if begun else text.lstrip()
                begun = begun or bool(text)
                out.write(safe(text))
                out.flush()
        except KeyboardInterrupt:
            stream.close()                      # type: ignore[attr-defined]
            out.write(" …")
        except Exception:
            self.turns.pop()
            raise
        out.write(safe(shown.feed("", last=True)) + "\n")
        out.flush()
        self.turns.append({"role": "assistant", "content": spoken(whole, self.speaker.prefilled)})
        return whole

    def command(self, line: str, out: TextIO) -> bool:
        """Do what a line beginning with / says; false when the talk is over.

        Raises:
            InputError: an unknown command, or one that cannot be done.
        """
        name, _, rest = line.partition(" ")
        rest = rest.strip()
        if name == "/quit":
            return False
        if name == "/help":
            out.write((__doc__ or "").partition("\n\n")[2].rpartition("\n\n")[0] + "\n")
        elif name == "/history":
            out.writelines(f"{turn['role']}: {turn['content']}\n" for turn in self.turns)
        elif name == "/clear":
            self.turns.clear()
        elif name == "/undo":
            del self.turns[-2:]
        elif name == "/edit":
            if not rest or len(self.turns) < 2:
                raise InputError("/edit needs a message of yours to replace, and the new text: /edit And where do you live?")
            del self.turns[-2:]
            self.say(rest, out)
        elif name == "/set":
            self.sampling = self.sampling.changed(rest)
        elif name == "/think":
            if rest not in ("on", "off"):
                raise InputError("/think takes on or off.")
            self.thinking = rest == "on"
        elif name in ("/save", "/load") and rest:
            (self.save if name == "/save" else self.load)(Path(rest))
        elif name in ("/save", "/load"):
            raise InputError(f"{name} needs a file: {name} talk.json")
        else:
            raise InputError(f"{name} is no command.{did_you_mean(name, COMMANDS)} Known: {', '.join(COMMANDS)}.")
        return True

    def save(self, path: Path) -> None:
        from toolkit.jsonl import write_json

        write_json(path, {"model": self.speaker.name, "system": self.system, "sampling": asdict(self.sampling),
                          "turns": self.turns})

    def load(self, path: Path) -> None:
        import orjson

        from toolkit.jsonl import existing

        try:
            saved = orjson.loads(existing(path, "dialogue").read_bytes())
            turns = [{"role": str(t["role"]), "content": str(t["content"])} for t in saved["turns"]]
            system, sampling = str(saved["system"]), Sampling(**saved["sampling"])
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise InputError(f"{path} is no saved dialogue ({type(error).__name__}: {error}).") from error
        self.turns, self.system, self.sampling = turns, system, sampling


def talk(dialogue: Dialogue, lines: Iterator[str], out: TextIO) -> None:
    """Line after line until they end; what goes wrong with one is said, and the talk goes on."""
    for line in lines:
        line = line.strip()
        if not line:
            continue
        try:
            if not line.startswith("/"):
                dialogue.say(line, out)
            elif not dialogue.command(line, out):
                return
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)


def _typed() -> Iterator[str]:
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (gives input() its line editing)
    while True:
        try:
            yield input("> ")
        except KeyboardInterrupt:               # there is no reply to stop: the line is given up, not the dialogue
            print()
        except EOFError:
            return


def chat(
    model: Annotated[str, typer.Argument(help="A model folder, hub name, server (http://…#model, sglang://host, the name of a deployed one) or bedrock://model-id.")],
    profile: Annotated[Path | None, typer.Option(help="Role profiles; the model plays one of them.")] = None,
    role: Annotated[str | None, typer.Option(help="Name of the role, in that file or in the data of the model's run.")] = None,
    system_prompt: Annotated[str | None, typer.Option(help="Prompt file; a run knows its own.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0.0, help="0 is greedy; else 0.7, or that of --load.")] = None,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply in tokens; a run knows its own.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of sampling.")] = None,
    think: Annotated[bool, typer.Option("--think", help="Show the thinking, too.")] = False,
    load: Annotated[Path | None, typer.Option(help="Go on with a saved dialogue.")] = None,
) -> None:
    """Talk with a model, as a role or plainly; messages from a pipe are answered line by line."""
    from toolkit.evaluate.named import served
    from toolkit.serve.opening import NAMED, opening
    from toolkit.terminal import say

    begun = opening(model, profile, role, system_prompt)
    server = served(model)
    speaker: Speaker = Remote(server) if server else Local(model)
    dialogue = Dialogue(speaker, begun.system, Sampling(max_new_tokens=begun.max_new_tokens), think)
    if load:
        dialogue.load(load)
    given = {"temperature": temperature, "max_new_tokens": max_new_tokens, "seed": seed}
    dialogue.sampling = replace(dialogue.sampling, **{name: value for name, value in given.items() if value is not None})
    if begun.example and not load:
        say(f"Its data asks like this: {' '.join(begun.example.split())[:200]}")
    if begun.roles and not dialogue.system:
        say(f"No role: --role plays one of {', '.join(begun.roles[:NAMED])}{', …' if len(begun.roles) > NAMED else ''}.")
    if sys.stdin.isatty():
        say(f"{speaker.name}. /help lists the commands, Ctrl-C stops a reply, Ctrl-D ends.")
        talk(dialogue, _typed(), sys.stdout)
    else:
        talk(dialogue, iter(sys.stdin), sys.stdout)
