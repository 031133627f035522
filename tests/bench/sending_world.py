"""The send, the audience and the carrier's answer that the benches of sending work with."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from parley.campaign import AudiencePage, Campaign, Send, SendStatus
from parley.caps import FrequencyCap
from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.program import Program, Sender
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley.sending import Claim, Sending
from parley_aws.dynamo import contacts as stored_contacts
from parley_aws.dynamo import programs as stored_programs
from parley_aws.dynamo import sends as stored_sends

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONTACTS, CAMPAIGNS, MESSAGES = "bench-contacts", "bench-campaigns", "bench-messages"
PEOPLE = 1000
SCANNED = 250
SEND_ID = "snd_0123456789abcdef0123"
PAGE_ID = "0-0"
PROGRAM_ID = "pizza"
SERVICE = "MG" + "7" * 32
ACCOUNT = "AC" + "1" * 32
SECRET = {"account_sid": ACCOUNT, "auth_token": "2" * 32, "id_key": "k" * 32}
BODY = "Hi {{ contact.first_name }}! 2 for 1 at Acme tonight, show this text. Reply STOP to opt out"

TAKEN = {
    "account_sid": ACCOUNT,
    "api_version": "2010-04-01",
    "body": "Hi Ann! 2 for 1 at Acme tonight, show this text. Reply STOP to opt out",
    "date_created": "Wed, 10 Jun 2026 17:00:00 +0000",
    "date_sent": None,
    "date_updated": "Wed, 10 Jun 2026 17:00:00 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": None,
    "messaging_service_sid": SERVICE,
    "num_media": "0",
    "num_segments": "0",
    "price": None,
    "price_unit": None,
    "sid": "SM" + "a" * 32,
    "status": "accepted",
    "subresource_uris": {
        "media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'a' * 32}/Media.json"
    },
    "to": "+15125550100",
    "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'a' * 32}.json",
}
"""What Twilio answers to a create through a messaging service."""


def phone(number: int) -> str:
    """The number of one of the audience."""
    return f"+1512{200 + number // 100:03d}{1000 + number:04d}"


def contacts() -> list[dict[str, Any]]:
    """Items of people in Texas with two lists, two attributes and two earlier claims each."""
    now = datetime.now(UTC)
    return [stored_contacts.item_of(_contact(number, now)) for number in range(PEOPLE)]


def campaign_items() -> dict[bytes, dict[str, Any]]:
    """The send, its program and its page, by a part of their keys that no other key holds."""
    now = datetime.now(UTC)
    return {
        b'"send"': stored_sends.item_of(_send(now)),
        b'"programs"': stored_programs.item_of(_program()),
        f'"page#{PAGE_ID}"'.encode(): _page(),
    }


def environment(*, aws_url: str, carrier_url: str) -> dict[str, str]:
    """The environment of functions that send, at constant servers."""
    queue_url = f"{aws_url}/000000000000/bench"
    tables = {"contacts": CONTACTS, "campaigns": CAMPAIGNS, "messages": MESSAGES}
    queues = ("sends", "reconciliations", "releases", "launches", "receipts")
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "LAMBDA_TASK_ROOT": "/var/task",
        "POWERTOOLS_SERVICE_NAME": "parley",
        **{f"{name.upper()}_TABLE": table for name, table in tables.items()},
        "JOURNAL_TABLE": "bench-journal",
        "METRICS_TABLE": "bench-metrics",
        **{f"{name.upper()}_QUEUE_URL": queue_url for name in queues},
        "RELEASES_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:bench",
        "SCHEDULE_GROUP": "bench",
        "SCHEDULER_ROLE_ARN": "arn:aws:iam::000000000000:role/bench",
        "SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench",
        "PUBLIC_BASE_URL": "https://abcdefghij.execute-api.us-east-1.amazonaws.com",
        "TWILIO_API_BASE_URL": carrier_url,
    }


def _contact(number: int, now: datetime) -> Contact:
    subscribed = Subscription(
        status=SubscriptionStatus.SUBSCRIBED,
        since=now - timedelta(days=30),
        event_id="0123456789abcdef0123",
    )
    return Contact(
        phone=phone(number),
        region="US",
        number_zones=("America/Chicago",),
        number_state="TX",
        first_name=f"Ann {number}",
        language="en",
        lists=frozenset({"vip" if number % 2 else "staff", "newsletter"}),
        attributes={"city": ("Austin", "Waco", "Dallas")[number % 3], "visits": number % 7},
        subscriptions={PROGRAM_ID: subscribed},
        sending=Sending(
            version=7,
            claims=tuple(
                Claim(
                    send_id=f"snd_{day:020}",
                    program_id=PROGRAM_ID,
                    nonce="abcdefghijkl",
                    post_by=now - timedelta(days=day),
                )
                for day in (8, 3)
            ),
            disclosed={PROGRAM_ID: now - timedelta(days=3)},
        ),
    )


def _program() -> Program:
    return Program(
        id=PROGRAM_ID,
        brand="Acme",
        sender=Sender(messaging_service_sid=SERVICE),
        frequency_caps=(FrequencyCap(max_messages=4, window_hours=168),),
        quiet_hours=_quiet_hours(),
        messages_per_second=1000,
    )


def _quiet_hours() -> QuietHours:
    """A window that is quiet, where the audience lives, when the bench will be over."""
    there = datetime.now(ZoneInfo("America/Chicago"))
    start, end = (there + timedelta(hours=hours) for hours in (11, 13))
    return QuietHours(
        policy=QuietHoursPolicy.WINDOW,
        start=time(start.hour, start.minute),
        end=time(end.hour, end.minute),
    )


def _send(now: datetime) -> Send:
    return Send(
        id=SEND_ID,
        campaign=Campaign(
            id="cmp_1",
            version=1,
            name="Bench",
            program_id=PROGRAM_ID,
            body=BODY,
            segment={"list": "newsletter"},
            holdout_percent=0,
            attribution_hours=72,
            auto_reply=None,
            lead_keywords=(),
            created_at=now,
            updated_at=now,
        ),
        status=SendStatus.SENDING,
        created_at=now,
        starts_at=now,
        expires_at=now + timedelta(hours=24),
        request_hash="0",
        audience=PEOPLE,
        resolved_at=now,
    )


def _page() -> dict[str, Any]:
    """The item of the page, as the store writes it."""
    written: list[dict[str, Any]] = []

    class Client:
        def transact_write_items(self, TransactItems: list[Any]) -> dict[str, Any]:  # noqa: N803
            written.append(TransactItems[0]["Put"]["Item"])
            return {}

    sends = stored_sends.DynamoSends(cast("DynamoDBClient", Client()), CAMPAIGNS)
    phones = tuple(phone(number) for number in range(PEOPLE))
    sends.add_page(AudiencePage(send_id=SEND_ID, id=PAGE_ID, phones=phones, next_key=None))
    return written[0]
