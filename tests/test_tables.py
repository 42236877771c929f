"""Tables in the formats of the wild: rows with their lines, and what cannot be read by line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.tables import read_table


def saved(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_delimited_files_keep_their_lines(tmp_path):
    path = saved(tmp_path / "d.csv", '\ufeffa,b\n1,"x,\ny"\n\n2,z\n')
    assert list(read_table(path)) == [(3, {"a": "1", "b": "x,\ny"}), (5, {"a": "2", "b": "z"})]


def test_a_tsv_with_a_lone_quotation_mark_is_no_open_cell(tmp_path):
    path = saved(tmp_path / "d.tsv", 'a\tb\n"he said\tx\ny"\tz\n')
    assert [row for _, row in read_table(path)] == [{"a": '"he said', "b": "x"}, {"a": 'y"', "b": "z"}]
    quoted = saved(tmp_path / "q.tsv", 'a\tb\n"x ""y"""\tz\n')
    assert [row for _, row in read_table(quoted)] == [{"a": 'x "y"', "b": "z"}]


def test_compressed_files(tmp_path):
    path = tmp_path / "d.tsv.gz"
    path.write_bytes(gzip.compress("a\tb\n1\t二\n".encode()))
    assert list(read_table(path)) == [(2, {"a": "1", "b": "二"})]


def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist([{"nums": [1, 2], "target": 3}, {"nums": [4], "target": None}]), tmp_path / "d.parquet")
    assert list(read_table(tmp_path / "d.parquet")) == [(1, {"nums": [1, 2], "target": 3}), (2, {"nums": [4], "target": None})]
    with pytest.raises(InputError, match="is no parquet file"):
        list(read_table(saved(tmp_path / "x.parquet", "no")))


@pytest.mark.parametrize("name, text, said", [
    ("d.tsv", "a\tb\n1\n", ":2 has 1 cells, expected 2"), ("d.tsv", "one\n1\n", "is no header"), ("d.csv", "a,a\n1,2\n", "is no header"), ("d.txt", "x", "unknown format"),
    ("d.csv", "", "is no header"), ("d.jsonl", "{\n", "is not JSON")])
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, name, text, said):
    with pytest.raises(InputError, match=said):
        list(read_table(saved(tmp_path / name, text)))


def test_a_file_in_another_encoding_says_how_to_convert_it(tmp_path):
    (tmp_path / "d.tsv").write_bytes("题目\t答案\n甲\t乙\n".encode("gb18030"))
    with pytest.raises(InputError, match="iconv -f GB18030"):
        list(read_table(tmp_path / "d.tsv"))


def test_rows_of_an_object_are_counted_by_position(tmp_path):
    path = saved(tmp_path / "d.json", json.dumps({"example": [{"a": 1}, {"a": 2}]}, indent=1))
    assert list(read_table(path)) == [(1, {"a": 1}), (2, {"a": 2})]
