"""What works imports, put together, and what its queue says.

A message is a notification of S3 (or its test), a piece to work on, or the place to go on cutting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from parley_aws import wiring
from parley_aws.people import registry_of
from parley_aws.s3 import import_of
from parley_aws.use_cases.csv_pieces import Piece
from parley_aws.use_cases.import_contacts import ImportContacts


def obey(body: Mapping[str, Any], has_time: Callable[[], bool]) -> None:
    """Do what a message of the imports queue says.

    Raises TransientError where another try may do what is left to do.
    """
    importer = ImportContacts(
        registry=registry_of(wiring),
        imports=wiring.imports(),
        files=wiring.import_files(),
        queue=wiring.queue("imports"),
        has_time=has_time,
    )
    if "piece" in body:
        importer.work(
            body["import_id"],
            Piece(
                number=body["piece"],
                start=body["start"],
                end=body["end"],
                first_line=body["first_line"],
            ),
        )
    elif "cut_from" in body:
        importer.cut(
            body["import_id"],
            number=body["cut_from"],
            start=body["start"],
            first_line=body["first_line"],
        )
    else:
        for import_id, etag in uploads_in(body):
            importer.begin(import_id, etag=etag)


def uploads_in(notification: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The imports whose files a notification of S3 tells of, with the files' etags.

    `s3:TestEvent`, which S3 sends when notifications are set up, tells of none.
    """
    for record in notification.get("Records", ()):
        uploaded = record["s3"]["object"]
        import_id = import_of(unquote_plus(uploaded["key"]))
        if import_id is not None:
            yield import_id, uploaded["eTag"].strip('"')
