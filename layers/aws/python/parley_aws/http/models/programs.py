"""Programs and settings as the API takes and answers them."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from parley.caps import MAX_WINDOW_HOURS, FrequencyCap
from parley.consent import ALL_PROGRAMS
from parley.errors import InvalidInputError
from parley.program import (
    DEFAULT_PRICE_PER_PART,
    KeywordReplies,
    OptOutScope,
    Program,
    ProgramTexts,
    Sender,
)
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley.reply import Intent, Listening, classify_reply
from parley.strikes import DEFAULT_STRIKE_LIMIT
from parley.words import normalize
from parley_aws.http.models.base import (
    Flag,
    Identifier,
    Input,
    Line,
    MoneyInput,
    MoneyOutput,
    Output,
    PlainCopy,
    Whole,
    example,
)
from parley_aws.ports import OrganizationSettings

_QUIET_BY_LAW = frozenset({"US", "CA"})
_DEFAULT_WINDOW = QuietHours(policy=QuietHoursPolicy.WINDOW, start=time(21), end=time(8))
_LEAST_ALLOWED_MINUTES = 10
_MAX_PER_SECOND = 1000
_RESERVED = frozenset({Intent.OPT_OUT, Intent.HELP, Intent.OPT_IN, Intent.CONFIRM})


def _check_region(value: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if value not in SUPPORTED_REGIONS:
        raise ValueError("must be an ISO 3166 code of two letters such as US")
    return value


def _check_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be an IANA time zone such as America/Chicago")
    return value


def _check_phone(value: str) -> str:
    from parley_aws.numbers import read_number

    if not value.startswith("+"):
        raise ValueError("must begin with + and the country code, such as +15125550100")
    try:
        return read_number(value, None).phone
    except InvalidInputError as error:
        raise ValueError(error.problems[0].message) from None


def _check_sender_number(value: str) -> str:
    if re.fullmatch(r"[0-9]{3,8}", value):
        return value
    return _check_phone(value)


def _check_keywords(values: list[str]) -> list[str]:
    kept: dict[str, str] = {}
    for value in values:
        words = normalize(value)
        if not words:
            raise ValueError("holds a keyword without a letter or digit")
        if classify_reply(value, Listening(awaits_confirmation=True)).intent in _RESERVED:
            raise ValueError(f'"{value}" already means something: STOP, START, HELP or yes')
        kept.setdefault(words, " ".join(value.split()).upper())
    return list(kept.values())


Region = Annotated[str, AfterValidator(_check_region)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(_check_phone)]
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class SenderInput(Input):
    """What texts come from: exactly one of a messaging service and a number or short code."""

    model_config = example(
        messaging_service_sid="MG0123456789abcdef0123456789abcdef", keyword_replies="twilio"
    )

    messaging_service_sid: (
        Annotated[str, StringConstraints(pattern=r"^MG[0-9A-Za-z]{1,62}$")] | None
    ) = None
    from_: Annotated[str, AfterValidator(_check_sender_number)] | None = Field(
        default=None, alias="from", examples=["+15125550100"]
    )
    keyword_replies: KeywordReplies = KeywordReplies.TWILIO

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.messaging_service_sid is None) == (self.from_ is None):
            raise ValueError("takes exactly one of messaging_service_sid and from")
        return self


class SenderOutput(Output):
    """What texts come from: either field is set."""

    messaging_service_sid: str | None
    from_: str | None = Field(alias="from")
    keyword_replies: KeywordReplies


class FrequencyCapModel(Input):
    """At most so many promotional texts to a contact in any so many hours."""

    model_config = example(max_messages=1, window_hours=24)

    max_messages: Annotated[Whole, Field(ge=1, le=10_000)]
    window_hours: Annotated[Whole, Field(ge=1, le=MAX_WINDOW_HOURS)]

    def cap(self) -> FrequencyCap:
        """The cap as the domain knows it."""
        return FrequencyCap(max_messages=self.max_messages, window_hours=self.window_hours)

    @classmethod
    def of(cls, cap: FrequencyCap) -> FrequencyCapModel:
        """The cap as the API shows it."""
        return cls(max_messages=cap.max_messages, window_hours=cap.window_hours)


Caps = Annotated[list[FrequencyCapModel], Field(max_length=10)]
ClockTime = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["21:00"])
]


class QuietHoursModel(Input):
    """When not to text: `start` and `end` bound the quiet part of a `window`, in local time."""

    model_config = example(policy="window", start="21:00", end="08:00")

    policy: QuietHoursPolicy
    start: ClockTime | None = None
    end: ClockTime | None = None

    @model_validator(mode="after")
    def _window_has_bounds(self) -> Self:
        if self.policy is not QuietHoursPolicy.WINDOW:
            if self.start is not None or self.end is not None:
                raise ValueError('takes start and end only with "policy": "window"')
            return self
        if self.start is None or self.end is None:
            raise ValueError('takes start and end with "policy": "window"')
        if self.start == self.end:
            raise ValueError('must have a start that is not its end; use "policy": "none" for that')
        allowed = (_minutes(self.start) - _minutes(self.end)) % 1440
        if allowed < _LEAST_ALLOWED_MINUTES:
            raise ValueError(f"must leave at least {_LEAST_ALLOWED_MINUTES} minutes a day")
        return self

    def quiet_hours(self) -> QuietHours:
        """The quiet hours as the domain knows them."""
        return QuietHours(
            policy=self.policy,
            start=None if self.start is None else time.fromisoformat(self.start),
            end=None if self.end is None else time.fromisoformat(self.end),
        )

    @classmethod
    def of(cls, quiet: QuietHours) -> QuietHoursModel:
        """The quiet hours as the API shows them."""
        return cls(
            policy=quiet.policy,
            start=None if quiet.start is None else f"{quiet.start:%H:%M}",
            end=None if quiet.end is None else f"{quiet.end:%H:%M}",
        )


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


class KeywordsModel(Input):
    """Words that do something when a text is nothing else: `join` subscribes who sends it."""

    model_config = example(join=["PIZZA"])

    join: Annotated[list[Keyword], Field(max_length=20), AfterValidator(_check_keywords)] = Field(
        default_factory=list
    )


class TextsModel(Input):
    """Standing texts; null where the built-in one serves."""

    model_config = example(welcome="Welcome to Acme Pizza! Reply STOP to opt out, HELP for help.")

    welcome: PlainCopy | None = None
    double_opt_in: PlainCopy | None = None
    opt_out: PlainCopy | None = None
    help: PlainCopy | None = None


_PROGRAM = {
    "brand": "Acme Pizza",
    "sender": {
        "messaging_service_sid": "MG0123456789abcdef0123456789abcdef",
        "keyword_replies": "twilio",
    },
    "default_region": "US",
    "timezone": "America/Chicago",
    "frequency_caps": [
        {"max_messages": 1, "window_hours": 24},
        {"max_messages": 3, "window_hours": 168},
    ],
    "quiet_hours": {"policy": "us_states"},
    "trust_timezone": False,
    "opt_out_scope": "all",
    "messages_per_second": 10,
    "keywords": {"join": ["PIZZA"]},
    "double_opt_in": False,
    "disclosure_every_days": 30,
    "texts": {"welcome": "Welcome to Acme Pizza! Reply STOP to opt out, HELP for help."},
    "lead_sla_minutes": 15,
    "price_per_part": {"amount": "0.0083", "currency": "USD"},
}


class ProgramInput(Input):
    """A program: only `brand` and `sender` are required.

    Quiet hours default to `us_states` in US and CA, else to a window of 21:00 to 08:00.
    """

    model_config = example(**_PROGRAM)

    id: Identifier | None = Field(
        default=None, description="May stand here as GET answers it; it must be the path's"
    )
    brand: Line
    sender: SenderInput
    default_region: Region = "US"
    timezone: Zone = "UTC"
    frequency_caps: Caps = Field(default_factory=list)
    quiet_hours: QuietHoursModel | None = None
    trust_timezone: Flag = False
    opt_out_scope: OptOutScope = OptOutScope.ALL
    messages_per_second: Annotated[Whole, Field(ge=1, le=_MAX_PER_SECOND)] = 10
    keywords: KeywordsModel = Field(default_factory=KeywordsModel)
    double_opt_in: Flag = False
    disclosure_every_days: Annotated[Whole, Field(ge=1, le=3650)] | None = 30
    texts: TextsModel = Field(default_factory=TextsModel)
    lead_sla_minutes: Annotated[Whole, Field(ge=1, le=43_200)] = 15
    price_per_part: MoneyInput | None = None

    @field_validator("brand")
    @classmethod
    def _brand_is_visible(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must hold more than spaces")
        return value.strip()

    def program(self, program_id: str) -> Program:
        """The program as the domain knows it, defaults filled in.

        Raises InvalidInputError where the body names another id.
        """
        if self.id not in (None, program_id):
            raise InvalidInputError.of("id", "must be the one in the path, or left out")
        if self.quiet_hours is not None:
            quiet = self.quiet_hours.quiet_hours()
        elif self.default_region in _QUIET_BY_LAW:
            quiet = QuietHours(policy=QuietHoursPolicy.US_STATES)
        else:
            quiet = _DEFAULT_WINDOW
        days = self.disclosure_every_days
        price = self.price_per_part
        return Program(
            id=program_id,
            brand=self.brand,
            sender=Sender(
                messaging_service_sid=self.sender.messaging_service_sid,
                from_=self.sender.from_,
                keyword_replies=self.sender.keyword_replies,
            ),
            default_region=self.default_region,
            timezone=self.timezone,
            frequency_caps=tuple(cap.cap() for cap in self.frequency_caps),
            quiet_hours=quiet,
            trust_timezone=self.trust_timezone,
            opt_out_scope=self.opt_out_scope,
            messages_per_second=self.messages_per_second,
            join_keywords=tuple(self.keywords.join),
            double_opt_in=self.double_opt_in,
            disclosure_every=None if days is None else timedelta(days=days),
            texts=ProgramTexts(**self.texts.model_dump()),
            lead_sla=timedelta(minutes=self.lead_sla_minutes),
            price_per_part=DEFAULT_PRICE_PER_PART if price is None else price.money(),
        )


class ProgramOutput(Output):
    """A program with all that holds for it."""

    model_config = example(
        id="pizza",
        **{
            **_PROGRAM,
            "sender": {
                "messaging_service_sid": "MG0123456789abcdef0123456789abcdef",
                "from": None,
                "keyword_replies": "twilio",
            },
        },
    )

    id: str
    brand: str
    sender: SenderOutput
    default_region: str
    timezone: str
    frequency_caps: list[FrequencyCapModel]
    quiet_hours: QuietHoursModel
    trust_timezone: bool
    opt_out_scope: OptOutScope
    messages_per_second: int
    keywords: KeywordsModel
    double_opt_in: bool
    disclosure_every_days: int | None
    texts: TextsModel
    lead_sla_minutes: int
    price_per_part: MoneyOutput

    @classmethod
    def of(cls, program: Program) -> ProgramOutput:
        """The program as the API shows it."""
        texts, every = program.texts, program.disclosure_every
        return cls(
            id=program.id,
            brand=program.brand,
            sender=SenderOutput(
                messaging_service_sid=program.sender.messaging_service_sid,
                from_=program.sender.from_,
                keyword_replies=program.sender.keyword_replies,
            ),
            default_region=program.default_region,
            timezone=program.timezone,
            frequency_caps=[FrequencyCapModel.of(cap) for cap in program.frequency_caps],
            quiet_hours=QuietHoursModel.of(program.quiet_hours),
            trust_timezone=program.trust_timezone,
            opt_out_scope=program.opt_out_scope,
            messages_per_second=program.messages_per_second,
            keywords=KeywordsModel.model_construct(join=list(program.join_keywords)),
            double_opt_in=program.double_opt_in,
            disclosure_every_days=None if every is None else every.days,
            texts=TextsModel.model_construct(
                welcome=texts.welcome,
                double_opt_in=texts.double_opt_in,
                opt_out=texts.opt_out,
                help=texts.help,
            ),
            lead_sla_minutes=int(program.lead_sla.total_seconds() // 60),
            price_per_part=MoneyOutput.of(program.price_per_part),
        )


class ProgramList(Output):
    """Programs by id."""

    programs: list[ProgramOutput]
    next_cursor: str | None


def check_program_id(value: str) -> str:
    """Refuse the id that would name the scope of every program."""
    if value.lower() == ALL_PROGRAMS:
        raise ValueError(f'must not be "{ALL_PROGRAMS}", which stands for every program')
    return value


ProgramId = Annotated[Identifier, AfterValidator(check_program_id)]


class SettingsModel(Input):
    """What holds over all programs: caps, the phones that tests may go to, and how many texts in a
    row within 30 days may be lost before a number is taken for out of reach."""

    model_config = example(
        frequency_caps=[{"max_messages": 5, "window_hours": 168}], test_phones=["+15125550100"]
    )

    frequency_caps: Caps = Field(default_factory=list)
    test_phones: Annotated[list[Phone], Field(max_length=50)] = Field(default_factory=list)
    strike_limit: Annotated[Whole, Field(ge=1, le=20)] = DEFAULT_STRIKE_LIMIT

    def settings(self) -> OrganizationSettings:
        """The settings as the use cases know them."""
        return OrganizationSettings(
            frequency_caps=tuple(cap.cap() for cap in self.frequency_caps),
            test_phones=tuple(dict.fromkeys(self.test_phones)),
            strike_limit=self.strike_limit,
        )

    @classmethod
    def of(cls, settings: OrganizationSettings) -> SettingsModel:
        """The settings as the API shows them."""
        return cls.model_construct(
            frequency_caps=[FrequencyCapModel.of(cap) for cap in settings.frequency_caps],
            test_phones=list(settings.test_phones),
            strike_limit=settings.strike_limit,
        )
