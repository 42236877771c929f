"""Where data sets and models come from: a local path, a hub name, or a ModelScope name. One loader for every command.

    data/train.jsonl  data/gsm8k/  openai/gsm8k  openai/gsm8k:test  openai/gsm8k:socratic/train  modelscope://owner/name

Of a data set with several files the `train` part is read, or the part named after the colon. `HF_ENDPOINT` names a mirror of the
hub, `MODELSCOPE_ENDPOINT` one of ModelScope. What cannot be reached is one line that names the local alternative.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from toolkit.errors import InputError
from toolkit.jsonl import existing

# of the same part in several formats the first is read
FORMATS = ("parquet", "jsonl", "ndjson", "json", "tsv", "csv")
MODELSCOPE = "modelscope://"
HUBS = ("huggingface", "modelscope")
REACH_S = 5.0                                   # the hub client retries an unknown host for 24 s
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
# names that say nothing about which part of a data set a file holds
_NEUTRAL = re.compile(r"\d+|of|data|main|default|dataset|parquet|jsonl?|ndjson|tsv|csv|gz")


def on_hub(name: str, hub: str) -> str:
    """The name as it is written for a hub: with `modelscope`, owner/name becomes modelscope://owner/name.

    Raises:
        InputError: for a hub that is not known.
    """
    if hub not in ("", *HUBS):
        raise InputError(f'hub "{hub}" is unknown. Known: {", ".join(HUBS)}.')
    remote = hub == "modelscope" and is_hub_name(name) and not Path(_parted(name)[0]).exists()
    return MODELSCOPE + name if remote and not name.startswith(MODELSCOPE) else name


def is_hub_name(name: str) -> bool:
    """Whether a name can be one of a hub: owner/name, or modelscope://owner/name; a part may follow a colon."""
    return bool(_NAME.fullmatch(_parted(_without_scheme(name))[0])) and not name.startswith(".")


def model_folder(name: str) -> str:
    """A model's folder or hub name as transformers loads it; ModelScope models are fetched first.

    Raises:
        InputError: when it is neither a folder nor a hub name, or cannot be reached.
    """
    if _is_modelscope(name):
        return str(_modelscope(name, "model"))
    if Path(name).is_dir():
        return name
    if not is_hub_name(name):
        raise InputError(f"model {name} does not exist: no such folder, and no hub name (owner/name).")
    if not _cached(name, "model"):
        _reach(_endpoint(), "model", name)
    return name


def data_files(name: str | Path, part: str = "train") -> list[Path]:
    """The files of a data set, in order.

    Args:
        name: a file, a folder, or a hub name; `:part` behind it chooses among its files.
        part: what is read of a folder or hub data set when the name says nothing: train or test.

    Raises:
        InputError: when nothing is there, or which file is meant is not clear (the parts are named).
    """
    text = str(name)
    if _is_modelscope(text):
        base, asked = _parted(_without_scheme(text))
        return _inside(_modelscope(base, "dataset"), asked or part, bool(asked), text)
    if Path(text).is_file():
        return [Path(text)]
    base, asked = ("", "") if Path(text).exists() else _parted(text)
    folder = Path(base or text)
    if folder.is_dir():
        return _inside(folder, asked or part, bool(asked), text)
    looks_local = text.startswith((".", "/", "~")) or re.search(rf"\.({'|'.join(FORMATS)})(\.gz)?$", base or text)
    if looks_local or not is_hub_name(text):
        existing(folder, "data file")           # raises, with what is there instead
    return _hub_data(base or text, asked or part, bool(asked), text)


def _parted(name: str) -> tuple[str, str]:
    base, _, part = name.partition(":")
    return base, part


def _is_modelscope(name: str) -> bool:
    return name.startswith("modelscope:/")      # a Path makes one slash of two


def _without_scheme(name: str) -> str:
    return re.sub(r"^modelscope:/+", "", name)


def _inside(folder: Path, part: str, exact: bool, name: str) -> list[Path]:
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return [folder / chosen for chosen in choose(names, part, exact, name)]


def choose(names: Iterable[str], part: str, exact: bool, where: str) -> list[str]:
    """Of the files of a data set those that hold one part, in one format.

    Args:
        names: paths relative to the data set.
        part: words that a path must have, such as `test` or `socratic/test`.
        exact: the user named the part; without it, `test` may be called validation, and a data set of one file is that file.

    Raises:
        InputError: when none or several parts fit.
    """
    files = {name: _words(name) for name in names if _format(name) and not re.search(r"(^|/)[._]|dataset_infos?\.json|stats\.json", name)}
    wanted = set(re.split(r"[/_.-]", part.lower()))
    tries = [wanted] if exact or part == "train" else [wanted, {"validation"}, {"dev"}, {"val"}, {"valid"}]
    fitting = next((found for words in tries if (found := [n for n in files if words <= files[n]])), [])
    if not fitting and not exact and part == "train" and len(_groups(files)) == 1:
        fitting = list(files)
    plain = [n for n in fitting if not files[n] - wanted - {"validation", "dev", "val", "valid"}]
    groups = _groups({n: files[n] for n in plain or fitting})
    if len(groups) != 1:
        parts = ", ".join(sorted({"/".join(sorted(words)) or "-" for words in map(frozenset, files.values())})[:12])
        asked = f'no part "{part}"' if not groups else f'several parts that are called "{part}"'
        raise InputError(f"{where} has {asked}; it has: {parts or 'no data file'}. Name one after a colon, as "
                         f"{_parted(where)[0]}:test, or give a file.")
    (chosen,) = groups.values()
    first = min((_format(n) for n in chosen), key=FORMATS.index)
    return sorted(n for n in chosen if _format(n) == first)


def _groups(files: dict[str, set[str]]) -> dict[frozenset[str], list[str]]:
    """Files by the words of their paths: shards of one part have the same."""
    groups: dict[frozenset[str], list[str]] = {}
    for name, words in files.items():
        groups.setdefault(frozenset(words), []).append(name)
    return groups


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[/_.-]", name.lower()) if word and not _NEUTRAL.fullmatch(word)}


def _format(name: str) -> str:
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix.lstrip(".").lower()
    return suffix if suffix in FORMATS else ""


# hubs

def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _reach(endpoint: str, what: str, name: str) -> None:
    """Raises InputError at once when a host does not answer; a proxy is left to find out."""
    parts = urlsplit(endpoint)
    if parts.scheme in getproxies():
        return
    try:
        socket.create_connection((parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)), REACH_S).close()
    except OSError as error:
        raise InputError(_unreachable(what, name, endpoint, error)) from error


def _unreachable(what: str, name: str, endpoint: str, error: BaseException) -> str:
    hint = "a mirror (HF_ENDPOINT=https://…) or " if "modelscope" not in endpoint else ""
    reason = (" ".join(str(error).split()) or type(error).__name__)[:160]
    return (f"{what} {name} is no local path, and {endpoint} cannot be reached ({reason}). Give {hint}a local "
            f"{'folder' if what == 'model' else 'file or folder'}: scripts/download.sh fetches it where there is a network.")


def _cached(name: str, kind: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    file = "config.json" if kind == "model" else "README.md"
    return isinstance(try_to_load_from_cache(name, file, repo_type=kind), str)


def _fetched(name: str) -> Path | None:
    """What an earlier run left of a data set in the hub's cache; it may hold only the parts that were asked for."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="dataset")
    if not (folder / "refs/main").is_file():
        return None
    found = folder / "snapshots" / (folder / "refs/main").read_text().strip()
    return found if found.is_dir() else None


def _hub_data(name: str, part: str, exact: bool, given: str) -> list[Path]:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    endpoint = _endpoint()
    try:
        _reach(endpoint, "data set", name)
    except InputError:
        if (folder := _fetched(name)) is not None:
            return _inside(folder, part, exact, given)
        raise
    try:
        names = HfApi(endpoint=endpoint).list_repo_files(name, repo_type="dataset")
        chosen = choose(names, part, exact, given)
        folder = Path(snapshot_download(name, repo_type="dataset", allow_patterns=chosen, endpoint=endpoint))
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "")
        raise InputError(f"data set {name} is no local path, and {endpoint} answers {status}: no such data set, or no right to "
                         "read it (hf auth login). Check the name, or give a local file or folder.") from error
    except InputError:
        raise
    except Exception as error:                  # whatever the client's transport raises
        raise InputError(_unreachable("data set", name, endpoint, error)) from error
    return [folder / file for file in chosen]


def _modelscope(name: str, kind: str) -> Path:
    """A model's or data set's folder in ModelScope's cache."""
    identifier = _without_scheme(name)
    if not _NAME.fullmatch(identifier):
        raise InputError(f"{name} is no ModelScope name. Write modelscope://owner/name.")
    try:
        from modelscope.hub.snapshot_download import dataset_snapshot_download, snapshot_download
    except ImportError as error:
        raise InputError(f"{MODELSCOPE}{identifier} needs the package modelscope. Run: pip install modelscope, or give a local "
                         "folder.") from error
    endpoint = os.environ.get("MODELSCOPE_ENDPOINT") or os.environ.get("MODELSCOPE_DOMAIN") or "www.modelscope.cn"
    endpoint = endpoint if "://" in endpoint else f"https://{endpoint}"
    what = "model" if kind == "model" else "data set"
    fetch: Any = snapshot_download if kind == "model" else dataset_snapshot_download
    options = {} if kind == "model" else {"allow_patterns": [f"*.{suffix}" for suffix in FORMATS]}
    try:
        _reach(endpoint, what, MODELSCOPE + identifier)
        return Path(fetch(identifier, **options))
    except InputError:
        raise
    except Exception as error:                  # whatever the client raises: names, network, rights
        raise InputError(_unreachable(what, MODELSCOPE + identifier, endpoint, error)) from error


def main(arguments: Sequence[str]) -> None:
    """`python -m toolkit.sources model|data NAME FOLDER`: what scripts/download.sh runs."""
    import shutil

    if len(arguments) != 3 or arguments[0] not in ("model", "data"):
        raise InputError("usage: download.sh model|data NAME FOLDER, such as: download.sh model Qwen/Qwen2.5-3B-Instruct "
                         "models/qwen2.5-3b, or modelscope://Qwen/Qwen2.5-3B-Instruct.")
    kind, name, folder = arguments[0], arguments[1], Path(arguments[2])
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty. Name another folder.")
    if _is_modelscope(name):
        shutil.copytree(_modelscope(name, "model" if kind == "model" else "dataset"), folder, dirs_exist_ok=True)
    else:
        from huggingface_hub import snapshot_download

        _reach(_endpoint(), "model" if kind == "model" else "data set", name)
        snapshot_download(name, repo_type="model" if kind == "model" else "dataset", local_dir=folder, endpoint=_endpoint())
    print(folder)


if __name__ == "__main__":
    import sys

    try:
        main(sys.argv[1:])
    except InputError as problem:
        sys.exit("\n".join(f"error: {line}" for line in problem.lines()))
