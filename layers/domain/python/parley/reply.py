"""What a text from a contact means, and why we think so.

Meanings are tried in a fixed order: opt-out, wrong number, a pending contact's yes, help, opt-in,
join keyword, lead keyword, free text. A text that asks us to cease always wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Intent(StrEnum):
    """What a contact wants by a text."""

    OPT_OUT = "opt_out"
    WRONG_NUMBER = "wrong_number"
    CONFIRM = "confirm"
    HELP = "help"
    OPT_IN = "opt_in"
    JOIN = "join"
    LEAD_KEYWORD = "lead_keyword"
    QUESTION = "question"
    INTEREST = "interest"
    DECLINE = "decline"
    COMPLAINT = "complaint"
    OUT_OF_OFFICE = "out_of_office"
    CHATTER = "chatter"


LEAVING = frozenset({Intent.OPT_OUT, Intent.WRONG_NUMBER})
"""Who says one of these is not texted again; a wrong number leaves every scope."""

FREE_TEXT = frozenset(
    {
        Intent.LEAD_KEYWORD,
        Intent.QUESTION,
        Intent.INTEREST,
        Intent.DECLINE,
        Intent.COMPLAINT,
        Intent.OUT_OF_OFFICE,
        Intent.CHATTER,
    }
)
"""Meanings that change no subscription and that only the campaign answered can tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """A meaning, in words why, and whether the provider itself acts on this keyword too."""

    intent: Intent
    why: str
    handled_by_provider: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What else a text can mean here: the program's join keywords, the campaign's lead keywords,
    and whether the contact still has to confirm a subscription."""

    join_keywords: tuple[str, ...] = ()
    lead_keywords: tuple[str, ...] = ()
    awaits_confirmation: bool = False


PROVIDER_OPT_OUT_KEYWORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
)
"""Whole bodies on which the provider itself stops and answers. Source: Twilio, default keywords."""

_OPT_OUT_KEYWORDS = PROVIDER_OPT_OUT_KEYWORDS | {
    "stop all",
    "opt out",
    "arret",
    "alto",
    "parar",
    "baja",
    "cancelar",
    "pare",
    "sair",
    "unsub",
    "remove",
}
"""Whole texts that mean stop, after `normalize`. Source: 47 CFR 64.1200(a)(10); carriers' lists."""

_OPT_OUT_PHRASES = re.compile(
    r"^(?:please |pls |plz )?(?:stop|unsubscribe|quit|end|cancel|opt out|optout)"
    r"(?: me| it| now| all| please| pls| plz| texting me| texts| messages| messaging me| thanks"
    r"| thank you)*$"
    r"|\b(?:stop|quit) (?:texting|messaging|contacting|sending)\b"
    r"|\b(?:take|remove|unsubscribe) me\b(?! (?:to|with|there|home|out|up))"
    r"|\bopt me out\b|\bno more (?:texts|messages|sms)\b"
    r"|\b(?:do not|dont) (?:text|message|contact) me\b(?! (?:at|before|after|until|on))"
)
_WRONG_NUMBER = re.compile(
    r"\b(?:wrong|incorrect) (?:number|person|phone)\b(?! (?:of|on|for|in|to))"
    r"|\bnumero (?:equivocado|errado)\b|\bmauvais numero\b"
    r"|\b(?:have|got) the wrong (?:one|guy|man|woman|lady)\b"
)
_PROVIDER_HELP_KEYWORDS = frozenset({"help", "info"})
_HELP_KEYWORDS = _PROVIDER_HELP_KEYWORDS | {"ayuda", "aide", "ajuda"}
_OPT_IN_KEYWORDS = frozenset({"start", "unstop"})
_YES = frozenset({"yes", "y", "yep", "yeah", "si", "oui", "sim", "ok", "okay", "confirm"})
_REPORTED = {"STOP": Intent.OPT_OUT, "START": Intent.OPT_IN, "HELP": Intent.HELP}
_INTEREST = re.compile(
    r"\b(?:yes|yep|yeah|yup|sure|interested|count me in|im in|sign me up|want|need|order|book"
    r"|reserve|hold|call me|definitely|absolutely|sounds good|si|oui|sim)\b"
)
_QUESTION = re.compile(
    r"\?|^(?:what|when|where|who|how|which|why|can|could|do|does|is|are|will|would)\b"
)
_COMPLAINT = re.compile(
    r"\b(?:this is|its|youre|are) (?:spam|spamming|harassment|harassing|illegal|a scam)\b"
    r"|\b(?:report(?:ing|ed)?|sue|suing) (?:you|this)\b|\bmy (?:lawyer|attorney)\b"
    r"|\b(?:fcc|tcpa|complaint|harass(?:ing|ment)?|scammers?|spammers?)\b"
)
_OUT_OF_OFFICE = re.compile(
    r"\bout of (?:the )?office\b|\bauto(?:matic|mated)? ?(?:reply|response)\b"
    r"|\bim (?:driving|in a meeting|on vacation|on leave)\b"
    r"|\bdriving with (?:do not disturb|focus)\b|\bcant talk right now\b"
    r"|\b(?:will|ill) (?:get back to you|see your message|reply (?:later|when|as soon))\b"
)
_DECLINE = re.compile(
    r"^(?:no|nope|nah|non|nao|no thanks|no thank you|not (?:now|today|interested|this time)"
    r"|maybe later|pass)\b"
)


def classify_reply(text: str, listening: Listening) -> Understanding:
    """What a text means. Never raises, whatever the characters."""
    words = normalize(text)
    if words in _OPT_OUT_KEYWORDS:
        return Understanding(
            intent=Intent.OPT_OUT,
            why=f'"{words}" is an opt-out keyword',
            handled_by_provider=text.strip().casefold() in PROVIDER_OPT_OUT_KEYWORDS,
        )
    if phrase := _OPT_OUT_PHRASES.search(words):
        return Understanding(intent=Intent.OPT_OUT, why=f'"{phrase.group()}" asks us to stop')
    if phrase := _WRONG_NUMBER.search(words):
        return Understanding(
            intent=Intent.WRONG_NUMBER, why=f'"{phrase.group()}" says we text someone else'
        )
    if listening.awaits_confirmation and words.split(" ")[0] in _YES:
        return Understanding(intent=Intent.CONFIRM, why="a yes to the question to confirm")
    if words in _HELP_KEYWORDS:
        return Understanding(
            intent=Intent.HELP,
            why=f'"{words}" asks for help',
            handled_by_provider=text.strip().casefold() in _PROVIDER_HELP_KEYWORDS,
        )
    if words in _OPT_IN_KEYWORDS:
        return Understanding(
            intent=Intent.OPT_IN,
            why=f'"{words}" subscribes again',
            handled_by_provider=text.strip().casefold() in _OPT_IN_KEYWORDS,
        )
    if keyword := _first_keyword(words, listening.join_keywords, whole=True):
        return Understanding(intent=Intent.JOIN, why=f'"{keyword}" is a join keyword')
    if keyword := _first_keyword(words, listening.lead_keywords, whole=False):
        return Understanding(intent=Intent.LEAD_KEYWORD, why=f'"{keyword}" is a lead keyword')
    return _free_text(text, words)


def as_reported(understanding: Understanding, text: str, opt_out_type: str | None) -> Understanding:
    """The meaning of a text for which the provider names the keyword that it acted on.

    `opt_out_type` is STOP, START, HELP or None. Operators may set keywords of their own there, so
    it adds to what we understand; but no report makes a text that asks us to cease mean less, and
    a yes never subscribes again.
    """
    intent = _REPORTED.get(opt_out_type or "")
    if intent is None or understanding.intent in LEAVING:
        return understanding
    if intent is Intent.OPT_IN and normalize(text).split(" ")[0] in _YES:
        return understanding
    if intent is understanding.intent:
        return replace(understanding, handled_by_provider=True)
    return Understanding(
        intent=intent, why=f"the provider reports {opt_out_type}", handled_by_provider=True
    )


def normalize(text: str) -> str:
    """Lower-case words with single spaces: no accents, apostrophes, punctuation or emoji."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in folded if not unicodedata.combining(c) and c not in "'\u2019\u2018`")
    return " ".join(re.sub(r"[^\w]|_", " ", kept).split())


def _free_text(text: str, words: str) -> Understanding:
    if match := _COMPLAINT.search(words):
        return Understanding(intent=Intent.COMPLAINT, why=f'"{match.group()}" complains')
    if match := _OUT_OF_OFFICE.search(words):
        return Understanding(
            intent=Intent.OUT_OF_OFFICE, why=f'"{match.group()}" is an automatic answer'
        )
    if match := _DECLINE.search(words):
        return Understanding(intent=Intent.DECLINE, why=f'"{match.group()}" declines')
    if match := _INTEREST.search(words):
        return Understanding(intent=Intent.INTEREST, why=f'"{match.group()}" shows interest')
    if "?" in text or _QUESTION.search(words):
        return Understanding(intent=Intent.QUESTION, why="asks a question")
    return Understanding(intent=Intent.CHATTER, why="nothing that asks or wants anything")


def _first_keyword(words: str, keywords: Iterable[str], *, whole: bool) -> str | None:
    for keyword in keywords:
        wanted = normalize(keyword)
        if wanted and (words == wanted if whole else f" {wanted} " in f" {words} "):
            return keyword
    return None


def asks(text: str) -> bool:
    """Whether a text holds a question, whatever else it says."""
    return "?" in text or _QUESTION.search(normalize(text)) is not None
