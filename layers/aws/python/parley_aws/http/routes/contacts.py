"""Contacts: stored in bulk, looked at one by one, opted out and in, erased and exported."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from parley.number import PhoneNumber
from parley_aws.http.api import EVERYONE, MARKETERS, SALES, Api, Cursor, Limit
from parley_aws.http.models.contacts import (
    ContactList,
    ContactOutput,
    ContactsInput,
    ContactSummary,
    ConversationOutput,
    ExportOutput,
    OptInInput,
    OptInOutput,
    OptOutInput,
    SaidOutput,
    UpsertOutput,
)
from parley_aws.http.services import Services
from parley_aws.numbers import read_number
from parley_aws.people import open_claims_of, record_opt_out_of, registry_of
from parley_aws.use_cases.conversation import conversation_of
from parley_aws.use_cases.lead_work import cool_leads
from parley_aws.use_cases.person import ErasePerson, FindPerson, record_opt_in
from parley_aws.use_cases.upsert_contacts import Row, upsert_contacts

MAX_BODY_BYTES = 4 * 1024 * 1024
_TAG = "Contacts"


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post("/contacts", roles=MARKETERS, tag=_TAG, max_body_bytes=MAX_BODY_BYTES)
    def store_contacts(body: Annotated[ContactsInput, Body()]) -> UpsertOutput:
        """Store up to 500 contacts.

        Fields merge, null deletes, lists add. National formats are read in the region of the
        consent's program. Without consent a contact is stored and never texted. A bad row is
        listed in `rejected` and costs only itself. Consent in bulk never revives someone who
        opted out: the row is kept, its consent is not, and it is listed as `opted_out`.
        """
        registry = registry_of(services)
        rows = [Row(index=i, values=row) for i, row in enumerate(body.contacts)]
        region = registry.default_region()
        return UpsertOutput.of(upsert_contacts(rows, region=region, registry=registry))

    @api.get("/contacts", roles=MARKETERS, tag=_TAG)
    def list_contacts(
        list_name: Annotated[str, Query(alias="list", min_length=1, max_length=64)],
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> ContactList:
        """List the contacts on a list.

        A page may be short, or even empty, before the end: go on while there is a `next_cursor`.
        """
        scope = f"contacts:{list_name}"
        page = services.contacts().listed(
            list_name, limit=limit, start_key=api.start_key(cursor, scope=scope)
        )
        return ContactList(
            contacts=[ContactSummary.of(contact) for contact in page.items],
            next_cursor=api.cursor(page.next_key, scope=scope),
        )

    @api.get("/contacts/{phone}", roles=MARKETERS, tag=_TAG)
    def get_contact(phone: str) -> ContactOutput:
        """Show a contact with subscriptions, consents, and the latest messages of sends."""
        return ContactOutput.of_person(_find(services)(_number(phone).phone))

    @api.get("/contacts/{phone}/conversation", roles=SALES, tag=_TAG)
    def get_conversation(phone: str) -> ConversationOutput:
        """Show what was said between a contact and us, both ways, oldest first."""
        person = _find(services)(_number(phone).phone)
        return ConversationOutput(
            phone=person.contact.phone,
            texts=[SaidOutput.of(said) for said in conversation_of(person)],
        )

    @api.post("/contacts/{phone}/opt-out", roles=EVERYONE, tag=_TAG)
    def opt_out(phone: str, body: Annotated[OptOutInput | None, Body()] = None) -> ContactSummary:
        """Record that somebody wants no more texts, in every program or in one.

        It holds at once: when this is answered, no text of that scope is handed over any more. A
        number that nobody knew is suppressed as well, and their leads go last. Again changes
        nothing.
        """
        asked = body or OptOutInput()
        contact = record_opt_out_of(services)(
            _number(phone), scope=asked.scope, source=asked.source, note=asked.note
        )
        cool_leads(services.leads(), contact)
        return ContactSummary.of(contact)

    @api.post(
        "/contacts/{phone}/opt-in",
        roles=MARKETERS,
        tag=_TAG,
        also={409: "They opted out after this very opt-in was recorded"},
    )
    def opt_in(phone: str, body: Annotated[OptInInput, Body()]) -> OptInOutput:
        """Record one person's consent, with evidence; it brings back who had left.

        `warnings` holds `carrier_block` where they texted STOP: the carrier still blocks the
        number until they text START.
        """
        done = record_opt_in(_number(phone), body.values(), registry=registry_of(services))
        return OptInOutput.of_opt_in(done)

    @api.delete("/contacts/{phone}", roles=MARKETERS, tag=_TAG, status=204)
    def erase_contact(phone: str) -> None:
        """Erase a contact: profile, journal, leads, and number and text of every message.

        Only a keyed hash is kept, under which the number stays suppressed.
        """
        erase = ErasePerson(
            registry=registry_of(services),
            find_person=_find(services),
            ledger=services.ledger(),
            leads=services.leads(),
            open_claims=open_claims_of(services),
        )
        erase(_number(phone).phone)

    @api.get("/contacts/{phone}/export", roles=MARKETERS, tag=_TAG)
    def export_contact(phone: str) -> ExportOutput:
        """Give all that is held on a contact."""
        person = _find(services)(_number(phone).phone, all_sends=True)
        leads = services.leads().of_phone(person.contact.phone)
        return ExportOutput.of(person, leads, services.clock().now())


def _find(services: Services) -> FindPerson:
    return FindPerson(
        registry=registry_of(services), sends=services.sends(), ledger=services.ledger()
    )


def _number(phone: str) -> PhoneNumber:
    """The number in a path, E.164. Raises InvalidInputError on `phone`."""
    return read_number(phone, None)
