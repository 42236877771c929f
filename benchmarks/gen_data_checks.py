"""CPU of what gen-data does with a reply, beside the transport: messages, parsing, checks, near duplicates, rows.

    python benchmarks/gen_data_checks.py [SAMPLES]

Replies are written beforehand (by the scripted model of the tests, in all four languages) and handed back without a network,
so that the time is the package's own. Rows of a journal and of train.json are serialised, but not written. The time is that of a
new process, in which no key was met before; its first 800 rows, which also compile the verifier's patterns, are left out.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import orjson

from toolkit.dataset.checks import check
from toolkit.generate.drafting import Drafting
from toolkit.generate.engines.base import Reply, Usage
from toolkit.generate.make import Maker, Sampling
from toolkit.generate.near import NearDuplicates
from toolkit.generate.parse import parse_object
from toolkit.generate.prompt_files import Prompts
from toolkit.generate.screen import Screen
from toolkit.generate.second_look import SecondLook
from toolkit.generate.work import Assigner, works
from toolkit.profiles import read_profiles
from toolkit.resources import find

USAGE = Usage(1000, 200, 800)
FIRST = 800


def maker(prompts: Prompts, stress: bool) -> Maker:
    drafting = Drafting(prompts)
    return Maker(Assigner(prompts), drafting, Screen(NearDuplicates(), stress), Sampling(), SecondLook(drafting), {})


def scripted_model(profiles):
    path = Path(__file__).parent.parent / "tests" / "generate" / "scripted.py"
    spec = importlib.util.spec_from_file_location("scripted", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ScriptedModel(profiles)


async def recorded(planned, made, model):
    """The replies of each work, and the accepted samples."""
    replies, samples = {}, []
    for work in planned:
        said = replies[work.id] = []

        async def complete(request, said=said):
            reply = model.reply(request.messages, request.schema)
            said.append(Reply(request.id, reply["content"], None, reply["finish_reason"], USAGE, "m"))
            return said[-1]

        if (sample := (await made(work, complete)).sample) is not None:
            samples.append(sample)
    return replies, samples


async def replayed(planned, made, replies) -> float:
    """CPU seconds of making every work from its recorded replies."""
    began = time.process_time()
    for work in planned:
        coming = iter(replies[work.id])

        async def complete(request, coming=coming):
            return next(coming)

        outcome = (await made(work, complete)).outcome
        orjson.dumps(outcome)
        orjson.dumps(outcome.get("sample"))
    return time.process_time() - began


def in_new_process(planned, prompts, stress: bool, replies) -> float:
    """CPU milliseconds a row, after the first rows."""
    context = get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_replay, (planned, prompts, stress, replies))


def _replay(planned, prompts, stress: bool, replies) -> float:
    made = maker(prompts, stress)
    asyncio.run(replayed(planned[:FIRST], made, replies))
    return asyncio.run(replayed(planned[FIRST:], made, replies)) / (len(planned) - FIRST) * 1e3


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    profiles = read_profiles(find("data/online_profiles.jsonl"))
    prompts = Prompts({p.language for p in profiles})
    planned = list(works(profiles, ("SBK", "CM"), 0, None, FIRST + count))
    for stress in (False, True):
        replies, accepted = asyncio.run(recorded(planned, maker(prompts, stress), scripted_model(profiles)))
        requests = sum(map(len, replies.values()))
        print(f"{'with' if stress else 'without'} stress replies: {in_new_process(planned, prompts, stress, replies):.3f} ms CPU a row "
              f"({requests / len(planned):.2f} requests a row, {len(accepted)} of {len(planned)} accepted)")
    texts = [reply.content for said in replies.values() for reply in said]
    for name, what, function, items in (
            ("parse", "a reply", parse_object, texts), ("validate's checks", "a sample", lambda s: list(check(s)), accepted),
            ("row and JSON", "a sample", lambda s: orjson.dumps(s.to_row()), accepted)):
        began = time.process_time()
        for item in items:
            function(item)
        print(f"  {name:18} {(time.process_time() - began) / len(items) * 1e3:.3f} ms {what}")
    near = NearDuplicates()
    began = time.process_time()
    for sample in accepted:
        near.near(sample)
        near.add(sample)
    print(f"  {'near duplicates':18} {(time.process_time() - began) / len(accepted) * 1e3:.3f} ms a sample")


if __name__ == "__main__":
    main()
