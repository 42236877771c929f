"""The same samples under other names: who reads the profile answers alike, who remembers the role does not."""

from __future__ import annotations

import json

import orjson
import pytest
from stub_server import Stub
from stub_server import served as serving
from typer.testing import CliRunner

from toolkit.cli import app
from toolkit.errors import InputError
from toolkit.evaluate.anonymise import Anonymised, anonymised, task_of
from toolkit.evaluate.lines import further
from toolkit.evaluate.rescore import rescore
from toolkit.jsonl import write_list
from toolkit.tasks.roleplay import RolePlay, gold_reply

TASK = RolePlay()


def sample(name, profile, question="?", answer="-", language="en", aliases=(), keys=("-",)):
    return TASK.row({"id": name, "role_id": name, "character_name": name, "character_profile": profile, "question": question,
                     "answer": answer, "keys": list(keys), "language": language, "metadata": {"aliases": list(aliases)}})


@pytest.mark.parametrize(("name", "language", "profile", "gone"), [
    ("Sherlock Holmes", "en", "Mr Holmes, Sherlock to his friends; Sherlock's violin.", ["Sherlock", "Holmes"]),
    ("Captain Nemo", "en", "Captain Nemo commands. Nemo is a captain; another Captain came.", ["Nemo"]),
    ("沈铁山", "zh", "老沈叫沈铁山，人称沈师傅，妻子唤他铁山。", ["沈", "铁山"]),
    ("夏洛克·福尔摩斯", "zh", "福尔摩斯先生住在伦敦。夏洛克爱小提琴。", ["夏洛克", "福尔摩斯"]),
    ("佐藤 健", "ja", "佐藤さんは漁師です。", ["佐藤"]), ("김철수", "ko", "철수는 어부다. 김철수는 부산에 산다.", ["철수"])])
def test_a_role_is_called_by_another_name_in_every_form(name, language, profile, gone):
    (found,) = anonymised([sample(name, profile, language=language)])
    assert not [word for word in (name, *gone) if word in found.character_profile]
    assert found.character_name and found.character_name != name and found.role_id == name


def test_other_people_and_parts_of_words_keep_their_names():
    (found,) = anonymised([sample("Art Bell", "Art Bell rings the bell of Belleville with Dr Watson. Artful.")])
    assert "the bell of Belleville with Dr Watson. Artful." in found.character_profile


def test_a_role_has_one_new_name_also_where_others_speak_of_it():
    one, two, again = anonymised([sample("Mara Quill", "She knows Odo Fenn."), sample("Odo Fenn", "He knows Mara Quill."),
                                  sample("Mara Quill", "Mara sings.")])
    assert two.character_name in one.character_profile and one.character_name in two.character_profile
    assert one.character_name == again.character_name != two.character_name


def test_an_alias_that_is_asked_for_is_renamed_in_profile_and_key_alike():
    (found,) = anonymised([sample("Mara Quill", "People call her Magpie.", "What do people call you?", "They call me Magpie.",
                                  aliases=["Magpie"], keys=["Magpie"])])
    assert found.keys[0].canonical in found.character_profile and found.keys[0].canonical != "Magpie"
    assert TASK.score("accuracy", found, gold_reply(found)).score == 1


def test_the_data_s_own_answers_stay_right(rows):
    task = Anonymised(TASK)
    for row in anonymised([TASK.row(row) for row in rows]):
        assert task.score("accuracy", row, gold_reply(row)).score == 1
    assert task_of(task.name).name == task.name


class Famous(Stub):
    """A model that knows its roles by heart: it answers under their own names, and has not read the profile."""

    async def reply(self, request, body, fault, cached):
        system = body["messages"][0]["content"]
        trade = next((trade for name, trade in (("Mara Quill", "baker"), ("Odo Fenn", "Lisbon"), ("沈铁山", "铁匠")) if name in system), "")
        said = f"我是{trade}。" if trade == "铁匠" else f"It is {trade}." if trade else "Who knows."
        parts = orjson.dumps({"model": "stub", "choices": [{"index": 0, "finish_reason": "stop", "message": {
            "role": "assistant", "content": f"<think>x</think><answer>{said}</answer>"}}]})
        self.reply_head = parts[:-1] + b',"usage":'
        return await super().reply(request, body, fault, cached)


@pytest.fixture
def told(rows, tmp_path):
    """Samples whose answers a model could know by heart."""
    write_list(tmp_path / "validation.json", [row for row in rows if row["answer"].rstrip(".。").endswith(("baker", "Lisbon", "铁匠"))])
    return tmp_path / "validation.json"


def test_the_report_separates_remembering_from_reading(told, tmp_path):
    with serving(Famous()) as url:
        done = CliRunner().invoke(app, ["eval", f"{url}#stub", "--data", str(told), "--output-dir", str(tmp_path / "eval"), "--anonymised", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["trained"]["accuracy"] == 1 and report["anonymised"]["trained"]["accuracy"] == 0
    assert report["anonymised"]["by_name"]["trained"]["value"] == 1
    said = " ".join(done.stderr.split())
    assert "the names are worth +100.0 points" in said and "it remembers roles" in said
    assert rescore(tmp_path / "eval" / "anonymised")[0]["trained"]["accuracy"] == 0


def test_a_model_that_reads_shows_no_sign_of_remembering(told, tmp_path):
    with serving(Stub(content="<think>x</think><answer>I am a baker.</answer>")) as url:
        CliRunner().invoke(app, ["eval", f"{url}#stub", "--data", str(told), "--output-dir", str(tmp_path / "eval"), "--anonymised"])
    report = json.loads((tmp_path / "eval" / "report.json").read_text())
    (line,) = (line for line in further(report) if line.startswith("Anonymised"))
    assert "worth 0.0 points" in line and "no sign that it remembers" in line


def test_a_task_without_roles_cannot_be_anonymised(tmp_path):
    with serving(Stub()) as url:
        done = CliRunner().invoke(app, ["eval", f"{url}#stub", "--data", "data/gsm8k/test.jsonl", "--task", "gsm8k", "--limit", "2",
                                        "--output-dir", str(tmp_path / "eval"), "--anonymised", "--dry-run"])
    assert isinstance(done.exception, InputError) and "tasks about roles" in str(done.exception)
