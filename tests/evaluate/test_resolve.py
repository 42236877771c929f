"""What an evaluation takes from the run that a model belongs to, and what it says is not as in training."""

from __future__ import annotations

import pytest

from toolkit.errors import InputError
from toolkit.evaluate.resolve import differs, run_evaluation


def test_a_model_that_is_not_there_is_named_before_its_data_is_asked_for(tmp_path):
    with pytest.raises(InputError, match="final_mdel does not exist"):
        run_evaluation(str(tmp_path / "run" / "final_mdel"))


def test_other_conditions_than_in_training_are_told():
    config = {"max_completion_length": 60, "temperature": 0.7, "system_prompt": "a.md", "top_p": 0.9, "top_k": 0}
    lines = differs(config, {"max_new_tokens": 128, "temperature": 0.0}, "b.md", "model", None)
    assert lines == ["Differs from training: longest reply was 60, is 128.", "Differs from training: temperature was 0.7, is 0.0.",
                     "Differs from training: system prompt was a.md, is b.md.", "Differs from training: top_p was 0.9, is 1.0."]
    assert differs(config | {"top_p": 1.0}, {"max_new_tokens": 60, "temperature": 0.7}, "a.md", "model", None) == []


def test_other_chat_templates_are_told_by_their_hash(tmp_path):
    for name in ("model", "base"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "chat_template.jinja").write_text(name)
    (line,) = differs({}, {"max_new_tokens": 1, "temperature": 0.0}, "", str(tmp_path / "model"), str(tmp_path / "base"))
    assert line.startswith("The chat templates of the two models differ (sha256 9372c470eead")
    assert differs({}, {"max_new_tokens": 1, "temperature": 0.0}, "", str(tmp_path / "model"), str(tmp_path / "model")) == []
    trained_with = "0" * 64
    (line,) = differs({}, {"max_new_tokens": 1, "temperature": 0.0}, "", str(tmp_path / "model"), None, trained_with)
    assert line == "Differs from training: the chat template had sha256 000000000000…, has 9372c470eead…."
