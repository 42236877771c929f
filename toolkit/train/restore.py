"""A run brought back from its backup in S3 (`toolkit.train.backup` says how it lies there)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.run import MANIFEST, read_manifest
from toolkit.terminal import say
from toolkit.train.s3 import Damaged, Place

INDEX, FINAL = "backup.json", "final"
STAGES = ("cold_start", "checkpoint")           # what backups of a stage are called, with their step


def identity(manifest: Mapping[str, Any]) -> str:
    """What tells a run from every other."""
    return f"{manifest.get('started')} on {manifest.get('host')}, seed {manifest.get('seed')}"


def check_place(place: Place, folder: Path) -> None:
    """Before training: the place can be read and written, and holds no other run.

    Raises:
        InputError: it cannot, or it does.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        newest = next(iter(_backups(place)), None)
        place.put(".writable", b"")
    except (BotoCoreError, ClientError) as error:
        raise InputError(f'"backup" {place.address} cannot be used: {short(error)}. Check the bucket, its region and your AWS '
                         "credentials, or leave backup out.") from error
    if newest is None:
        return
    if not (folder / MANIFEST).is_file():
        raise InputError(f'"backup" {place.address} holds a run ({newest[0]}). Go on with it: toolkit restore {place.address} {folder}; '
                         "or name another prefix.")
    theirs, ours = newest[1]["run"], identity(read_manifest(folder))
    if theirs != ours:
        raise InputError(f'"backup" {place.address} holds another run (begun {theirs}; {folder} was begun {ours}). Name another prefix.')


def restore(place: Place, folder: Path) -> str | None:
    """Bring the newest whole backup into a run folder; returns its name, None when there is none.

    Raises:
        InputError: the place cannot be read, or the folder holds something else.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if folder.exists() and (folder / MANIFEST).is_file():
        raise InputError(f"{folder} holds a run already. Name another folder, or continue it.")
    try:
        for name, index in _backups(place):
            files = index["files"]
            say(f"  restoring {name} from {place.address}: {len(files)} files, {sum(f['size_bytes'] for f in files.values()) / 1e9:.2f} GB")
            try:
                # the manifest last: with it the folder is a run
                for path in sorted(files, key=lambda path: path == MANIFEST):
                    place.download(files[path]["name"], _inside(folder, path), files[path]["sha256"])
            except (Damaged, ClientError) as error:
                say(f"  skipping {name}: {short(error)}")
                continue
            return name
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"{place.address} cannot be read: {short(error)}. Check the bucket, its region and your AWS credentials.") from error
    return None


def _backups(place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whole backups, the newest first."""
    found = [name.removesuffix(f"/{INDEX}") for name in place.names(f"/{INDEX}")]
    for name in sorted(filter(progress, found), key=progress, reverse=True):
        try:
            index = json.loads(place.get(f"{name}/{INDEX}"))
            index["run"], index["files"].items()
        except (ValueError, KeyError, TypeError, AttributeError):
            say(f"  skipping {name}: its {INDEX} cannot be read")
            continue
        yield name, index


def progress(name: str) -> tuple[int, int] | tuple[()]:
    """How far a run is in a backup: in its stages, and in steps of that; nothing for another name."""
    stage, _, step = name.rpartition("-")
    if name == FINAL:
        return 3, 0
    return (STAGES.index(stage) + 1, int(step)) if stage in STAGES and step.isdigit() else ()


def _inside(folder: Path, path: str) -> Path:
    target = (folder / path).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise InputError(f'the backup names a file outside of its run: "{path}".')
    return target


def short(error: BaseException) -> str:
    """An error as part of a line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
