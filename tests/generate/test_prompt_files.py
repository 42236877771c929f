"""Every language has every prompt; one's own prompts replace them file by file, and what they lack is named."""

from __future__ import annotations

import shutil

import pytest

from toolkit.attributes import LANGUAGES, VALUE_TYPES
from toolkit.errors import InputError
from toolkit.generate.drafting import QUESTION_WORDS, SCHEMAS
from toolkit.generate.prompt_files import TABLES, TEXTS, Prompts
from toolkit.resources import find


def test_every_language_has_every_file_with_the_same_entries():
    prompts = Prompts(LANGUAGES)
    first = {name: prompts.table(name, "zh") for name in TABLES}
    for language in LANGUAGES:
        wishes, retry = prompts.table("wishes", language), prompts.table("retry", language)
        assert retry["advice"].keys() == first["retry"]["advice"].keys() and "{problems}" in retry["frame"]
        for name in ("question_types", "forms", "memory", "labels"):
            assert wishes[name].keys() == first["wishes"][name].keys()
        assert set(wishes["question_types"]) == {"any", *QUESTION_WORDS}
        assert len(set(wishes["scenes"])) >= 30 and len({t["name"] for t in wishes["topics"]}) >= 30
        assert all(t["type"] in VALUE_TYPES and t["word"] in QUESTION_WORDS for t in wishes["topics"])
        for mark in ("tell_user", "tell_role", "update_user", "update_role"):
            assert all("{" + slot + "}" in wishes["memory"][mark] for slot in ("n", "mark", "topic"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_skeleton_in_a_prompt_has_the_fields_of_the_schema_in_its_order(language, name):
    text = Prompts([language]).text(name, language)
    skeleton = text.splitlines()[-1]
    places = [skeleton.index(f'"{field}": ') for field in SCHEMAS[name]["properties"]]
    assert places == sorted(places)


def test_own_prompts_replace_shipped_ones_and_change_the_hash(tmp_path):
    shutil.copy(find("prompts/generate/sbk.zh.md"), tmp_path)
    same = Prompts(["zh"], tmp_path)
    assert same.hash == Prompts(["zh"]).hash
    with (tmp_path / "sbk.zh.md").open("a", encoding="utf-8") as out:
        out.write("\n请写得短一些。\n")
    own = Prompts(["zh"], tmp_path)
    assert own.text("sbk", "zh").endswith("请写得短一些。") and own.hash != same.hash
    assert own.files["sbk.zh"].parent == tmp_path and own.files["guide.zh"].parent != tmp_path


def test_every_slot_that_own_prompts_lack_is_named_at_once(tmp_path):
    (tmp_path / "guide.zh.md").write_text("写数据。", encoding="utf-8")
    (tmp_path / "cm.zh.md").write_text("问{value}。", encoding="utf-8")
    (tmp_path / "retry.zh.yaml").write_text("frame: x", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Prompts(["zh"], tmp_path)
    told = str(refused.value)
    assert "guide.zh.md lacks the slot {profile}" in told and "cm.zh.md lacks the slot {mark}" in told
    assert 'retry.zh.yaml lacks "advice"' in told
    assert len(TEXTS["cm"]) - 1 == told.count("cm.zh.md")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        Prompts(["zh"], tmp_path / "nowhere")
