"""What the use cases need of the outside, each with an in-memory and a real implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from parley.campaign import AudiencePage, Campaign, PageRange, Send, SendStatus
from parley.caps import FrequencyCap
from parley.consent import OptOut
from parley.contact import Contact
from parley.conversion import Order, OrderLine
from parley.errors import ParleyError
from parley.imports import Import, ImportStatus, Tally
from parley.journal import JournalEvent, JournalKind
from parley.keys import ApiKey
from parley.lead import Lead, LeadStatus
from parley.ledger import Message, Response
from parley.money import Money
from parley.outcome import MessageStatus, Outcome
from parley.program import Program
from parley.sending import Sending
from parley.strikes import DEFAULT_STRIKE_LIMIT
from parley.themes import WordTally
from parley.webhook import Delivery, Destination, WebhookSubscription

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some of a list and the key to go on from; None at the end."""

    items: tuple[T, ...]
    next_key: str | None


class Clock(Protocol):
    """Time, and chance where a nonce is needed."""

    def now(self) -> datetime:
        """The present moment in UTC."""

    def nonce(self) -> str:
        """A short text that nobody else is given."""

    def pause(self, duration: timedelta) -> None:
        """Let time pass; at once where there is none to let pass."""


class WriteResult(StrEnum):
    """What became of a conditional write."""

    WRITTEN = "written"
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingWrite:
    """Replace a contact's `sending` map if its version is still `expected_version`."""

    phone: str
    expected_version: int
    sending: Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage:
    """Contacts of a scan and the key to go on from; None at the end."""

    contacts: tuple[Contact, ...]
    next_key: str | None


class ContactStore(Protocol):
    """Contacts by number. Every write moves `sending.version`; every read is consistent."""

    def get(self, phone: str) -> Contact | None:
        """The contact of a number."""

    def get_many(self, phones: Sequence[str]) -> dict[str, Contact]:
        """The contacts that exist among any number of numbers."""

    def save(self, contact: Contact, *, expected_version: int | None) -> bool:
        """Put a whole contact if the stored version is as expected; None: if there is none yet.

        False where another write came first: read again, decide again. The caller has moved
        `contact.sending.version` past the expected one.
        """

    def save_many(self, saves: Sequence[tuple[Contact, int | None]]) -> list[bool]:
        """`save` for many contacts with their expected versions, independent of each other."""

    def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
        """Conditional writes of `sending`, independent of each other, results in order."""

    def opt_out(
        self, phone: str, opt_out: OptOut, *, otherwise: Callable[[], Contact] | None = None
    ) -> Contact:
        """Write an opt-out unconditionally and at once; the contact as it stands after it.

        Where there is none, it is written on the one that `otherwise` makes, which is asked after
        nobody was found, or on one of whom nothing but the number is known.
        """

    def delete(self, phone: str) -> None:
        """Forget a contact."""

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start_key: str | None,
        limit: int,
        fields: frozenset[str] | None = None,
    ) -> ContactPage:
        """One page of one of `segments` parallel, disjoint scans over all contacts.

        Of each contact the number and these `fields` are read, the others as if there were nothing
        in them; None: all.
        """

    def listed(self, list_name: str, *, limit: int, start_key: str | None) -> Page[Contact]:
        """Contacts on a list, in no order; a page may be short, or even empty, before the end."""


class Journal(Protocol):
    """The append-only journal."""

    def append(self, events: Sequence[JournalEvent]) -> None:
        """Add events; one that is there already is left as it is."""

    def append_about(self, event: JournalEvent, about: JournalEvent) -> bool:
        """Add an event that follows from another of its number; False where that was forgotten."""

    def of(self, phone: str) -> list[JournalEvent]:
        """Everything about a number, oldest first."""

    def recent(
        self, kind: JournalKind, *, since: datetime, limit: int, start_key: str | None
    ) -> Page[JournalEvent]:
        """Opt-outs, replies, their meanings or texts after an opt-out, of all numbers from a time
        on, newest first; a page may be short."""

    def forget(self, phone: str) -> None:
        """Erase everything about a number."""

    def reply(self, sid: str) -> JournalEvent | None:
        """The inbound text that the provider gave this id (`details["sid"]`), consistently."""

    def history(self, sid: str) -> tuple[JournalEvent, list[JournalEvent]] | None:
        """The inbound text with this id, and everything about its number, oldest first."""

    def awaiting(self, consent_id: str) -> JournalEvent | None:
        """The consent with this event id that awaits an answer (`parley.consent.awaits_answer`),
        consistently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationSettings:
    """What holds over all programs; `strike_limit` is how many strikes suppress a number."""

    frequency_caps: tuple[FrequencyCap, ...] = ()
    test_phones: tuple[str, ...] = ()
    strike_limit: int = DEFAULT_STRIKE_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class SendContext:
    """A send with the program and the settings as they are now."""

    send: Send
    program: Program
    settings: OrganizationSettings


class ProgramStore(Protocol):
    """Programs and the settings over them."""

    def put(self, program: Program) -> None:
        """Create or replace. Raises ConflictError when its sender belongs to another program."""

    def get(self, program_id: str) -> Program | None:
        """A program by id."""

    def by_sender(self, address: str) -> Program | None:
        """The program that a messaging service or number belongs to."""

    def all(self) -> list[Program]:
        """Every program, by id."""

    def settings(self) -> OrganizationSettings:
        """The settings, defaults where none were put."""

    def put_settings(self, settings: OrganizationSettings) -> None:
        """Replace the settings."""


class KeyStore(Protocol):
    """API keys, found by the hash of the secret (G8)."""

    def add(self, key: ApiKey, *, secret_hash: str) -> None:
        """Keep a key under the hash of its secret (`parley.keys.key_hash`)."""

    def by_hash(self, secret_hash: str) -> ApiKey | None:
        """The key whose secret has this hash, consistently: a revoked one is gone at once."""

    def all(self) -> list[ApiKey]:
        """Every key, oldest first."""

    def revoke(self, key_id: str) -> bool:
        """Forget a key; whether there was one."""


class ImportStore(Protocol):
    """Imports and how far they are."""

    def create(self, job: Import) -> None:
        """Store a new import."""

    def get(self, import_id: str) -> Import | None:
        """An import by id, consistently."""

    def newest(self, *, limit: int, start_key: str | None) -> Page[Import]:
        """Imports, newest first."""

    def begin(self, import_id: str, *, etag: str) -> Import | None:
        """Move from awaiting_upload to processing and keep the file's etag; the import as it then
        stands, changed or not. None where there is no such import."""

    def cut(self, import_id: str, *, pieces: int) -> Import:
        """Note how many pieces the whole file has; the import as it then stands."""

    def count_piece(self, import_id: str, *, piece: int, tally: Tally) -> Import:
        """Add a piece's tally once, however often it is called; the import as it then stands."""

    def finish(
        self, import_id: str, *, status: ImportStatus, at: datetime, failure: str | None = None
    ) -> None:
        """Move from processing to completed or failed; nothing where it is not processing."""


class UploadChangedError(ParleyError):
    """The uploaded file was replaced while it was being read."""


class ImportFiles(Protocol):
    """Uploaded files and lists of rejects, by import id."""

    def upload_url(self, import_id: str) -> str:
        """A URL that takes the file by PUT for an hour."""

    def read(self, import_id: str, *, etag: str, start: int, end: int | None) -> Iterator[bytes]:
        """The file's bytes from `start` (included) to `end` (excluded) in chunks.

        Raises UploadChangedError where the file is not the one with this etag any more.
        """

    def discard_upload(self, import_id: str) -> None:
        """Delete the file; again changes nothing."""

    def put_piece_rejects(self, import_id: str, piece: int, content: bytes) -> None:
        """Keep the rejects of a piece, replacing what a try before left."""

    def join_rejects(self, import_id: str, *, heading: bytes, pieces: int) -> None:
        """Make one list of the heading and the rejects of all pieces in order."""

    def rejects_url(self, import_id: str) -> str:
        """A URL that gives the joined list by GET for an hour."""


class CampaignStore(Protocol):
    """Campaigns."""

    def create(self, campaign: Campaign) -> None:
        """Store a new campaign."""

    def get(self, campaign_id: str) -> Campaign | None:
        """A campaign by id, consistently."""

    def replace(self, campaign: Campaign, *, expected_version: int) -> bool:
        """Replace a campaign if its stored version is as expected; whether it was."""

    def newest(self, *, limit: int, start_key: str | None) -> Page[Campaign]:
        """Campaigns, newest first."""


class SendStore(Protocol):
    """Sends and their frozen audiences."""

    def newest(self, *, campaign_id: str | None, limit: int, start_key: str | None) -> Page[Send]:
        """Sends of a campaign or of all, newest first."""

    def create(self, send: Send) -> Send:
        """Store a send unless one with its id exists; the one that stands."""

    def get(self, send_id: str) -> Send | None:
        """A send by id, consistently."""

    def context(self, send_id: str) -> SendContext | None:
        """A send with its program and settings in one consistent read."""

    def move(
        self,
        send_id: str,
        *,
        to: SendStatus,
        only_from: frozenset[SendStatus],
        at: datetime,
        reason: str | None = None,
    ) -> bool:
        """Change a send's status if it is one of `only_from`; whether it was.

        `at` becomes `completed_at` for completed and canceled; `reason` becomes `pause_reason`.
        """

    def add_page(self, page: AudiencePage) -> AudiencePage:
        """Freeze a page and count its people in the send's audience, both or neither.

        Where the page exists already, nothing changes: the stored one is answered.
        """

    def page(self, send_id: str, page_id: str) -> AudiencePage | None:
        """A frozen page."""

    def pages(self, send_id: str) -> list[AudiencePage]:
        """All frozen pages of a send so far."""

    def close_segment(self, send_id: str, segment: int, segments: int, at: datetime) -> bool:
        """Note that a scan segment is through; True once all are, and then `resolved_at` is set."""

    def park(self, release: str, ranges: Sequence[PageRange]) -> None:
        """Note ranges that wait for a release (such as `2026-11-22T13:00Z` or `paused`)."""

    def parked(self, send_id: str, release: str) -> list[PageRange]:
        """The ranges that wait for a release."""

    def unpark(self, release: str, ranges: Sequence[PageRange]) -> None:
        """Forget that ranges wait, after they were queued."""


class Ledger(Protocol):
    """The messages of sends and the responses to them."""

    def get(self, message_id: str) -> Message | None:
        """A message by id, consistently."""

    def get_many(self, message_ids: Sequence[str]) -> dict[str, Message]:
        """The messages that exist among any number of ids, consistently."""

    def readable(self, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of these ids that have an entry which can be read, consistently."""

    def entries(
        self,
        send_id: str,
        *,
        status: MessageStatus | None,
        reason: str | None,
        limit: int,
        start_key: str | None,
    ) -> Page[Message]:
        """Messages of a send that have an entry, shard by shard, filtered; a page may be short.
        An entry that cannot be read is left out."""

    def record(self, messages: Sequence[Message]) -> None:
        """Write what became of messages; where an entry exists, the higher rank's status stands
        and what the entry lacks is filled in."""

    def report(
        self,
        message_id: str,
        outcome: Outcome,
        *,
        provider_sid: str | None,
        error_code: str | None,
        at: datetime,
    ) -> bool:
        """Apply a delivery receipt by rank; whether it changed anything. It may come before the
        record of the hand-over: then it makes the entry that the record fills in."""

    def respond(self, responses: Sequence[Response]) -> None:
        """Note responses to sends; one that is noted already is left as it is."""

    def add_orders(self, lines: Sequence[OrderLine]) -> None:
        """Note orders beside the messages of their buyers, each once by order id.

        Raises ConflictError for a buyer with more orders than an entry can hold.
        """

    def audit(self, partition: str) -> Iterator[Mapping[str, Any]]:
        """Every entry of a partition (`<send id>#<shard>`) as `parley.metrics.entry_metrics` takes
        it, consistently; one that cannot be read says so."""

    def probe(self, partition: str, nonce: str) -> None:
        """Write the partition's probe over the one before. Once metrics count it, the stream has
        told all that was written before."""

    def forget(self, message_ids: Sequence[str]) -> None:
        """Take number and body out of messages; what became of them stays and is counted."""

    def forget_replies(self, send_id: str, sids: Sequence[str]) -> None:
        """Take the words out of the replies to a send that have these sids; each stays counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChange:
    """One entry of the ledger before and after a change, as its stream tells.

    `partition` is the ledger's partition key (`<send id>#<shard>`), `key` the entry's in it, and
    `sequence` the stream's sequence number in 40 digits. An entry is what
    `parley.metrics.entry_metrics` takes; of a message it holds at least `status`, `reason`,
    `error_code` and `parts`. None: no entry.
    """

    partition: str
    sequence: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    key: str = ""


class Allowance(Protocol):
    """What may still be taken of a program's pace and of a send's money."""

    def pace(
        self, program_id: str, *, count: int, per_second: int, now: datetime, until: datetime
    ) -> datetime | None:
        """Reserve a program's next `count` hand-overs; when they may start, not before `now`.

        None, and nothing is reserved, where that would be after `until`: a send that is canceled
        must not have taken a program's pace for hours.
        """

    def spend(self, send_id: str, amount: Decimal, *, limit: Decimal) -> bool:
        """Reserve money of a send if its sum stays within the limit; whether it does."""

    def refund(self, send_id: str, amount: Decimal) -> None:
        """Give back money that was reserved and not spent."""


class LeadStore(Protocol):
    """Leads, at most one active for a contact and program."""

    def get(self, lead_id: str) -> Lead | None:
        """A lead by id, consistently."""

    def active(self, program_id: str, phone: str) -> Lead | None:
        """The active lead of a contact in a program."""

    def open(self, lead: Lead) -> bool:
        """Make a lead; False where the contact has an active one in the program by now."""

    def update(self, lead: Lead, *, expected: Lead) -> bool:
        """Replace a lead if status, owner, score, number of replies and being overdue are still as
        expected."""

    def ranked(self, status: LeadStatus, *, limit: int, start_key: str | None) -> Page[Lead]:
        """Leads of a status, highest score first, then by earliest `due_at`."""

    def of_phone(self, phone: str) -> list[Lead]:
        """All leads of a number, oldest first."""

    def forget(self, phone: str) -> None:
        """Erase all leads of a number."""


class OrderStore(Protocol):
    """Orders by the shop's own id."""

    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that exist among any number of ids, consistently."""

    def add_many(self, orders: Sequence[Order]) -> list[Order]:
        """Keep orders, each unless its id is taken; those that stand, in order."""

    def refund_many(self, refunds: Sequence[Order]) -> set[str]:
        """Note with the orders that are there what goes back of each: the ids of the refunds that
        together are within their order. One that was noted before is within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsRow:
    """What one row of metrics holds: its sums, how far of the stream they count, and how many
    records that was since the row was made or replaced."""

    sums: Mapping[str, int]
    mark: str | None
    records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow:
    """A partition's tally of words, and how far of the stream it counts."""

    tally: WordTally
    mark: str | None


class MetricsStore(Protocol):
    """Sums of what stream records changed: a row for each partition of the ledger, and beside it,
    where people replied, a tally of their words with a mark of its own."""

    def add(
        self,
        row: str,
        changes: Mapping[str, int],
        *,
        sequence: str,
        first: str | None = None,
        records: int = 1,
    ) -> bool:
        """Add changes to a ledger partition's row and advance its mark, both or neither.

        `sequence` is the highest stream sequence number among the changes, `first` the lowest
        (by default the same), 40 digits; `records` is how many there are. False where the row's
        mark is at `first` or past it.
        """

    def mark(self, row: str) -> str | None:
        """The highest sequence number applied to a row."""

    def row(self, row: str) -> MetricsRow:
        """A row, consistently; without a mark where there is none yet."""

    def replace(self, row: str, sums: Mapping[str, int], *, mark: str) -> bool:
        """Replace a row's sums if its mark still is `mark`; whether it was."""

    def of_send(self, send_id: str) -> dict[str, int]:
        """The metrics of a send, summed over its rows, consistently."""

    def of_sends(self, send_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """The metrics of any number of sends, each summed over its rows, consistently."""

    def tally(self, row: str) -> TallyRow:
        """The tally beside a row, consistently; empty and without a mark where there is none."""

    def put_tally(self, row: str, tally: WordTally, *, mark: str, expected: str | None) -> bool:
        """Replace the tally beside a row if its mark still is `expected`; whether it was."""

    def tallies(self, send_id: str) -> list[WordTally]:
        """All tallies of a send, consistently."""


class Queue(Protocol):
    """Commands for later: each body is a JSON object of ids."""

    def send(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        delay: timedelta = timedelta(0),
        group: str | None = None,
    ) -> None:
        """Queue every body or raise TransientError.

        A FIFO queue needs the group and keeps its order; any other delivers groups that have little
        on it before those that have much.
        """


class Scheduler(Protocol):
    """One-shot schedules with deterministic names."""

    def at(self, name: str, when: datetime, body: Mapping[str, Any]) -> None:
        """Have a body put on the releases queue at a time; once per name."""

    def cancel(self, name: str) -> None:
        """Remove a schedule; none by that name is no error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One SMS to be posted, not after `post_by`. Either sender field is set."""

    message_id: str
    to: str
    body: str
    messaging_service_sid: str | None
    from_: str | None
    validity: timedelta
    post_by: datetime


class PostStatus(StrEnum):
    """What the provider's answer to a POST means."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    AMBIGUOUS = "ambiguous"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostResult:
    """`sid` where accepted; `error_code` where refused; too late means that none was posted."""

    status: PostStatus
    sid: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMessage:
    """A message as the provider knows it."""

    sid: str
    to: str
    body: str
    outcome: Outcome
    error_code: str | None
    created_at: datetime


class Provider(Protocol):
    """Whoever carries texts."""

    def post(self, texts: Sequence[Text]) -> list[PostResult]:
        """Post texts at once, side by side; results in order. Never raises for one text's sake."""

    def find(self, to: str, *, since: datetime) -> list[ProviderMessage]:
        """Our messages to a number created since a time. Raises TransientError."""


class PriceList(Protocol):
    """Whoever knows what texts cost: the provider does, some time after they left."""

    def prices(self, sids: Sequence[str]) -> dict[str, Money]:
        """What texts cost, by the provider's ids, of those whose price is settled and could be
        read; never below zero."""


class WebhookStore(Protocol):
    """Outsiders who subscribed to facts, and what was last delivered to them."""

    def add(self, subscription: WebhookSubscription) -> None:
        """Keep a new subscription."""

    def get(self, subscription_id: str) -> WebhookSubscription | None:
        """A subscription by id, consistently: a removed one is gone at once."""

    def all(self) -> list[WebhookSubscription]:
        """Every subscription, oldest first, consistently."""

    def remove(self, subscription_id: str) -> bool:
        """Forget a subscription; whether there was one."""

    def note(self, subscription_id: str, delivery: Delivery) -> None:
        """Keep an attempt for some days."""

    def deliveries(self, subscription_id: str, *, limit: int) -> list[Delivery]:
        """The last attempts, newest first."""


class UnresolvedError(ParleyError):
    """A host's addresses are not known, or did not become known in time."""


class Resolver(Protocol):
    """Whoever knows the addresses of hosts."""

    def addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses of a host, at least one. Raises UnresolvedError."""


class DeliveryError(ParleyError):
    """A fact could not be handed to an outsider; the message says why in a few words."""


class Courier(Protocol):
    """Whoever carries facts to outsiders."""

    def deliver(self, destination: Destination, headers: Mapping[str, str], body: bytes) -> int:
        """POST to an address that was checked, within seconds; the status that was answered.

        A redirect is not followed. Raises DeliveryError where no answer came.
        """
