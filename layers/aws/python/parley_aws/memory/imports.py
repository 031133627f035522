"""Imports and their files in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import datetime

from parley.imports import Import, ImportStatus, Tally
from parley_aws.memory.paging import page_of
from parley_aws.ports import Page, UploadChangedError


class MemoryImports:
    """Imports and how far they are."""

    def __init__(self) -> None:
        self._imports: dict[str, Import] = {}
        self._counted: set[tuple[str, int]] = set()

    def create(self, job: Import) -> None:
        self._imports[job.id] = job

    def get(self, import_id: str) -> Import | None:
        return self._imports.get(import_id)

    def newest(self, *, limit: int, start_key: str | None) -> Page[Import]:
        newest_first = sorted(self._imports.values(), key=lambda j: j.created_at, reverse=True)
        return page_of(newest_first, limit=limit, start_key=start_key)

    def begin(self, import_id: str, *, etag: str) -> Import | None:
        job = self._imports.get(import_id)
        if job is not None and job.status is ImportStatus.AWAITING_UPLOAD:
            self._imports[import_id] = replace(job, status=ImportStatus.PROCESSING, etag=etag)
        return self._imports.get(import_id)

    def cut(self, import_id: str, *, pieces: int) -> Import:
        job = self._imports[import_id]
        if job.pieces is None:
            self._imports[import_id] = replace(job, pieces=pieces)
        return self._imports[import_id]

    def count_piece(self, import_id: str, *, piece: int, tally: Tally) -> Import:
        job = self._imports[import_id]
        if (import_id, piece) not in self._counted:
            self._counted.add((import_id, piece))
            sums = (a + b for a, b in zip(astuple(job.tally), astuple(tally), strict=True))
            rows, accepted, rejected, not_revived = sums
            total = Tally(rows=rows, accepted=accepted, rejected=rejected, not_revived=not_revived)
            self._imports[import_id] = replace(job, tally=total, pieces_done=job.pieces_done + 1)
        return self._imports[import_id]

    def finish(
        self, import_id: str, *, status: ImportStatus, at: datetime, failure: str | None = None
    ) -> None:
        job = self._imports[import_id]
        if job.status is ImportStatus.PROCESSING:
            self._imports[import_id] = replace(job, status=status, completed_at=at, failure=failure)


class MemoryImportFiles:
    """Uploaded files and lists of rejects; `uploads` and `rejects` are open to tests."""

    def __init__(self) -> None:
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.rejects: dict[str, bytes] = {}
        self._pieces: dict[tuple[str, int], bytes] = {}

    def upload(self, import_id: str, content: bytes, *, etag: str = "etag") -> None:
        """Put a file, as a PUT to the upload URL does."""
        self.uploads[import_id] = (etag, content)

    def upload_url(self, import_id: str) -> str:
        return f"memory://uploads/{import_id}"

    def read(self, import_id: str, *, etag: str, start: int, end: int | None) -> Iterator[bytes]:
        stored, content = self.uploads.get(import_id, ("", b""))
        if stored != etag:
            raise UploadChangedError("the file was replaced")
        part = content[start:end]
        yield from (part[at : at + 1000] for at in range(0, len(part), 1000))

    def discard_upload(self, import_id: str) -> None:
        self.uploads.pop(import_id, None)

    def put_piece_rejects(self, import_id: str, piece: int, content: bytes) -> None:
        self._pieces[import_id, piece] = content

    def join_rejects(self, import_id: str, *, heading: bytes, pieces: int) -> None:
        parts = [self._pieces[import_id, piece] for piece in range(pieces)]
        self.rejects[import_id] = b"".join([heading, *parts])

    def rejects_url(self, import_id: str) -> str:
        return f"memory://rejects/{import_id}"
