"""Replies of a model to the prompts of an evaluation, each asked for once: `replies.jsonl` keeps them.

A reply is found again by its key: the model (a digest of its files, or server and name), the messages, sampling and the
number of the repeat. Whatever stops an evaluation, the same command asks only for what is missing; a changed prompt,
weight or setting is another key. What an engine failed to answer is not kept, and asked for again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from toolkit.errors import InputError
from toolkit.evaluate.generation import ENGINE_FAILED, Completion, complete
from toolkit.evaluate.named import hub_identity, local_identity, served
from toolkit.generate.journal import Journal
from toolkit.sources import model_folder
from toolkit.tasks.base import Message
from toolkit.terminal import counter

if TYPE_CHECKING:
    from toolkit.generate.engines.base import Engine

CACHE = "replies.jsonl"
_ID = re.compile(rb'\{"id": ?"([0-9a-f]{32})"')
# Below so many parameters a second thread wins nothing, and on shared cores costs tenfold: 256 prompts of a model of
# 0.4 M parameters took 2 s with one thread and 4 to 25 s with two, beside other work
SMALL_MODEL = 10_000_000


@dataclass(frozen=True, slots=True)
class Sampling:
    max_new_tokens: int = 256
    temperature: float = 0.0
    seed: int = 42
    dtype: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)   # what the chat template is told, such as enable_thinking

    def key(self, identity: str, messages: Sequence[Message], repeat: int) -> str:
        seed = self.seed if self.temperature else 0             # greedy replies do not hang on it
        what = [identity, list(messages), self.max_new_tokens, self.temperature, seed, self.dtype, repeat]
        what += [dict(self.template)] if self.template else []
        return hashlib.sha256(orjson.dumps(what)).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reply that is not there yet; `affinity` sends the prompts of one role to one server."""

    id: str
    messages: Sequence[Message]
    repeat: int
    affinity: str


@dataclass(frozen=True, slots=True)
class Loading:
    """How a model of this machine is loaded and run."""

    batch_size: int = 32
    torch_threads: int = 0
    trust_remote_code: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A model, reached, with the keys of the replies that are wanted of it: by repeat, then by prompt."""

    name: str
    engine: Engine | None
    keys: list[list[str]]

    @property
    def wanted(self) -> set[str]:
        return {key for of_repeat in self.keys for key in of_repeat}

    def missing(self, folder: Path) -> int:
        """How many replies have to be made: those that are not in the folder, each once."""
        path = folder / CACHE
        there = {found[1].decode() for found in _ID.finditer(path.read_bytes())} if path.is_file() else set()
        return len(self.wanted - there)


def ask(name: str, prompts: Sequence[Sequence[Message]], repeats: int, sampling: Sampling) -> Asked:
    """Reach a model and find out what it would be asked.

    Raises:
        InputError: no such model or server, credentials.
    """
    server = served(name)
    engine = server.connect() if server else None
    identity = f"{engine.name}:{server.urls}:{engine.model}" if server and engine else _identity(name)
    return Asked(name, engine, [[sampling.key(identity, prompt, repeat) for prompt in prompts] for repeat in range(repeats)])


def replies(side: str, asked: Asked, prompts: Sequence[Sequence[Message]], roles: Sequence[str],
            sampling: Sampling, loading: Loading, folder: Path) -> Iterator[tuple[int, int, Completion, bool]]:
    """Make the replies that are missing; `(place of the prompt, repeat, reply, whether the template opened the thinking)`, in order.

    What is returned reads them one at a time.

    Args:
        side: shown beside the progress bar.
        asked: by `ask`, of the same prompts.
        roles: of each prompt.
        folder: where `replies.jsonl` is.

    Raises:
        InputError: a model that cannot be loaded, a prompt that does not fit.
    """
    path = folder / CACHE
    with Journal(path, {}) as journal:
        missing = {key: Wanted(key, prompts[place], repeat, roles[place]) for repeat, of_repeat in enumerate(asked.keys)
                   for place, key in enumerate(of_repeat) if key not in journal.done}
        failed: Mapping[str, str] = {}
        if missing:
            with counter(side, len(missing), keep=True) as show:
                done = 0

                def advance(count: int) -> None:
                    nonlocal done
                    done += count
                    show(done)

                if asked.engine is not None:
                    failed = _ask(asked.engine, list(missing.values()), sampling, journal, advance)
                else:
                    _generate(asked.name, list(missing.values()), sampling, loading, journal, advance)
    return _kept(path, asked.keys, failed)


def _kept(path: Path, keys: Sequence[Sequence[str]], failed: Mapping[str, str]) -> Iterator[tuple[int, int, Completion, bool]]:
    """Replies of the journal, by prompt and then by repeat."""
    places = _places(path, {key for of_repeat in keys for key in of_repeat})
    with path.open("rb") as rows:
        for place, of_prompt in enumerate(zip(*keys, strict=True)):
            for repeat, key in enumerate(of_prompt):
                if key in places:
                    rows.seek(places[key])
                    row = orjson.loads(rows.readline())
                    yield place, repeat, Completion(row["text"], row["finish"], row["tokens"]), row["prefilled"]
                else:
                    yield place, repeat, Completion(failed.get(key, "the engine gave none"), ENGINE_FAILED, 0), False


def _identity(name: str) -> str:
    folder = model_folder(name)
    if not Path(folder).is_dir():
        return hub_identity(folder)
    return local_identity(Path(folder)) + (f" on {_identity(trained_on(folder))}" if is_adapter(folder) else "")


def is_adapter(folder: str | Path) -> bool:
    """Whether a folder holds a LoRA adapter, and not a whole model."""
    return (Path(folder) / "adapter_config.json").is_file() and not (Path(folder) / "config.json").is_file()


def trained_on(folder: str) -> str:
    """The model that an adapter was trained on."""
    from toolkit.serve.export import base_of

    return base_of(Path(folder))


def _load(name: str, dtype: str, loading: Loading) -> tuple[Any, Any]:
    """A model and its tokenizer; an adapter on the model that it was trained on."""
    from toolkit.train.models import load

    return load(name, {"dtype": dtype}, loading.trust_remote_code)


def _generate(name: str, wanted: Sequence[Wanted], sampling: Sampling, loading: Loading, journal: Journal,
              advance: Callable[[int], None]) -> None:
    import torch

    from toolkit.train.models import prefills_think, quiet_libraries

    quiet_libraries()
    device = _device()
    dtype = sampling.dtype or ("float32" if device == "cpu" else "auto")
    model, tokenizer = _load(name, dtype, loading)
    model.to(device)
    prefilled = prefills_think(tokenizer, dict(sampling.template))
    threads = torch.get_num_threads()
    small = device == "cpu" and model.num_parameters() < SMALL_MODEL
    torch.set_num_threads(loading.torch_threads or (1 if small else threads))
    try:
        for repeat in sorted({item.repeat for item in wanted}):
            mine = [item for item in wanted if item.repeat == repeat]

            def keep(place: int, reply: Completion, mine: list[Wanted] = mine) -> None:
                journal.write(mine[place].id, {"text": reply.text, "finish": reply.finish_reason,
                                               "tokens": reply.n_tokens, "prefilled": prefilled})

            complete(model, tokenizer, [item.messages for item in mine], max_new_tokens=sampling.max_new_tokens,
                     temperature=sampling.temperature, batch_size=loading.batch_size,
                     seed=sampling.seed + repeat * 1_000_003, progress=advance, keep=keep,
                     template=sampling.template)
    finally:
        torch.set_num_threads(threads)


def _ask(engine: Any, wanted: Sequence[Wanted], sampling: Sampling, journal: Journal,
         advance: Callable[[int], None]) -> dict[str, str]:
    """Ask a server for what is missing; returns why, for each key that it failed."""
    from toolkit.generate.batch import Totals, run
    from toolkit.generate.engines.base import Complete, Request
    from toolkit.jsonl import read_rows

    shown = 0
    fixed = {"chat_template_kwargs": dict(sampling.template)} if sampling.template and engine.name != "bedrock" else {}

    async def make(item: Wanted, ask: Complete) -> Mapping[str, Any]:
        extra = {"seed": sampling.seed + item.repeat} if engine.name != "bedrock" and sampling.temperature else {}
        reply = await ask(Request(item.id, item.messages, sampling.max_new_tokens, sampling.temperature,
                                  affinity=item.affinity, extra={**fixed, **extra}, measured=True))
        # servers that part the thinking from the reply: the verifier reads both in one text
        thought = f"<think>{reply.reasoning}</think>" if reply.reasoning else ""
        return {"text": thought + reply.content, "finish": reply.finish_reason,
                "tokens": reply.usage.completion_tokens, "prefilled": False}

    def told(totals: Totals) -> None:
        nonlocal shown
        advance(totals.done - shown)
        shown = totals.done

    totals = run(wanted, make, engine, journal, progress=told)
    if totals.interrupted:
        raise KeyboardInterrupt
    failed = journal.failed_path_of(journal.path)
    return {row["id"]: row["error"] for _, row in read_rows(failed)} if failed.is_file() else {}


def _places(path: Path, keys: set[str]) -> dict[str, int]:
    """Where in the file the rows of these keys begin, in bytes."""
    found, start = {}, 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = orjson.loads(line)
                if row["id"] in keys:
                    row["text"], row["finish"], row["tokens"], row["prefilled"]
                    found[row["id"]] = start
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise InputError(f"{path}:{number} is no reply: {error}. Delete this line; it is asked for again.") from error
            start += len(line)
    return found


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
