"""A draft becomes a sample only when everything about it holds; otherwise the model is told why and asked again."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from toolkit.dataset.checks import check
from toolkit.generate.drafting import Drafting
from toolkit.generate.engines.base import Reply, Usage
from toolkit.generate.make import Maker, Sampling
from toolkit.generate.near import NearDuplicates
from toolkit.generate.plan import WorkItem
from toolkit.generate.prompt_files import Prompts
from toolkit.generate.screen import Screen
from toolkit.generate.second_look import SecondLook
from toolkit.generate.work import Assigner, Work, works
from toolkit.samples import sample_from_row


def maker(profiles, stress=False, attempts=3, measured=0, **look) -> Maker:
    prompts = Prompts({p.language for p in profiles})
    drafting = Drafting(prompts)
    return Maker(Assigner(prompts), drafting, Screen(NearDuplicates(), stress), Sampling(max_attempts=attempts),
                 SecondLook(drafting, attempts=measured, **look), {"engine": "scripted"})


def completer(model, asked=None):
    async def complete(request):
        if asked is not None:
            asked.append(request)
        reply = model.reply(request.messages, request.schema)
        return Reply(request.id, reply["content"], None, reply["finish_reason"], Usage(100, 20, 60), "scripted-1")

    return complete


def make(maker, work, model, asked=None):
    outcome = asyncio.run(maker(work, completer(model, asked))).outcome
    return orjson.loads(orjson.dumps(outcome))              # as the journal keeps it


def work(profile, kind="SBK", difficulty="medium", index=0) -> Work:
    return Work(WorkItem(index, profile, kind, difficulty), index, index, 0)


@pytest.mark.parametrize("language", ["zh", "en", "ja", "ko"])
@pytest.mark.parametrize("kind", ["SBK", "CM", "SCK"])
def test_good_drafts_become_samples_that_validate(scripted, every_profile, language, kind):
    profiles = [p for p in every_profile if p.language == language][:3]
    model, made = scripted.ScriptedModel(profiles), maker(profiles)
    accepted = 0
    for number, difficulty in enumerate(("easy", "medium", "hard") * 2):
        outcome = make(made, work(profiles[number % 3], kind, difficulty, number), model)
        if outcome["status"] != "accepted":
            continue
        accepted += 1
        sample = sample_from_row(outcome["sample"], "", problems := [])
        assert not problems and not [f for f in check(sample) if f.severity == "error"]
        assert (sample.kind, sample.language) == (kind, language) and sample.reasoning
        assert sample.provenance["model"] == "scripted-1" and sample.provenance["engine"] == "scripted"
    assert accepted >= 5


def test_out_of_role_samples_are_keyed_by_what_the_role_must_deny(scripted, zh):
    outcome = make(maker(zh), work(zh[0], "RCB", "easy"), scripted.ScriptedModel(zh))
    sample = outcome["sample"]
    assert outcome["status"] == "accepted" and sample["keys"][0]["polarity"] == "deny"
    assert sample["keys"][0]["canonical"] in sample["question"] and sample["metadata"]["slip"]


def test_a_false_premise_states_the_wrong_value_and_not_the_right_one(scripted, zh):
    sample = make(maker(zh), work(zh[0], "SCK", "easy"), scripted.ScriptedModel(zh))["sample"]
    assert sample["distractors"][0] in sample["question"]
    assert sample["keys"][0]["canonical"] not in sample["question"]


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
def test_a_memory_is_told_at_the_stated_distance_and_rivals_are_wrong_values(scripted, zh, difficulty):
    model, made = scripted.ScriptedModel(zh), maker(zh)
    for index in range(4):
        outcome = make(made, work(zh[index], "CM", difficulty, index), model)
        assert outcome["status"] == "accepted", outcome
        sample = outcome["sample"]
        turns, evidence = sample["conversation_history"], sample["evidence"][0]
        assert [t["role"] for t in turns] == ["user", "assistant"] * (len(turns) // 2)
        assert sample["memory_distance"] == len(turns) // 2 - evidence["turn"] // 2
        assert evidence["quote"] in turns[evidence["turn"]]["content"]
        assert sample["keys"][0]["canonical"] in evidence["quote"]
        told_later = [t["content"] for t in turns[evidence["turn"] + 2 - evidence["turn"] % 2:]]
        assert not any(sample["keys"][0]["canonical"] in text for text in told_later)
        if difficulty == "hard":                # the outdated value and the other speaker's
            assert sum(any(wrong in t["content"] for t in turns) for wrong in sample["distractors"]) == 2


SBK_FAULTS = {
    "no json": "no_json", "broken json": "broken_json", "cut": "truncated_json", "length": "length", "thinking": "thinking", "refusal": "refusal",
    "missing field": "field", "wrong type": "field", "evidence not in the profile": "evidence_not_found",
    "key not in evidence": "key_not_in_evidence", "key given away": "key_in_question", "key is the name": "key_is_name",
    "key is a sentence": "key_too_long", "denied answer": "answer_refused", "hedged answer": "answer_refused",
    "right values as wrong ones": "distractor_accepted", "no wrong values": "distractors",
    "other language": "question_language", "answer in another language": "answer_language", "as an AI": "as_an_ai",
    "mentions the setup": "mentions_setup", "long answer": "answer_too_long", "bare answer": "answer_bare",
    "tags": "tags_in_answer"}


@pytest.mark.parametrize("fault, code", SBK_FAULTS.items())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_bad_draft_is_asked_again_with_its_reason_and_the_next_one_counts(scripted, zh, en, language, fault, code):
    profiles = zh if language == "zh" else en
    model = scripted.ScriptedModel(profiles, lambda step, number: fault if number == 1 else None)
    asked = []
    outcome = make(maker(profiles), work(profiles[1]), model, asked)
    assert outcome["status"] == "accepted", outcome
    assert [r["code"] for r in outcome["refused"]] == [code] and len(asked) == 2
    assert outcome["usage"] == {"requests": 2, "prompt_tokens": 200, "completion_tokens": 40, "cached_tokens": 120}
    first, second = (request.messages for request in asked)
    assert second[:len(first)] == first and second[-1]["role"] == "user"       # the same prefix, then the reason
    table = Prompts([language]).table("retry", language)
    expected = table["advice"].get(code, code).split("{detail}")[0]
    assert expected in second[-1]["content"]


@pytest.mark.parametrize("fault, code", [("evidence not in the profile", "evidence_not_found"), ("no json", "no_json"),
                                         ("denied answer", "answer_refused")])
def test_after_the_last_attempt_it_is_rejected_with_reason_and_draft(scripted, zh, fault, code):
    model = scripted.ScriptedModel(zh, lambda step, number: fault)
    asked = []
    outcome = make(maker(zh), work(zh[1]), model, asked)
    assert (outcome["status"], outcome["code"], len(asked)) == ("rejected", code, 3)
    assert outcome["draft"] and outcome["role_id"] == zh[1].id and outcome["kind"] == "SBK"
    assert [r["code"] for r in outcome["refused"]] == [code] * 3


@pytest.mark.parametrize("fault", ["fenced", "trailing comma"])
def test_slips_of_form_are_forgiven(scripted, zh, fault):
    outcome = make(maker(zh), work(zh[1]), scripted.ScriptedModel(zh, lambda step, number: fault))
    assert outcome["status"] == "accepted" and outcome["refused"] == []


@pytest.mark.parametrize("fault, code", [
    ("fewer exchanges", "exchanges"), ("statement missing", "statements"), ("quote of another line", "statement_quote"),
    ("value said again", "statement_repeated"), ("value of the profile", "statement_in_profile"),
    ("line said twice", "turn_repeated"), ("cut", "truncated_json")])
def test_a_dialogue_that_leaves_its_outline_is_written_again(scripted, zh, fault, code):
    model = scripted.ScriptedModel(zh, lambda step, number: fault if step == "dialogue" and number == 1 else None)
    outcome = make(maker(zh), work(zh[2], "CM", "hard", 3), model)
    assert outcome["refused"] and outcome["refused"][0]["step"] == "dialogue"
    assert outcome["refused"][0]["code"] == code, outcome["refused"]
    assert outcome["status"] == "accepted" and outcome["usage"]["requests"] == 3


@pytest.mark.parametrize("kind, difficulty, fault, code", [
    ("SCK", "easy", "premise without the wrong value", "premise_missing"),
    ("RCB", "easy", "slip that denies", "slip_accepted"), ("RCB", "easy", "thing not asked for", "thing_missing")])
def test_false_premises_and_boundaries_are_held_to_their_form(scripted, zh, kind, difficulty, fault, code):
    model = scripted.ScriptedModel(zh, lambda step, number: fault if number == 1 else None)
    outcome = make(maker(zh), work(zh[1], kind, difficulty), model)
    assert [r["code"] for r in outcome["refused"]] == [code] and outcome["status"] == "accepted"


def repeating(scripted, profiles):
    """A model that gives its first reply for ever."""
    model, said = scripted.ScriptedModel(profiles), []

    class Repeating:
        def reply(self, messages, schema):
            said[:] = said or [model.reply(messages, schema)]
            return said[0]

    return Repeating()


def test_a_second_sample_like_the_first_is_refused(scripted, zh):
    model, made = repeating(scripted, zh), maker(zh)
    assert make(made, work(zh[1]), model)["status"] == "accepted"
    outcome = make(made, work(zh[1], index=2), model)
    assert (outcome["status"], outcome["code"]) == ("rejected", "near_duplicate")


def test_two_alike_that_were_under_way_together_are_not_both_kept(scripted, zh):
    model, made = repeating(scripted, zh), maker(zh, attempts=1)

    async def both():
        barrier = asyncio.Barrier(2)

        async def complete(request):
            await barrier.wait()                # both have asked before either is answered
            return await completer(model)(request)

        return await asyncio.gather(made(work(zh[1]), complete), made(work(zh[1], index=2), complete))

    assert sorted(m.outcome["status"] for m in asyncio.run(both())) == ["accepted", "rejected"]


def test_a_wrong_value_that_is_right_is_dropped_while_enough_are_left(scripted, zh):
    class OneRight(scripted.ScriptedModel):
        def _sbk(self, profile, task, messages):
            draft = super()._sbk(profile, task, messages)
            return {**draft, "distractors": [*draft["distractors"], draft["keys"][0]["canonical"]]}

    outcome = make(maker(zh), work(zh[1]), OneRight(zh))
    assert outcome["status"] == "accepted" and outcome["refused"] == []
    assert outcome["sample"]["keys"][0]["canonical"] not in outcome["sample"]["distractors"]


def test_alternatives_that_the_question_says_are_not_paid_for(scripted, zh):
    class Leaking(scripted.ScriptedModel):
        def _sbk(self, profile, task, messages):
            draft = super()._sbk(profile, task, messages)
            draft["keys"][0]["alternatives"] = [draft["question"][:4], draft["distractors"][0]]
            return draft

    outcome = make(maker(zh), work(zh[1]), Leaking(zh))
    assert outcome["status"] == "accepted" and list(outcome["sample"]["keys"][0]["alternatives"]) == []


# asking a model about a finished draft

class Answering:
    """Answers role-play prompts by `answer(messages)`; drafts and judges as scripted."""

    def __init__(self, model, answer, verdict=None):
        self.model, self.answer, self.verdict, self.chats = model, answer, verdict, []

    def reply(self, messages, schema):
        if schema is None:
            self.chats.append(messages)
            return {"content": self.answer(messages, len(self.chats)), "finish_reason": "stop"}
        found = self.model.reply(messages, schema)
        if self.verdict is not None and "natural" in schema["properties"]:
            return {"content": self.verdict, "finish_reason": "stop"}
        return found


def test_what_the_model_knows_without_the_profile_is_dropped(scripted, zh):
    drafted = []

    class Remembering(scripted.ScriptedModel):
        def _sbk(self, profile, task, messages):
            drafted.append(super()._sbk(profile, task, messages))
            return drafted[-1]

    knowing = Answering(Remembering(zh), lambda messages, n: f"<think>…</think><answer>{drafted[-1]['answer']}</answer>")
    outcome = make(maker(zh, closed_book=True), work(zh[1]), knowing)
    assert (outcome["status"], outcome["code"]) == ("rejected", "closed_book")
    assert all(zh[1].facts[3].value not in m[0]["content"] and zh[1].name in m[0]["content"] for m in knowing.chats)
    guessing = Answering(scripted.ScriptedModel(zh), lambda messages, n: "<think>…</think><answer>我不知道。</answer>")
    assert make(maker(zh, closed_book=True), work(zh[1]), guessing)["status"] == "accepted"


@pytest.mark.parametrize("right, difficulty", [(4, "easy"), (2, "medium"), (1, "hard"), (0, "hard")])
def test_difficulty_is_measured_by_the_share_of_right_attempts(scripted, zh, right, difficulty):
    drafted = []

    class Remembering(scripted.ScriptedModel):
        def _sbk(self, profile, task, messages):
            drafted.append(super()._sbk(profile, task, messages))
            return drafted[-1]

    def answer(messages, n):
        return f"<think>…</think><answer>{drafted[-1]['answer'] if n <= right else '我不知道。'}</answer>"

    outcome = make(maker(zh, measured=4), work(zh[1]), Answering(Remembering(zh), answer))
    assert outcome["sample"]["difficulty"] == difficulty
    assert outcome["sample"]["metadata"]["pass_rate"] == right / 4
    assert outcome["sample"]["metadata"]["planned_difficulty"] == "medium"


@pytest.mark.parametrize("verdict, code", [
    ('{"remark": "像考题", "natural": 2, "in_character": 5, "grounded": true, "clear": true}', "judged"),
    ('{"remark": "编的", "natural": 5, "in_character": 5, "grounded": false, "clear": true}', "judged"),
    ("好", "judge_unreadable")])
def test_a_judge_sends_drafts_back_with_its_remark(scripted, zh, verdict, code):
    asked = []
    outcome = make(maker(zh, judge=True), work(zh[1]), Answering(scripted.ScriptedModel(zh), None, verdict), asked)
    assert (outcome["status"], outcome["code"]) == ("rejected", code)
    if code == "judged":
        told = asked[2].messages[-1]["content"]
        assert "像考题" in told or "编的" in told


def test_a_judge_that_is_pleased_lets_it_pass(scripted, zh):
    outcome = make(maker(zh, judge=True), work(zh[1]), scripted.ScriptedModel(zh))
    assert outcome["status"] == "accepted" and outcome["usage"]["requests"] == 2


def test_requests_share_the_profile_as_their_first_message(scripted, zh):
    asked = []
    made, model = maker(zh), scripted.ScriptedModel(zh)
    for item in works(zh[:2], ("SBK", "CM", "RCB"), 0, 6, None):
        make(made, item, model, asked)
    by_role = {}
    for request in asked:
        by_role.setdefault(request.affinity, set()).add(request.messages[0]["content"])
    assert len(by_role) == 2 and all(len(prefixes) == 1 for prefixes in by_role.values())
    assert all(request.schema and request.messages[0]["role"] == "system" for request in asked)
