"""Test texts: a campaign as a few known phones get it, outside audience, caps and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from parley import disclosure
from parley.campaign import Campaign
from parley.contact import Contact, SubscriptionStatus
from parley.decide import Draft
from parley.errors import FieldProblem, InvalidInputError, QuotaError
from parley.journal import TextKind
from parley.number import PhoneNumber, new_contact
from parley.outcome import MessageStatus, SkipReason
from parley.parts import MAX_BODY_CHARACTERS, count_parts
from parley.program import Program
from parley.sending import TEXT_PREFIX
from parley_aws.ports import Allowance, Clock, ContactStore, OrganizationSettings
from parley_aws.use_cases.texting import HandOverText, TextOrder, TextStatus

MAX_PHONES = 5
MAX_PER_DAY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TestText:
    """What became of one test text. `detail` names the value that the contact lacks."""

    __test__ = False

    phone: str
    status: MessageStatus
    reason: str | None = None
    detail: str | None = None
    error_code: str | None = None
    body: str | None = None
    parts: int = 0


_STATUS = {
    TextStatus.ACCEPTED: (MessageStatus.ACCEPTED, None),
    TextStatus.UNKNOWN: (MessageStatus.UNKNOWN, None),
    TextStatus.REFUSED: (MessageStatus.FAILED, None),
    TextStatus.OPTED_OUT: (MessageStatus.SKIPPED, SkipReason.OPTED_OUT.value),
}

_HAVE_MET = frozenset({SubscriptionStatus.SUBSCRIBED, SubscriptionStatus.OPTED_OUT})
"""Who is or was a subscriber is answered by an outcome, anyone else by a refusal."""


class SendTest:
    """Sends test texts."""

    def __init__(
        self,
        *,
        contacts: ContactStore,
        allowance: Allowance,
        hand_over: HandOverText,
        clock: Clock,
        settings: OrganizationSettings,
    ) -> None:
        self._contacts = contacts
        self._allowance = allowance
        self._hand_over = hand_over
        self._clock = clock
        self._settings = settings

    def __call__(
        self,
        campaign: Campaign,
        program: Program,
        numbers: Sequence[PhoneNumber],
        render: Callable[[Contact], Draft],
    ) -> list[TestText]:
        """Text a campaign's body to test phones and subscribers.

        Raises InvalidInputError for a number that is neither, QuotaError past 20 texts a day.
        """
        found = [self._recipient(number, program) for number in numbers]
        problems = [
            FieldProblem(
                field=f"phones[{i}]",
                message="is neither in settings.test_phones nor subscribed to the program",
            )
            for i, contact in enumerate(found)
            if contact is None
        ]
        if problems:
            raise InvalidInputError(problems)
        day = self._clock.now().date().isoformat()
        if not self._allowance.spend(
            f"tests-{day}", Decimal(len(numbers)), limit=Decimal(MAX_PER_DAY)
        ):
            raise QuotaError(f"there are at most {MAX_PER_DAY} test texts a day (UTC)")
        return [self._text(c, campaign, program, render) for c in found if c is not None]

    def _recipient(self, number: PhoneNumber, program: Program) -> Contact | None:
        """Who has this number, made known to us where it is a test phone we never met."""
        contact = self._contacts.get(number.phone)
        if number.phone in self._settings.test_phones:
            if contact is None:
                contact = new_contact(number, self._clock.now())
                self._contacts.save(contact, expected_version=None)
            return contact
        has_met = contact is not None and contact.subscription_status(program.id) in _HAVE_MET
        return contact if has_met else None

    def _text(
        self,
        contact: Contact,
        campaign: Campaign,
        program: Program,
        render: Callable[[Contact], Draft],
    ) -> TestText:
        draft = render(contact)
        if draft.missing_value is not None:
            return TestText(
                phone=contact.phone,
                status=MessageStatus.SKIPPED,
                reason=SkipReason.MISSING_VALUE,
                detail=draft.missing_value,
            )
        body = draft.body
        if disclosure.is_due(program, contact.sending, self._clock.now()):
            body = disclosure.disclose(body, program)
        parts = count_parts(body).count
        if len(body) > MAX_BODY_CHARACTERS:
            return TestText(
                phone=contact.phone, status=MessageStatus.SKIPPED, reason=SkipReason.TOO_LONG
            )
        outcome = self._hand_over(
            TextOrder(
                id=f"{TEXT_PREFIX}test-{self._clock.nonce()}",
                kind=TextKind.TEST,
                phone=contact.phone,
                program=program,
                body=body,
                details={"campaign_id": campaign.id},
            )
        )
        status, reason = _STATUS[outcome.status]
        return TestText(
            phone=contact.phone,
            status=status,
            reason=reason,
            error_code=outcome.error_code,
            body=body,
            parts=parts,
        )
