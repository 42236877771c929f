"""`dataset_stats`: counts of a data set in a single pass."""

from __future__ import annotations

from dataclasses import replace

from toolkit.dataset.stats import dataset_stats
from toolkit.samples import Sample
from toolkit.verify import Key

BASE = Sample(id="1", role_id="a", kind="SBK", language="zh", character_name="甲", character_profile="",
              conversation_history=(), question="？", answer="1234", keys=(Key("1"),), metadata={"form": "direct"})


def test_samples_are_counted_by_everything_that_describes_them():
    samples = [BASE, replace(BASE, role_id="b", answer="12", keys=(Key("1"), Key("2")), difficulty="hard"),
               *(replace(BASE, kind="CM", language="en", memory_distance=n, metadata={}) for n in (2, 10))]
    stats = dataset_stats(iter(samples))
    assert (stats["samples"], stats["roles"], stats["keys_per_sample"]) == (4, 2, 1.25)
    assert stats["by_kind"] == {"CM": 2, "SBK": 2} and stats["by_language"] == {"en": 2, "zh": 2}
    assert stats["by_difficulty"] == {"hard": 1, "medium": 3}
    assert stats["by_form"] == {"direct": 2, "unknown": 2}
    assert list(stats["by_memory_distance"].items()) == [("2", 1), ("10", 1)]
    assert stats["by_validation_method"] == {"multi_term_parsing": 1, "single_term_validation": 3}
    assert stats["samples_per_role"] == {"min": 1, "q1": 1, "median": 1, "q3": 3, "max": 3}


def test_quartiles_are_lengths_that_occur():
    stats = dataset_stats(replace(BASE, answer="x" * length) for length in (1, 2, 3, 4, 100))
    assert stats["answer_length_characters"] == {"min": 1, "q1": 2, "median": 3, "q3": 4, "max": 100}


def test_nothing_is_counted_as_nothing():
    stats = dataset_stats([])
    assert stats["samples"] == 0 and stats["answer_length_characters"] is None and stats["by_kind"] == {}
