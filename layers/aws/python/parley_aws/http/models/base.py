"""Building blocks of the API's models: strict inputs, times in UTC, money as decimal text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)

from parley.money import CURRENCIES, Money

Whole = StrictInt
"""A whole number; neither "5" nor true is one."""

Flag = StrictBool
"""true or false, nothing else."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strict=True)]
"""A name or the like: 1 to 200 characters."""


def check_visible(value: str) -> str:
    """Refuse what is nothing but spaces."""
    if not value.strip():
        raise ValueError("must hold more than spaces")
    return value


Copy = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1600, strict=True),
    AfterValidator(check_visible),
]
"""A text as it is sent: 1 to 1,600 characters, which is the most the provider takes."""


def _check_plain(value: str) -> str:
    if "{{" in value or "{%" in value:
        raise ValueError("is texted as it stands: Liquid works in a campaign's body only")
    return value


PlainCopy = Annotated[Copy, AfterValidator(_check_plain)]
"""A text as it is sent, in which no tags of Liquid were meant."""

Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", strict=True)
]
"""An id that a person chooses: letters, digits, dot, dash and underscore, up to 64."""

_RFC_3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+ -]\d\d:\d\d)$")


def _parse_moment(value: object) -> datetime:
    """An instant from RFC 3339 text, to the millisecond, which is what tables keep.

    The plus sign of a query that was not escaped is forgiven.
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.match(value):
        raise ValueError("must be a time with its offset, such as 2026-11-27T18:00:00Z")
    text = f"{value[:19]}{value[19:].replace(' ', '+')}".upper()
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    except (ValueError, OverflowError):
        raise ValueError("is no time that exists") from None


def _rfc_3339(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    BeforeValidator(_parse_moment),
    PlainSerializer(_rfc_3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-27T18:00:00Z"]}),
]
"""An instant: RFC 3339 with an offset in, in UTC with `Z` out."""


class Input(BaseModel):
    """Something a caller sends: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Output(BaseModel):
    """Something the API answers."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, defer_build=True)


_AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"


def check_currency(value: str) -> str:
    """A currency's code as it is. Raises ValueError for one that is none."""
    if value not in CURRENCIES:
        raise ValueError("must be an ISO 4217 code such as USD")
    return value


def _check_amount(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_AMOUNT, value):
        raise ValueError('must be a decimal text such as "25.00"')
    return value


class MoneyInput(Input):
    """An amount as decimal text and its currency."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": "25.00", "currency": "USD"}]}
    )

    amount: Annotated[
        str,
        StringConstraints(strict=True),
        BeforeValidator(_check_amount),
        WithJsonSchema({"type": "string", "pattern": _AMOUNT}),
    ]
    currency: Annotated[str, StringConstraints(strict=True), AfterValidator(check_currency)]

    def money(self) -> Money:
        """The amount as the domain knows it."""
        return Money(amount=Decimal(self.amount), currency=self.currency)


class MoneyOutput(Output):
    """An amount as decimal text and its currency."""

    amount: str = Field(examples=["0.0083"])
    currency: str = Field(examples=["USD"])

    @classmethod
    def of(cls, money: Money) -> MoneyOutput:
        """The amount as the API shows it, never in scientific notation."""
        return cls(amount=f"{money.amount:f}", currency=money.currency)


def example(**fields: Any) -> ConfigDict:
    """A model's configuration that documents an example of it."""
    return ConfigDict(json_schema_extra={"examples": [fields]})
