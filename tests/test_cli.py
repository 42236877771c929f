"""The command line: quick to start, one line an error, exit codes that mean something, nothing overwritten."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from toolkit import __version__

HEAVY = ("torch", "transformers", "trl", "boto3", "openai", "aiohttp", "botocore")
PROFILES = Path(__file__).parent.parent / "data" / "online_profiles.jsonl"
DATA = ("train.json", "validation.json", "dataset_stats.json")


def toolkit(*words: object, cwd: Path | None = None, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *python, "-m", "toolkit", *map(str, words)], cwd=cwd, capture_output=True,
                          text=True, encoding="utf-8", timeout=60, check=False)


def generated(out: Path, *words: object) -> subprocess.CompletedProcess[str]:
    done = toolkit("gen-data", "--profiles-file", PROFILES, "--output-dir", out, *words)
    assert done.returncode == 0, done.stderr
    return done


def rows(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    """400 samples; tests only read them."""
    out = tmp_path_factory.mktemp("data") / "made"
    generated(out, "--num-samples", 400, "--seed", 7)
    return out


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Top-level packages in the log of `python -X importtime`."""
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}


def test_help_starts_quickly(child_seconds):
    times = []
    for _ in range(3):
        done = toolkit("--help")
        times.append(child_seconds())
        assert done.returncode == 0 and "gen-data" in done.stdout
    assert min(times) < 0.5


@pytest.mark.parametrize("words", [("--help",), ("gen-data", "--help"), ("train", "--help"), ("eval", "--help"), ("demo", "--help"),
                                   ("reward", "audit", "--help")],
                         ids=" ".join)
def test_help_loads_no_heavy_package(words):
    done = toolkit(*words, python=("-X", "importtime"))
    assert done.returncode == 0 and "typer" in imported(done)
    assert not imported(done) & set(HEAVY)


def test_the_package_runs_as_a_module_and_tells_its_version():
    done = toolkit("--version")
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")


def test_options_spelled_with_underscores_are_the_same_options(tmp_path):
    done = toolkit("gen-data", "--profiles_file", PROFILES, f"--output_dir={tmp_path / 'a_b'}", "--num_samples", 20)
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "a_b" / "train.json")) > 0


@pytest.mark.parametrize("words, named", [(("gen-data", "--profile-fil", "x"), "--profile-fil"),
                                          (("gen-dta",), "gen-dta"), (("--no-such",), "--no-such")])
def test_unknown_commands_and_options_are_the_users_mistake(words, named):
    done = toolkit(*words)
    assert done.returncode == 2 and named in done.stderr and "Traceback" not in done.stderr


def test_a_missing_profiles_file_is_one_line(tmp_path):
    done = toolkit("gen-data", "--profiles-file", tmp_path / "gone.jsonl", "--output-dir", tmp_path / "out")
    assert done.returncode == 2 and not (tmp_path / "out").exists()
    assert len(done.stderr.splitlines()) == 1 and "gone.jsonl does not exist" in done.stderr


def test_output_that_exists_is_not_overwritten_unless_asked(dataset, tmp_path):
    there = tmp_path / "train.json"
    there.write_text("mine", encoding="utf-8")
    command = ("gen-data", "--profiles-file", PROFILES, "--output-dir", tmp_path, "--num-samples", 20)
    done = toolkit(*command)
    assert done.returncode == 2 and "already exists" in done.stderr and "--overwrite" in done.stderr
    assert there.read_text(encoding="utf-8") == "mine" and [p.name for p in tmp_path.iterdir()] == ["train.json"]
    assert toolkit(*command, "--overwrite").returncode == 0 and rows(there)


def test_json_results_stand_alone_on_stdout(dataset, tmp_path):
    made = json.loads(generated(tmp_path, "--num-samples", 20, "--json").stdout)
    assert made["samples"] == 20 and made["engine"] == "offline"
    checked = toolkit("validate", dataset, "--profiles-file", PROFILES, "--json")
    report = json.loads(checked.stdout)
    assert checked.returncode == 0 and report["ok"] and report["samples"] == 400 and report["errors"] == 0


def test_a_broken_row_is_refused_with_its_file_and_line(dataset, tmp_path):
    lines = (dataset / "validation.json").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith('{"id"') and n > 3)
    broken = json.loads(lines[number].rstrip(","))
    broken["answer"] = 5
    lines[number] = json.dumps(broken, ensure_ascii=False) + ("," if lines[number].endswith(",") else "")
    path = tmp_path / "broken.json"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = toolkit("validate", "broken.json", "--json", cwd=tmp_path)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    # the table may wrap a line at the terminal's width: the place itself is never split
    assert f"broken.json:{number + 1}" in done.stderr
    assert json.loads(done.stdout)["ok"] is False


def test_a_misspelled_setting_is_found_with_its_line_before_torch_is_loaded(tmp_path, child_seconds):
    config = tmp_path / "c.yaml"
    config.write_text("model_name_or_path: new\ntrain_data: x.json\nlerning_rate: 1.0e-4\n", encoding="utf-8")
    done = toolkit("train", "--config", config)
    took_s = child_seconds()
    assert done.returncode == 2 and f'{config}:3 "lerning_rate"' in done.stderr
    assert 'Did you mean "learning_rate"?' in done.stderr
    assert took_s < 2
    assert not imported(toolkit("train", "--config", config, python=("-X", "importtime"))) & set(HEAVY)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(dataset, tmp_path):
    generated(tmp_path / "same", "--num-samples", 400, "--seed", 7)
    generated(tmp_path / "other", "--num-samples", 400, "--seed", 8)
    for name in DATA:
        assert (tmp_path / "same" / name).read_bytes() == (dataset / name).read_bytes()
        assert (tmp_path / "other" / name).read_bytes() != (dataset / name).read_bytes()


def test_no_role_stands_on_both_sides_of_the_split(dataset):
    train, validation = ({row["role_id"] for row in rows(dataset / name)} for name in DATA[:2])
    assert len(train) == 50 and len(validation) == 6 and not train & validation


def test_kinds_are_one_to_one_and_difficulties_three_to_five_to_two(dataset):
    samples = [row for name in DATA[:2] for row in rows(dataset / name)]
    assert Counter(row["kind"] for row in samples) == {"SBK": 200, "CM": 200}
    assert Counter(row["difficulty"] for row in samples) == {"easy": 120, "medium": 200, "hard": 80}
