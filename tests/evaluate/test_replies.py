"""Generation in batches: the same replies as one by one."""

from __future__ import annotations

import pytest

from toolkit.errors import InputError
from toolkit.evaluate.runner import complete
from toolkit.tasks.roleplay import RolePlay

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def loaded(models):
    from toolkit.train.models import load

    torch.set_num_threads(1)
    return load(str(models[0]))


@pytest.fixture(scope="module")
def prompts(rows):
    task = RolePlay()
    found = [task.prompt(task.row(row)) for row in rows[:9]]
    assert len({len(str(prompt)) for prompt in found}) > 3, "prompts of several lengths, or padding is not tested"
    return found


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_batches_reply_as_one_by_one(loaded, prompts, temperature):
    options = {"max_new_tokens": 12, "temperature": temperature, "seed": 3}
    alone = [complete(*loaded, [prompt], **options)[0] for prompt in prompts]
    assert complete(*loaded, prompts, batch_size=4, **options) == alone
    assert complete(*loaded, prompts, batch_size=9, **options) == alone
    assert len({reply.text for reply in alone}) > 3


def test_sampling_follows_the_seed_and_differs_from_greedy(loaded, prompts):
    def texts(**options):
        return [reply.text for reply in complete(*loaded, prompts, max_new_tokens=12, **options)]

    assert texts(temperature=1.0, seed=1) == texts(temperature=1.0, seed=1)
    assert texts(temperature=1.0, seed=1) != texts(temperature=1.0, seed=2)
    assert texts(seed=1) == texts(seed=2) != texts(temperature=1.0, seed=1)


def test_sampling_draws_from_the_softmax_at_the_temperature():
    from toolkit.evaluate.generation import _Gumbel

    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]]).repeat(4000, 1)
    drawn = _Gumbel([[n] for n in range(4000)], 0.7, seed=5)(None, logits).argmax(-1)
    shares = torch.bincount(drawn, minlength=4) / 4000
    # four standard errors of a share are at most 0.032
    assert torch.allclose(shares, torch.softmax(logits[0] / 0.7, 0), atol=0.032)


def test_a_reply_that_ends_is_told_from_one_that_is_cut(loaded, prompts):
    model, tokenizer = loaded
    # hot sampling and several end tokens, as a checkpoint may name them: replies end at several lengths, whatever the weights are
    options = {"temperature": 50.0, "seed": 3}
    was = model.generation_config.eos_token_id
    model.generation_config.eos_token_id = [was, *range(0, len(tokenizer), 4)]
    try:
        replies = complete(model, tokenizer, prompts, max_new_tokens=6, **options)
        place, ended = next((n, r) for n, r in enumerate(replies) if r.finish_reason == "stop" and r.n_tokens > 1)
        cut = complete(model, tokenizer, [prompts[place]], max_new_tokens=ended.n_tokens - 1, **options)[0]
    finally:
        model.generation_config.eos_token_id = was
    assert (cut.finish_reason, cut.n_tokens) == ("length", ended.n_tokens - 1)
    assert all(r.n_tokens <= 6 for r in replies)
    assert all(r.n_tokens == 6 for r in replies if r.finish_reason == "length")


def test_a_checkpoint_s_own_sampling_settings_do_not_touch_the_measurement(loaded, prompts):
    model, tokenizer = loaded
    plain = complete(model, tokenizer, prompts, max_new_tokens=12)
    own = {"repetition_penalty": 5.0, "no_repeat_ngram_size": 1, "suppress_tokens": list(range(200))}
    was = {name: getattr(model.generation_config, name) for name in own}
    try:
        for name, value in own.items():
            setattr(model.generation_config, name, value)
        assert complete(model, tokenizer, prompts, max_new_tokens=12) == plain
        assert model.generation_config.repetition_penalty == 5.0, "the model is given back as it was"
    finally:
        for name, value in was.items():
            setattr(model.generation_config, name, value)


def test_progress_counts_every_reply(loaded, prompts):
    seen = []
    complete(*loaded, prompts, max_new_tokens=2, batch_size=4, progress=seen.append)
    assert sum(seen) == len(prompts)


def test_prompts_beyond_the_context_are_named_before_anything_is_generated(loaded, prompts):
    with pytest.raises(InputError) as raised:
        complete(*loaded, prompts, max_new_tokens=1024)
    assert "prompt 1 has" in raised.value.lines()[0] and "context of 1024" in raised.value.lines()[0]
    assert len(raised.value.problems) == len(prompts)


def test_no_prompts_give_no_replies(loaded):
    assert complete(*loaded, []) == []


def test_a_batch_that_does_not_fit_into_memory_is_halved(loaded, prompts, monkeypatch):
    model, tokenizer = loaded
    whole = complete(model, tokenizer, prompts, max_new_tokens=6)
    generate, sizes = model.generate, []

    def small_memory(**options):
        sizes.append(len(options["input_ids"]))
        if len(options["input_ids"]) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(**options)

    monkeypatch.setattr(model, "generate", small_memory)
    assert complete(model, tokenizer, prompts, max_new_tokens=6) == whole
    assert max(sizes) == 9 and min(sizes) <= 3


def test_the_chat_template_is_told_what_training_told_it(loaded, prompts):
    model, tokenizer = loaded
    was, tokenizer.chat_template = tokenizer.chat_template, "{{ messages[-1].content }}{% if loud is defined %}!!!{% endif %}"
    try:
        plain, loud = (complete(model, tokenizer, prompts, max_new_tokens=8, template=told) for told in ({}, {"loud": True}))
    finally:
        tokenizer.chat_template = was
    assert plain != loud
