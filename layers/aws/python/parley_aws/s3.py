"""Uploaded files and lists of rejects in the imports bucket, reached by short-lived links."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from parley.errors import TransientError
from parley_aws import sdk
from parley_aws.ports import UploadChangedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINK_SECONDS = 3600
_CHUNK = 256 * 1024
_UPLOADS = "uploads/"
_REJECTS = "rejects/"
_GONE = frozenset({"PreconditionFailed", "412", "NoSuchKey", "404"})


@cache
def s3() -> S3Client:
    """The S3 client of this process.

    Checksums are left to where they are required: a signed link with one could only take the very
    body it was made for.
    """
    config = Config(
        signature_version="s3v4",
        connect_timeout=2,
        read_timeout=30,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 4, "mode": "standard"},
    )
    return cast("S3Client", sdk.create("s3", config))


def upload_key(import_id: str) -> str:
    """Where the file of an import is uploaded to."""
    return f"{_UPLOADS}{import_id}.csv"


def import_of(key: str) -> str | None:
    """The import that an uploaded object belongs to, None where it is no upload."""
    if not key.startswith(_UPLOADS) or not key.endswith(".csv"):
        return None
    return key.removeprefix(_UPLOADS).removesuffix(".csv")


class S3ImportFiles:
    """The imports bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def upload_url(self, import_id: str) -> str:
        """A URL that takes the file by PUT for an hour, under any content type."""
        return self._client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self._bucket, "Key": upload_key(import_id)},
            ExpiresIn=LINK_SECONDS,
        )

    def read(self, import_id: str, *, etag: str, start: int, end: int | None) -> Iterator[bytes]:
        """The file's bytes from `start` (included) to `end` (excluded) in chunks.

        Raises UploadChangedError where the file is not the one with this etag any more, and
        TransientError where it cannot be read now.
        """
        last = "" if end is None else str(end - 1)
        try:
            answer = self._client.get_object(
                Bucket=self._bucket,
                Key=upload_key(import_id),
                Range=f"bytes={start}-{last}",
                IfMatch=f'"{etag}"',
            )
            yield from answer["Body"].iter_chunks(_CHUNK)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _GONE:
                raise UploadChangedError("the file was replaced or removed") from error
            if code not in ("InvalidRange", "416"):
                raise TransientError("the upload cannot be read") from error
        except BotoCoreError as error:
            raise TransientError("the upload cannot be read") from error

    def discard_upload(self, import_id: str) -> None:
        """Delete the file; again changes nothing."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=upload_key(import_id))
        except (ClientError, BotoCoreError) as error:
            raise TransientError("the upload cannot be deleted") from error

    def put_piece_rejects(self, import_id: str, piece: int, content: bytes) -> None:
        """Keep the rejects of a piece, replacing what a try before left."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=_piece_key(import_id, piece), Body=content
            )
        except (ClientError, BotoCoreError) as error:
            raise TransientError("rejects cannot be kept") from error

    def join_rejects(self, import_id: str, *, heading: bytes, pieces: int) -> None:
        """Make one list of the heading and the rejects of all pieces in order."""
        try:
            with tempfile.TemporaryFile() as joined:
                joined.write(heading)
                for piece in range(pieces):
                    answer = self._client.get_object(
                        Bucket=self._bucket, Key=_piece_key(import_id, piece)
                    )
                    joined.writelines(answer["Body"].iter_chunks(_CHUNK))
                joined.seek(0)
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=_rejects_key(import_id),
                    Body=joined,
                    ContentType="text/csv; charset=utf-8",
                )
        except (ClientError, BotoCoreError) as error:
            raise TransientError("rejects cannot be joined") from error

    def rejects_url(self, import_id: str) -> str:
        """A URL that gives the joined list by GET for an hour."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": _rejects_key(import_id),
                "ResponseContentDisposition": f'attachment; filename="rejects-{import_id}.csv"',
            },
            ExpiresIn=LINK_SECONDS,
        )


def _piece_key(import_id: str, piece: int) -> str:
    return f"{_REJECTS}{import_id}/{piece:06d}.csv"


def _rejects_key(import_id: str) -> str:
    return f"{_REJECTS}{import_id}.csv"
