"""What people do to a send that runs, and what a poisoned command does not: deployed.

Everything through HTTP and the carrier; the operator's part through SQS and the redrive command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from infra.local.client import Client, Connections, contact_path
from infra.local.home import CREDENTIALS, REGION, ROOT
from tests.support.carrier import eventually
from tests.support.shop import Shop, nonzero

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

OLD, NEW = "Acme: 2 for 1. STOP to end", "Acme: 3 for 2. STOP to end"


@pytest.fixture
def carrier(stack: Connections) -> Iterator[Client]:
    """The carrier, which behaves again afterwards."""
    try:
        yield stack.carrier
    finally:
        stack.carrier.put("/simulator/behavior", {})


def paused_early(shop: Shop, campaign_id: str) -> str:
    """A send that is paused for good with most of its people pending."""
    send_id = shop.trigger(campaign_id)
    shop.until(send_id, lambda send: send["counts"]["accepted"] + send["counts"]["delivered"] > 0)
    shop.marketer.post(f"/sends/{send_id}/pause")
    return send_id


def test_a_key_triggers_one_send(stack: Connections) -> None:
    shop = Shop(stack, 2)
    path = f"{stack.api_url}/campaigns/{shop.campaign()}/sends"
    headers = {"Authorization": f"Bearer {stack.keys['marketer']}", "Idempotency-Key": "friday"}
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()

    def trigger(body: dict[str, Any]) -> requests.Response:
        return requests.post(path, json=body, headers=headers, timeout=30)

    first, again, other = trigger({"send_at": at}), trigger({"send_at": at}), trigger({})
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert again.json()["id"] == first.json()["id"]
    assert other.headers["Content-Type"] == "application/problem+json"
    shop.marketer.post(f"/sends/{first.json()['id']}/pause")
    assert shop.send(first.json()["id"])["status"] == "paused"
    shop.marketer.post(f"/sends/{first.json()['id']}/resume")
    assert shop.send(first.json()["id"])["status"] == "scheduled"
    shop.marketer.post(f"/sends/{first.json()['id']}/cancel")
    ended = shop.send(first.json()["id"])
    assert (ended["status"], nonzero(ended)) == ("canceled", {})


def test_an_edited_campaign_and_an_erased_contact_in_mid_send(
    stack: Connections, carrier: Client
) -> None:
    shop = Shop(stack, 120, messages_per_second=10)
    campaign_id = shop.campaign(OLD)
    send_id = paused_early(shop, campaign_id)
    waiting = shop.marketer.get(f"/sends/{send_id}/messages", status="pending", limit=3)
    erased = [message["phone"] for message in waiting["messages"]]
    shop.marketer.patch(f"/campaigns/{campaign_id}", {"body": NEW})
    for phone in erased:
        shop.marketer.delete(contact_path(phone))
    texted = shop.texts(carrier)
    gone = [phone for phone in erased if phone not in texted]
    assert gone
    stack.client("admin").put(
        f"/programs/{shop.name}", {**shop.program, "messages_per_second": 500}
    )
    shop.marketer.post(f"/sends/{send_id}/resume")
    done = shop.completed(send_id)
    assert done["skipped"] == {"not_subscribed": len(gone)}, "G4"
    texts = shop.texts(carrier)
    assert texts == dict.fromkeys(set(shop.phones) - set(gone), 1)
    assert {text["body"] for text in shop.taken(carrier)} == {OLD}, "the version is frozen"
    shop.completed(shop.trigger(campaign_id))
    assert {text["body"] for text in shop.taken(carrier)} == {OLD, NEW}


def test_one_body_that_does_not_come_out_is_one_persons_matter(
    stack: Connections, carrier: Client
) -> None:
    shop = Shop(stack, 6)
    names = dict(zip(shop.phones, ("Ann", "Ben", "Cy", "Dee", "Eve", None), strict=True))
    people = [
        {
            "phone": phone,
            **({"first_name": name} if name else {}),
            **({"attributes": {"chatty": "yes"}} if name == "Eve" else {}),
        }
        for phone, name in names.items()
    ]
    shop.marketer.post("/contacts", {"contacts": people})
    chatty = (
        "{% if contact.attributes.chatty %}{% for i in (1..400) %}hello {% endfor %}{% endif %}"
    )
    send_id = shop.trigger(
        shop.campaign(f"Acme: hi {{{{ contact.first_name }}}}! {chatty}STOP to end")
    )
    done = shop.completed(send_id)
    assert done["skipped"] == {"missing_value": 1, "too_long": 1}
    assert set(shop.texts(carrier)) == set(shop.phones[:4])


class Operator:
    """Somebody with an AWS account's rights: the queues, and the redrive command."""

    def __init__(self, home: Path) -> None:
        self._home = home
        described = json.loads((home / "local.json").read_text())
        self._endpoint_url = described["aws_endpoint_url"]
        self.outputs = described["outputs"]
        self.url = self.outputs["SendsQueueUrl"]
        self.sqs = self.client("sqs")
        policy = json.loads(self._attributes(self.url)["RedrivePolicy"])
        name = policy["deadLetterTargetArn"].rpartition(":")[2]
        self.dead_url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def client(self, service: str) -> Any:
        """A client of the engine."""
        session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return session.client(service, endpoint_url=self._endpoint_url)  # type: ignore[call-overload]  # the service is a variable

    @contextmanager
    def visible_again_after(self, seconds: int) -> Iterator[None]:
        """Let what failed come back soon, not after six times the function's timeout."""
        usual = self._attributes(self.url)["VisibilityTimeout"]
        self._set_visibility(str(seconds))
        try:
            yield
        finally:
            self._set_visibility(usual)

    def put(self, url: str, *bodies: str) -> None:
        """Put messages on a queue."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body)

    def waiting(self, url: str) -> int:
        """How many messages a queue holds, seen or not."""
        found = self._attributes(url)
        return sum(
            int(found[f"ApproximateNumberOfMessages{kind}"])
            for kind in ("", "NotVisible", "Delayed")
        )

    def taken(self, url: str) -> list[str]:
        """The bodies on a queue, which are then gone."""
        bodies = []
        while batch := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            bodies += [message["Body"] for message in batch]
            for message in batch:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def redrive(self, queue: str, *, status: int = 0) -> dict[str, Any]:
        """What `make redrive` runs and tells, with the exit status it has to have."""
        done = subprocess.run(
            [sys.executable, "-m", "infra.local", "redrive", queue],
            cwd=ROOT,
            env={**os.environ, "PARLEY_HOME": str(self._home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def _attributes(self, url: str) -> dict[str, str]:
        asked = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: dict[str, str] = asked["Attributes"]
        return attributes

    def _set_visibility(self, seconds: str) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"VisibilityTimeout": seconds})


@pytest.fixture
def operator(stack: Connections, stack_home: Path) -> Operator:
    """The operator of the running stack."""
    return Operator(stack_home)


def until(holds: Callable[[], bool]) -> None:
    eventually(holds, within=60)


@pytest.mark.slow
def test_g3_poison_dies_alone_and_what_is_put_back_texts_nobody_twice(
    stack: Connections, carrier: Client, operator: Operator
) -> None:
    shop = Shop(stack, 40)
    nowhere = {"send_id": "snd_00000000000000000000", "page_id": "0-0", "start": 0, "end": 50}
    poison = ["not JSON", "{}", json.dumps(nowhere)]
    with operator.visible_again_after(2):
        operator.put(operator.url, *poison)
        send_id = shop.trigger()
        done = shop.completed(send_id)
        assert shop.texts(carrier) == dict.fromkeys(shop.phones, 1), "the others go on"
        until(lambda: operator.waiting(operator.dead_url) == len(poison))
    assert done["counts"]["audience"] == 40
    assert sorted(operator.taken(operator.dead_url)) == sorted(poison)

    again = [
        json.dumps({"send_id": send_id, "page_id": f"{segment}-0", "start": 0, "end": 50})
        for segment in range(4)
    ]
    operator.put(operator.dead_url, *again)
    assert operator.redrive("sends") == {"queue": "sends", "moved": len(again)}
    until(lambda: operator.waiting(operator.url) == operator.waiting(operator.dead_url) == 0)
    assert shop.texts(carrier) == dict.fromkeys(shop.phones, 1)
    assert nonzero(shop.send(send_id))["audience"] == 40


def failure_of(operator: Operator, function: str, send_id: str) -> str:
    """What Lambda puts on the failures queue when a function gives up on a send's record."""
    table = operator.client("dynamodb").describe_table(TableName=operator.outputs["CampaignsTable"])
    arn = table["Table"]["LatestStreamArn"]
    streams = operator.client("dynamodbstreams")
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    shard = shards[0]["ShardId"]
    answer = {
        "NextShardIterator": streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
    }
    keys = {"pk": {"S": f"send#{send_id}"}, "sk": {"S": "send"}}
    numbers: list[str] = []
    while not numbers:
        answer = streams.get_records(ShardIterator=answer["NextShardIterator"])
        assert answer["Records"], "the send is not in the stream"
        changes = [record["dynamodb"] for record in answer["Records"]]
        numbers = [change["SequenceNumber"] for change in changes if change["Keys"] == keys]
    functions = operator.client("lambda").list_functions(MaxItems=50)["Functions"]
    named = {each["Description"]: each["FunctionArn"] for each in functions}
    return json.dumps(
        {
            "requestContext": {"functionArn": named[f"Parley: {function}"]},
            "DDBStreamBatchInfo": {
                "shardId": shard,
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[0],
                "batchSize": 1,
                "streamArn": arn,
            },
        }
    )


def test_what_a_stream_consumer_gave_up_on_is_replayed_or_refused(
    stack: Connections, operator: Operator
) -> None:
    """The local engine never gives up on a record by itself, so the failures are made here."""
    shop = Shop(stack, 1)
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    send_id = shop.trigger(send_at=in_an_hour)
    failures = operator.outputs["StreamFailuresQueueUrl"]
    operator.put(failures, failure_of(operator, "launch sends", send_id))
    told = operator.redrive("stream-failures")
    assert told == {"queue": "stream-failures", "moved": 1, "refused": []}
    operator.put(failures, failure_of(operator, "record metrics", send_id))
    refused = operator.redrive("stream-failures", status=1)
    assert refused["moved"] == 0
    assert refused["refused"][0].startswith("Parley: record metrics: it has counted later")
    assert operator.waiting(failures) == 1
    operator.sqs.purge_queue(QueueUrl=failures)
    assert shop.send(send_id)["status"] == "scheduled", "launched twice, it waits for its time"
    shop.marketer.post(f"/sends/{send_id}/cancel")
