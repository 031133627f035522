"""Numbers as people write them, and where they lie."""

import pytest

from parley.errors import InvalidInputError
from parley_aws.numbers import read_number


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("+15125550123", None, "+15125550123"),
        ("(512) 555-0123", "US", "+15125550123"),
        ("1 512 555 0123", "US", "+15125550123"),
        (" 512.555.0123 ", "US", "+15125550123"),
        ("１５１２５５５０１２３", "US", "+15125550123"),
        ("15125550123.0", "US", "+15125550123"),
        ("5125550123.0", "US", "+15125550123"),
        ("+447700900123.0", None, "+447700900123"),
        ("07700 900123", "GB", "+447700900123"),
        ("011 44 7700 900123", "US", "+447700900123"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+15550001111", None, "+15550001111"),
    ],
)
def test_reads_numbers_as_the_region_writes_them(text: str, region: str | None, phone: str) -> None:
    assert read_number(text, region).phone == phone


@pytest.mark.parametrize(
    ("text", "region", "message"),
    [
        ("", "US", "is empty"),
        ("   ", None, "is empty"),
        ("call me", "US", "no phone number"),
        ("512555012", "US", "too short for US"),
        ("51255501234567", "US", "too long for US"),
        ("555-0123", "US", "lacks its area code"),
        ("512-555-0123", None, "must begin with + and the country code"),
        ("+999123456789", "US", "country code that does not exist"),
        ("+1023555012", "US", "too short"),
        ("+10235550123", "US", "begins with 0 or 1"),
        ("512-555-0123 ext 9", "US", "extension"),
        ("1.5125550123E+10", "US", "spreadsheet"),
        ("15125550123.5", "US", "too long for US"),
        ("+1" + "5" * 30, "US", "too long"),
        ("9" * 100, "US", "longer than 64"),
        ("00 44 7700 900123", "US", "with + and country code"),
    ],
)
def test_says_what_is_wrong_and_never_the_number(
    text: str, region: str | None, message: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_number(text, region)
    (problem,) = refusal.value.problems
    assert problem.field == "phone"
    assert message in problem.message
    assert text.strip() not in problem.message or not text.strip()


@pytest.mark.parametrize(
    ("phone", "region", "state"),
    [
        ("+12015550123", "US", "NJ"),
        ("+15125550123", "US", "TX"),
        ("+18005550123", "US", None),
        ("+14165550123", "CA", None),
        ("+447400123456", "GB", None),
        ("+19005550123", None, None),
        ("+80012345678", None, None),
    ],
)
def test_knows_country_and_state(phone: str, region: str | None, state: str | None) -> None:
    number = read_number(phone, None)
    assert (number.region, number.state) == (region, state)


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+15125550123", {"America/Chicago"}),
        ("+14165550123", {"America/Toronto"}),
        ("+17015550123", {"America/Chicago", "America/Denver", "America/North_Dakota/Center"}),
        ("+18505550123", {"America/Chicago", "America/New_York"}),
        ("+4915112345678", {"Europe/Berlin"}),
        ("+18005550123", set()),
        ("+15005550006", set()),
        ("+15550001111", set()),
        ("+79161234567", set()),
    ],
)
def test_names_every_zone_of_the_area_code_or_none_where_unknown(
    phone: str, zones: set[str]
) -> None:
    """G7: an area code that spans zones counts in all of them; too many mean unknown."""
    assert set(read_number(phone, None).zones) == zones
