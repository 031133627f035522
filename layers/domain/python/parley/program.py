"""A program: a brand's stream of texts with its own sender and caps; the scope of consent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from parley.caps import FrequencyCap
from parley.money import Money
from parley.quiet_hours import QuietHours, QuietHoursPolicy

DEFAULT_PRICE_PER_PART = Money(amount=Decimal("0.0083"), currency="USD")


class KeywordReplies(StrEnum):
    """Who answers STOP, START and HELP."""

    TWILIO = "twilio"
    ADVANCED = "advanced"
    OURS = "ours"


class OptOutScope(StrEnum):
    """How far a STOP to this program reaches."""

    ALL = "all"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What texts come from: a messaging service, or one number or short code (`from_`)."""

    messaging_service_sid: str | None = None
    from_: str | None = None
    keyword_replies: KeywordReplies = KeywordReplies.TWILIO

    @property
    def address(self) -> str:
        """The one identifier that tells this sender from every other."""
        return self.messaging_service_sid or self.from_ or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTexts:
    """A program's standing texts; None where the built-in one serves."""

    welcome: str | None = None
    double_opt_in: str | None = None
    opt_out: str | None = None
    help: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How a brand texts. `disclosure_every` None turns the appended disclosure off."""

    id: str
    brand: str
    sender: Sender
    default_region: str = "US"
    timezone: str = "UTC"
    frequency_caps: tuple[FrequencyCap, ...] = ()
    quiet_hours: QuietHours = field(
        default_factory=lambda: QuietHours(policy=QuietHoursPolicy.US_STATES)
    )
    trust_timezone: bool = False
    opt_out_scope: OptOutScope = OptOutScope.ALL
    messages_per_second: int = 10
    join_keywords: tuple[str, ...] = ()
    double_opt_in: bool = False
    disclosure_every: timedelta | None = timedelta(days=30)
    texts: ProgramTexts = field(default_factory=ProgramTexts)
    lead_sla: timedelta = timedelta(minutes=15)
    price_per_part: Money = DEFAULT_PRICE_PER_PART
