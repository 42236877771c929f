"""`toolkit reward audit`: honest answers must be paid, baits must not, and nothing may hang, break or change its mind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.rewards.audit import HONEST, WRONG, audit
from toolkit.rewards.compose import fingerprint
from toolkit.rewards.targets import made_samples, target_of
from toolkit.tasks.roleplay import RolePlay

# how the public role-play reproduction scores: does the key stand in the output?
KEYWORDS = '''
def reward_function(samples, prompts, outputs, **kwargs):
    scores = []
    for sample, prompt, output in zip(samples, prompts, outputs, strict=True):
        assert "user: " in prompt and sample["question"] in prompt
        words = sample.get("keywords", [])
        accuracy = sum(word in output for word in words) / max(1, len(words))
        scores.append(0.7 * accuracy + 0.3 * (10 <= len(output) <= 500))
    return scores
'''
OWN = '''
from toolkit.samples import sample_from_row
from toolkit.tasks.roleplay import RolePlay

def reward(sample, completion):
    return RolePlay().score("accuracy", sample_from_row(sample, "", []), completion)
'''


@pytest.fixture(scope="module")
def samples() -> list:
    return made_samples(6)


def asked(tmp_path: Path, source: str, samples: list, **options):
    path = tmp_path / "my_reward.py"
    path.write_text(source, encoding="utf-8")
    task, name, weights = target_of(str(path), "roleplay", None)
    return audit(task, name, weights, samples, **options)


def test_the_rewards_of_role_play_are_audited_on_samples_made_on_the_spot(toolkit):
    done = toolkit("reward", "audit", "roleplay", "--limit", 8, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["passed"] else 3), done.stderr
    assert found["samples"] == 8 and not found["flags"] and found["calls"] > 400
    assert {"negation", "spray", "very_long", "injected_tags", "sentinel"} <= set(found["false_pay"]["by_kind"])
    assert found["false_deny"]["by_kind"]["plain"] == {"failed": 0, "of": 8}
    assert found["slowest"]["ms"] > 0


def test_a_keyword_reward_fails_with_its_worst_cases(toolkit, tmp_path):
    (tmp_path / "keywords.py").write_text(KEYWORDS, encoding="utf-8")
    done = toolkit("reward", "audit", "keywords.py:reward_function", "--limit", 6, cwd=tmp_path)
    assert done.returncode == 3
    assert "pays" in done.stderr and "of the wrong replies, over the limit of 2.0%" in done.stderr
    assert "should not be paid" in done.stdout and "Not passed." in done.stdout


def test_a_module_is_found_in_the_working_directory(toolkit, tmp_path):
    (tmp_path / "mine.py").write_text(KEYWORDS, encoding="utf-8")
    done = toolkit("reward", "audit", "mine:reward_function", "--limit", 2, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 3 and found["false_pay"]["by_kind"]["negation"] == {"failed": 2, "of": 2}
    assert found["worst"][0]["text"] and found["worst"][0]["reason"]


def test_rows_of_a_file_are_asked_and_limits_are_the_users(toolkit, write, tmp_path, samples):
    data = write(tmp_path / "data.jsonl", [s.to_row() for s in samples])
    (tmp_path / "keywords.py").write_text(KEYWORDS, encoding="utf-8")
    done = toolkit("reward", "audit", tmp_path / "keywords.py", "--data", data, "--max-false-pay", 1, "--max-false-deny", 1,
                   "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["samples"] == 6 and found["passed"] and found["limits"] == {"max_false_pay": 1.0, "max_false_deny": 1.0}


def test_a_reward_of_our_own_signature_may_give_a_verdict(tmp_path, samples):
    found = asked(tmp_path, OWN, samples)
    assert not found.flags and found.false_deny <= 0.05
    assert found.by_kind[HONEST]["plain"] == [0, 6] and found.by_kind[WRONG]["wrong_value"] == [0, 6]


def test_pay_is_measured_from_what_saying_nothing_earns(tmp_path, samples):
    shifted = OWN.replace('completion)\n', 'completion).score * 0.2 + 0.7\n')
    plain, moved = asked(tmp_path, OWN, samples), asked(tmp_path, shifted, samples)
    assert (plain.false_pay, plain.false_deny) == (moved.false_pay, moved.false_deny)


def test_a_constant_reward_denies_every_honest_answer(tmp_path, samples):
    found = asked(tmp_path, "def reward(sample, completion):\n    return 0.5\n", samples)
    assert found.false_deny == 1.0 and found.false_pay == 0.0
    assert any(flag.startswith("is constant: it gave 0.5") for flag in found.flags) and not found.passed


@pytest.mark.parametrize("body, flag", [
    ("return None", "gives no score (None)"),
    ("return float('nan')", "gives NaN"),
    ("return 2.0 * ('a' in completion)", "gives a score outside 0 to 1"),
    ("return {}['missing']", "raises an exception"),
    ("return 'good'", "raises an exception"),
    ("import random; return random.random()", "depends on more than the sample and the completion"),
    ("SEEN.append(1); return len(SEEN) % 2", "depends on more than the sample and the completion"),
    ("return len(''.join(set(completion[:9] + 'xyz'))) * 0 + hash(completion) % 2", "depends on more"),
])
def test_what_a_trainer_would_choke_on_is_flagged(tmp_path, samples, body, flag):
    found = asked(tmp_path, f"SEEN = []\ndef reward(sample, completion):\n    {body}\n", samples[:2])
    assert any(flag in text for text in found.flags), found.flags
    assert not found.passed and any(flag in problem for problem in found.problems)


def test_a_reward_that_hangs_is_killed_and_the_audit_goes_on(tmp_path, samples):
    source = OWN.replace("    return", "    while len(completion) > 50_000 and completion.startswith('<think><think>'):\n"
                                       "        pass\n    return", 1)
    found = asked(tmp_path, source, samples[:2], timeout_s=0.3)
    assert len(found.flags) == 1 and found.flags[0].startswith("does not return in time in 2 of")
    assert '"<think><think>' in found.flags[0] and found.samples == 2
    assert found.by_kind[WRONG]["very_long"][1] == 24


def test_a_reward_that_hangs_again_and_again_ends_the_audit(tmp_path, samples):
    found = asked(tmp_path, "def reward(sample, completion):\n    while True:\n        pass\n", samples, timeout_s=0.1)
    assert any("does not return in time in 3 of 3 calls" in flag for flag in found.flags) and not found.passed


def test_a_reward_that_ends_its_process_is_flagged(tmp_path, samples):
    source = "import os\ndef reward(sample, completion):\n    print('noise')\n    if not completion:\n        os._exit(3)\n    return 0.0\n"
    found = asked(tmp_path, source, samples[:1])
    assert any(flag.startswith("ends its process in 1 of") for flag in found.flags)


@pytest.mark.parametrize("spec, source, message", [
    ("gone.py:fn", None, "gone.py does not exist"),
    ("r.py:polte", "def polite(sample, completion):\n    return 1.0\n", 'has no function "polte". Did you mean "polite"?'),
    ("r.py:fn", "def fn(x):\n    return 1.0\n", "takes (x), expected (sample, completion)"),
    ("r.py", "def one(a, b):\n    return 1.0\ndef two(a, b):\n    return 1.0\n", "has 2 functions (one, two)"),
    ("r.py:fn", "import no_such_module\n", "cannot be imported: ModuleNotFoundError"),
    ("no.such.module:fn", None, "there is no module no"),
])
def test_a_reward_that_is_not_there_is_one_line(tmp_path, monkeypatch, spec, source, message):
    monkeypatch.chdir(tmp_path)
    if source:
        Path("r.py").write_text(source, encoding="utf-8")
    with pytest.raises(InputError) as error:
        target_of(spec, "roleplay", None)
    assert message in str(error.value) and len(error.value.lines()) == 1


def test_a_task_file_with_hooks_is_audited_and_one_without_cannot_be(tmp_path, samples):
    source = ("from toolkit.tasks.roleplay import RolePlay\n\nclass Mine(RolePlay):\n    name = 'mine'\n"
              "    def honest(self, row):\n        return [('gold', row.answer)]\n"
              "    def baits(self, row):\n        return [('wrong', w) for w in row.distractors]\n")
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    task, name, weights = target_of(str(tmp_path / "mine.py"), "roleplay", None)
    found = audit(task, name, weights, samples)
    assert found.by_kind[HONEST] == {"gold": [0, 6]} and found.by_kind[WRONG]["wrong"][0] == 0

    untaught = tmp_path / "untaught.py"
    untaught.write_text("from __future__ import annotations\nfrom dataclasses import dataclass\n"
                        "from toolkit.tasks.roleplay import RolePlay\n\n@dataclass\nclass Mine(RolePlay):\n    name: str = 'mine'\n")
    task, name, _ = target_of(f"{untaught}:Mine", "roleplay", None)
    assert len(fingerprint(task, ["accuracy"])) == 64

    class Bare:
        name = "bare"
        parts = RolePlay.parts

    unaudited = audit(Bare(), "bare", {"accuracy": 1.0}, samples)
    assert not unaudited.passed and "no honest answers and no baits" in unaudited.problems[0]


def test_an_unknown_part_or_task_is_an_error(toolkit):
    done = toolkit("reward", "audit", "roleplay", "--part", "acuracy")
    assert done.returncode == 2 and 'Did you mean "accuracy"?' in done.stderr
    done = toolkit("reward", "audit", "roleplai")
    assert done.returncode == 2 and "There is no task" in done.stderr
