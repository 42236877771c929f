"""Files to and from a place in S3: large ones in parts, an upload that broke off goes on, and what arrives is what was sent.

Each object carries the SHA-256 of its file; botocore adds a checksum to every request, which the server verifies. An endpoint
other than Amazon's is named as everywhere: AWS_ENDPOINT_URL_S3.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

PART_BYTES = 64 * 2**20
MOST_PARTS = 10_000         # of one object
AT_ONCE = 4                 # parts on their way: 256 MiB of memory
GONE = ("404", "NoSuchKey", "NotFound")


class Damaged(OSError):
    """What was downloaded is not what was uploaded."""


class Place:
    """`s3://bucket/prefix`; its methods raise botocore's errors.

    Raises:
        InputError: the client cannot be made (a region or a profile that does not exist).
    """

    def __init__(self, address: str, part_bytes: int = PART_BYTES):
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        self.address, self.part_bytes = address.rstrip("/"), part_bytes
        self.bucket, _, prefix = address.removeprefix("s3://").partition("/")
        self.prefix = prefix.strip("/")
        try:
            self.client = boto3.client("s3", config=Config(connect_timeout=10, read_timeout=60, max_pool_connections=2 * AT_ONCE,
                                                           retries={"mode": "standard", "max_attempts": 4}))
        except (BotoCoreError, ValueError) as error:
            raise InputError(f"{address}: {error}") from error

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def names(self, ending: str = "") -> Iterator[str]:
        """Names of the objects here that end so."""
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.key("")):
            for found in page.get("Contents", []):
                if found["Key"].endswith(ending):
                    yield found["Key"][len(self.key("")):]

    def holds(self, name: str, sha256: str) -> bool:
        """Whether a file of this content is there under this name."""
        from botocore.exceptions import ClientError

        try:
            return self.client.head_object(Bucket=self.bucket, Key=self.key(name))["Metadata"].get("sha256") == sha256
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return False
            raise

    def put(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self.key(name), Body=content)

    def get(self, name: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=self.key(name))["Body"].read()

    def upload(self, file: Path, name: str, sha256: str) -> None:
        """Send a file, unless it is there; parts of an earlier attempt are not sent again."""
        if self.holds(name, sha256):
            return
        to = {"Bucket": self.bucket, "Key": self.key(name)}
        size = file.stat().st_size
        if size <= self.part_bytes:
            with file.open("rb") as data:
                self.client.put_object(**to, Body=data, Metadata={"sha256": sha256})
            return
        part = max(self.part_bytes, -(-size // MOST_PARTS))
        upload, sent = self._begun(to, file, part) or (self.client.create_multipart_upload(**to, Metadata={"sha256": sha256})["UploadId"], {})

        def send(number: int) -> dict[str, Any]:
            tag = sent.get(number) or self.client.upload_part(**to, UploadId=upload, PartNumber=number,
                                                              Body=_part(file, number, part))["ETag"]
            return {"PartNumber": number, "ETag": tag}

        with ThreadPoolExecutor(AT_ONCE) as pool:
            parts = list(pool.map(send, range(1, -(-size // part) + 1)))
        self.client.complete_multipart_upload(**to, UploadId=upload, MultipartUpload={"Parts": parts})

    def _begun(self, to: dict[str, str], file: Path, part: int) -> tuple[str, dict[int, str]] | None:
        """An upload of the same file that broke off, and its parts (number → tag); one of other content is thrown away."""
        for found in self.client.list_multipart_uploads(Bucket=to["Bucket"], Prefix=to["Key"]).get("Uploads", []):
            if found["Key"] != to["Key"]:
                continue
            pages = self.client.get_paginator("list_parts").paginate(**to, UploadId=found["UploadId"])
            sent = {one["PartNumber"]: one["ETag"] for page in pages for one in page.get("Parts", [])}
            # S3 names a part by its MD5, unless it encrypts with a key of its own: then everything is sent again
            if all(tag == f'"{hashlib.md5(_part(file, number, part), usedforsecurity=False).hexdigest()}"' for number, tag in sent.items()):
                return found["UploadId"], sent
            self.client.abort_multipart_upload(**to, UploadId=found["UploadId"])
        return None

    def download(self, name: str, file: Path, sha256: str) -> None:
        """Fetch a file, unless it is there; it appears whole or not at all.

        Raises:
            Damaged: other content than was uploaded.
        """
        if file.is_file() and sha256_of(file) == sha256:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{file.name}.part")
        self.client.download_file(self.bucket, self.key(name), str(partial))
        if sha256_of(partial) != sha256:
            partial.unlink()
            raise Damaged(f"{self.address}/{name} is not what was uploaded")
        os.replace(partial, file)


def _part(file: Path, number: int, size: int) -> bytes:
    with file.open("rb") as data:
        data.seek((number - 1) * size)
        return data.read(size)


def sha256_of(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
