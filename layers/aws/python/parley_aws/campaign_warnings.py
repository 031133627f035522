"""What a marketer should know of a body before it is sent; nothing here forbids it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from parley.contact import Contact
from parley.disclosure import disclose, has_opt_out_wording
from parley.parts import count_parts, ucs_2_characters
from parley.program import Program
from parley_aws import liquid

MANY_PARTS = 3
_TAGS = re.compile(r"{%-?.*?-?%}|{{-?.*?-?}}", re.DOTALL)
_LITERALS = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_SHORTENERS = (
    "bit.ly", "bitly.com", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly",
    "rebrand.ly", "cutt.ly", "shorturl.at", "tiny.cc", "rb.gy", "t.ly", "lnkd.in", "v.gd",
    "bl.ink", "soo.gd", "s.id", "clck.ru",
)  # fmt: skip
_SHORTENED = re.compile(
    r"(?<![\w.-])(?:www\.)?(" + "|".join(map(re.escape, _SHORTENERS)) + r")(?![\w.-]*\w)",
    re.IGNORECASE,
)
_SAMPLE = Contact(
    phone="+15125550100",
    first_name="Alexandra",
    last_name="Martinez",
    email="alexandra@example.com",
    language="en",
    timezone="America/Chicago",
    state="TX",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Something to look at: `code` for programs, `message` for people."""

    code: str
    message: str


def warnings_of(body: str, program: Program) -> tuple[Advice, ...]:
    """What to know of a body that `liquid.check` has let through."""
    return tuple(_warnings(body, program))


def _warnings(body: str, program: Program) -> Iterator[Advice]:
    written = _written(body)
    if characters := ucs_2_characters(written):
        named = ", ".join(f"{c!r} ({_name(c)})" for c in characters[:10])
        yield Advice(
            code="ucs_2",
            message=f"{named} cannot be sent as GSM-7: the text travels as UCS-2 and a part "
            "holds 70 characters instead of 160",
        )
    if not has_opt_out_wording(written):
        yield Advice(
            code="no_opt_out_wording",
            message="the text does not say how to opt out; "
            + (
                "it is appended where the disclosure is due"
                if program.disclosure_every is not None
                else 'add wording such as "Reply STOP to opt out"'
            ),
        )
    for host in dict.fromkeys(m.group(1).lower() for m in _SHORTENED.finditer(written)):
        yield Advice(
            code="public_link_shortener",
            message=f"{host} is a public link shortener, which carriers block; "
            "link to a domain of your own",
        )
    parts = count_parts(_longest(body, program)).count
    if parts > MANY_PARTS:
        yield Advice(
            code="many_parts",
            message=f"the text takes {parts} parts for a typical contact; each is billed",
        )
    for value in liquid.without_default(body):
        yield Advice(
            code="missing_default",
            message=f"whoever has no {value} is skipped; write "
            f"{{{{ {value} | default: '…' }}}} to text them too",
        )


def _written(body: str) -> str:
    """The characters of a body that can reach a phone: its text and the literals in its tags."""
    inside = " ".join(
        a or b for tag in _TAGS.findall(body) for a, b in _LITERALS.findall(tag) if a or b
    )
    return f"{_TAGS.sub('x', body)} {inside}".strip()


def _longest(body: str, program: Program) -> str:
    """The body as a contact with a usual profile gets it, disclosure included where it is on."""
    draft = liquid.renderer(body, program)(_SAMPLE)
    text = draft.body if draft.missing_value is None else _TAGS.sub("xxxxxxxx", body)
    return text if program.disclosure_every is None else disclose(text, program)


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()
