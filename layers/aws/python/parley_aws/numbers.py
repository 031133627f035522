"""Phone numbers: read as people write them, and where their prefix lies.

Source: libphonenumber's metadata; states and zones of US area codes from the numbering plan, since
a ported number keeps its prefix but not its exchange: every zone of the area code counts (G7).
"""

from __future__ import annotations

import functools
import json
import re
from importlib import resources
from typing import TYPE_CHECKING

from parley.errors import InvalidInputError
from parley.number import PhoneNumber

if TYPE_CHECKING:
    import phonenumbers

MAX_LENGTH = 64
_MOST_ZONES = 8
_UNKNOWN_ZONE = "Etc/Unknown"
_NO_COUNTRY = "001"
_AS_DECIMAL = re.compile(r"\s*(\+?\d{7,15})\.0\s*", re.ASCII)
"""A number that a table of decimals wrote: 15125550123.0."""
_SCIENTIFIC = re.compile(r"\s*\d([.,]\d+)?[Ee]\+?\d+\s*")


def read_number(text: str, region: str | None) -> PhoneNumber:
    """The number in a text: E.164, or as it is written inside `region` (ISO 3166).

    Without a region only numbers with + and country code can be read. Raises InvalidInputError on
    field `phone`, saying what is wrong; the message never holds the number.
    """
    import phonenumbers

    if len(text) > MAX_LENGTH:
        raise _wrong(f"is longer than {MAX_LENGTH} characters")
    if _SCIENTIFIC.fullmatch(text):
        raise _wrong("was made 1.5E+10 by a spreadsheet; format the column as text")
    if decimal := _AS_DECIMAL.fullmatch(text):
        text = decimal.group(1)
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise _wrong(_reason(text, error.error_type, region)) from None
    if parsed.extension:
        raise _wrong("has an extension, which no text can reach; leave it out")
    where = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    _check_length(parsed, where, international=text.lstrip().startswith("+"))
    national = phonenumbers.national_significant_number(parsed)
    if parsed.country_code == 1 and national[0] in "01":
        raise _wrong("has an area code that begins with 0 or 1; there is none")
    phone = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    own_region = phonenumbers.region_code_for_number(parsed) or where
    area_code = national[:3] if own_region == "US" else ""
    return PhoneNumber(
        phone=phone,
        region=own_region if own_region != _NO_COUNTRY and _takes_texts(parsed) else None,
        zones=_zones(parsed, area_code),
        state=_area_codes()[0].get(area_code),
    )


def _takes_texts(parsed: phonenumbers.PhoneNumber) -> bool:
    """Whether a text may reach this kind of number. One unknown to the metadata may: plans grow."""
    from phonenumbers import PhoneNumberType, number_type

    return number_type(parsed) not in {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }


def _zones(parsed: phonenumbers.PhoneNumber, area_code: str) -> tuple[str, ...]:
    from phonenumbers import timezone

    found = timezone.time_zones_for_number(parsed)
    if found == (_UNKNOWN_ZONE,):
        found = timezone.time_zones_for_geographical_number(parsed)
    if found == (_UNKNOWN_ZONE,) or len(found) > _MOST_ZONES:
        return ()
    return tuple(dict.fromkeys((*found, *_area_codes()[1].get(area_code, ()))))


@functools.cache
def _area_codes() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """States of US area codes, and the zones of those that lie in several."""
    file = resources.files("parley_aws").joinpath("data/npa_states.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    states = {code: state for state, codes in data["states"].items() for code in codes.split()}
    return states, {code: tuple(zones) for code, zones in data["zones"].items()}


def _check_length(parsed: phonenumbers.PhoneNumber, region: str, *, international: bool) -> None:
    from phonenumbers import ValidationResult, is_possible_number_with_reason

    hint = "" if international else "; write numbers of other countries with + and country code"
    match is_possible_number_with_reason(parsed):
        case ValidationResult.TOO_SHORT:
            raise _wrong(f"is too short for {region}{hint}")
        case ValidationResult.TOO_LONG:
            raise _wrong(f"is too long for {region}{hint}")
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise _wrong(f"lacks its area code for {region}")
        case ValidationResult.INVALID_LENGTH:
            raise _wrong(f"has a length that no number of {region} has{hint}")
        case ValidationResult.INVALID_COUNTRY_CODE:
            raise _wrong("begins with a country code that does not exist")


def _reason(text: str, error: int, region: str | None) -> str:
    from phonenumbers import NumberParseException as Problem

    if not text.strip():
        return "is empty"
    if error == Problem.INVALID_COUNTRY_CODE:
        if region is None and not text.lstrip().startswith("+"):
            return "must begin with + and the country code, such as +15125550100"
        return "begins with a country code that does not exist"
    if error in (Problem.TOO_SHORT_NSN, Problem.TOO_SHORT_AFTER_IDD):
        return f"is too short for {region}" if region else "is too short"
    if error == Problem.TOO_LONG:
        return "is too long for a phone number"
    return "is no phone number; write it like +15125550100"


def _wrong(message: str) -> InvalidInputError:
    return InvalidInputError.of("phone", message)
