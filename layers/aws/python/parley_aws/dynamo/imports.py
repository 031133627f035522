"""Imports and their progress, in the campaigns table: each piece leaves an item, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from parley.errors import ConflictError, NotFoundError
from parley.imports import Import, ImportConsent, ImportKind, ImportStatus, Tally
from parley_aws.dynamo import catalog
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode, moment_of, stamp
from parley_aws.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COLLECTION = "imports"


class DynamoImports:
    """Imports in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def create(self, job: Import) -> None:
        """Store a new import. Raises ConflictError where its id is taken."""
        if not run_if(
            self._client.put_item,
            stands=lambda: {} if self.get(job.id) == job else None,
            TableName=self._table,
            Item=_item_of(job),
            ConditionExpression="attribute_not_exists(pk)",
        ):
            raise ConflictError(f"import {job.id} exists")

    def get(self, import_id: str) -> Import | None:
        """An import by id, consistently."""
        answer = run(
            self._client.get_item, TableName=self._table, Key=_key(import_id), ConsistentRead=True
        )
        item = answer.get("Item")
        return _import_of(item) if item else None

    def newest(self, *, limit: int, start_key: str | None) -> Page[Import]:
        """Imports, newest first."""
        return catalog.newest(
            self._client,
            self._table,
            COLLECTION,
            read=_import_of,
            limit=limit,
            start_key=start_key,
        )

    def begin(self, import_id: str, *, etag: str) -> Import | None:
        """Move from awaiting_upload to processing and keep the file's etag; the import as it then
        stands, changed or not. None where there is no such import."""
        self._update(
            import_id,
            "SET #status = :processing, etag = :etag",
            condition="#status = :awaiting",
            values={
                ":processing": {"S": ImportStatus.PROCESSING.value},
                ":awaiting": {"S": ImportStatus.AWAITING_UPLOAD.value},
                ":etag": {"S": etag},
            },
            names={"#status": "status"},
        )
        return self.get(import_id)

    def cut(self, import_id: str, *, pieces: int) -> Import:
        """Note how many pieces the whole file has; the import as it then stands."""
        self._update(
            import_id,
            "SET pieces = :pieces",
            condition="attribute_exists(pk) AND attribute_not_exists(pieces)",
            values={":pieces": {"N": str(pieces)}},
        )
        return self._existing(import_id)

    def count_piece(self, import_id: str, *, piece: int, tally: Tally) -> Import:
        """Add a piece's tally once, however often it is called; the import as it then stands."""
        counts = {"pieces_done": 1, **asdict(tally)}
        done = _key(import_id) | {"sk": {"S": f"piece#{piece:06d}"}}
        run_if(
            self._client.transact_write_items,
            stands=None,
            TransactItems=[
                {
                    "Put": {
                        "TableName": self._table,
                        "Item": done | encode(asdict(tally)),
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": _key(import_id),
                        "UpdateExpression": f"ADD {', '.join(f'#{n} :{n}' for n in counts)}",
                        "ConditionExpression": "attribute_exists(pk)",
                        "ExpressionAttributeNames": {f"#{name}": name for name in counts},
                        "ExpressionAttributeValues": {
                            f":{name}": {"N": str(count)} for name, count in counts.items()
                        },
                    }
                },
            ],
        )
        return self._existing(import_id)

    def finish(
        self, import_id: str, *, status: ImportStatus, at: datetime, failure: str | None = None
    ) -> None:
        """Move from processing to completed or failed; nothing where it is not processing."""
        values = {
            ":status": {"S": status.value},
            ":processing": {"S": ImportStatus.PROCESSING.value},
            ":at": {"S": stamp(at)},
        }
        if failure is not None:
            values[":failure"] = {"S": failure}
        self._update(
            import_id,
            "SET #status = :status, completed_at = :at"
            + ("" if failure is None else ", failure = :failure"),
            condition="#status = :processing",
            values=values,
            names={"#status": "status"},
        )

    def _update(
        self,
        import_id: str,
        expression: str,
        *,
        condition: str,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> None:
        """Update an import where a condition holds, else leave it."""
        run_if(
            self._client.update_item,
            stands=None,
            TableName=self._table,
            Key=_key(import_id),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            **({"ExpressionAttributeNames": names} if names else {}),
        )

    def _existing(self, import_id: str) -> Import:
        job = self.get(import_id)
        if job is None:
            raise NotFoundError(f"there is no import {import_id}")
        return job


def _item_of(job: Import) -> Item:
    consent = job.consent
    values = {
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "program_id": job.program_id,
        "lists": job.lists,
        "consent": asdict(consent) if consent else None,
        "etag": job.etag,
        "pieces": job.pieces,
        "pieces_done": job.pieces_done,
        **asdict(job.tally),
        "failure": job.failure,
        "completed_at": job.completed_at,
    }
    return _key(job.id) | encode(values) | catalog.entry(COLLECTION, job.created_at)


def _import_of(item: Mapping[str, Any]) -> Import:
    values = decode(item)
    completed_at = values.get("completed_at")
    return Import(
        id=values["id"],
        kind=ImportKind(values["kind"]),
        status=ImportStatus(values["status"]),
        created_at=moment_of(values["created_at"]),
        program_id=values.get("program_id"),
        lists=tuple(values["lists"]),
        consent=_consent_of(values.get("consent")),
        etag=values.get("etag"),
        pieces=values.get("pieces"),
        pieces_done=values["pieces_done"],
        tally=Tally(
            rows=values["rows"],
            accepted=values["accepted"],
            rejected=values["rejected"],
            not_revived=values["not_revived"],
        ),
        failure=values.get("failure"),
        completed_at=moment_of(completed_at) if completed_at else None,
    )


def _consent_of(values: Mapping[str, Any] | None) -> ImportConsent | None:
    if values is None:
        return None
    obtained_at = values.get("obtained_at")
    return ImportConsent(
        source=values["source"],
        obtained_at=moment_of(obtained_at) if obtained_at else None,
        wording=values.get("wording"),
    )


def _key(import_id: str) -> Item:
    return {"pk": {"S": f"import#{import_id}"}, "sk": {"S": "import"}}
