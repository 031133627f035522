"""How a language asks us to cease, as a small grammar over classes of words, and its set phrases.

A pattern is a regular expression whose names are classes of words: `cease me? texting (me|us)` is
a word of class `cease`, perhaps one of `me`, one of `texting`, and so on. `edge` is the border of a
clause, `any` any word, `other` a word of no class. Each word becomes one character, so that
patterns stay small and cheap, and what matched is known word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from parley.words import EDGE

_FIRST_CLASS = 0xE000
_EDGE_CODE = ","
_OTHER_CODE = "_"
_ANY_WORD = "*"
_TOKENS = re.compile(r"[a-z_]+|\((?:\?<?[!=:])?|\)|\||[?*+]|\{[^}]*\}")
_SPECIAL = {"edge": _EDGE_CODE, "other": _OTHER_CODE, "any": f"[^{_EDGE_CODE}]"}
_REACH = 8
"""How many words before a match can void it."""

_NAMES = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tongue:
    """A language: `keywords` are whole texts that mean stop, `classes` its words by what they do.

    A text asks to cease where one of `patterns` fits, unless one of `voids` fits right before it:
    they deny it or quote another. The other fields are set phrases by meaning, one to a line, where
    `.` is the border of a clause; `function_words`, the small words that are everywhere, tell the
    language and stand out in no text.
    """

    code: str
    keywords: str
    classes: Mapping[str, str]
    patterns: Sequence[str]
    voids: Sequence[str] = ()
    help: str = ""
    yes: str = ""
    wrong_number: str = ""
    complaint: str = ""
    out_of_office: str = ""
    decline: str = ""
    interest: str = ""
    question: str = ""
    function_words: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern over codes and what it needs: a word of each class of `every`, and of each of the
    sets `some` a word of one of its classes. A text without them is passed over at once."""

    pattern: str
    every: frozenset[str]
    some: tuple[frozenset[str], ...]


class Grammar:
    """Finds in words what asks us to cease."""

    def __init__(self, tongue: Tongue) -> None:
        self._codes_of_classes = {
            name: chr(_FIRST_CLASS + n) for n, name in enumerate(tongue.classes)
        }
        self._commonness = _commonness(tongue)
        needs = [self._needed(pattern) for pattern in tongue.patterns]
        self._rules = [
            _Rule(
                pattern=self._coded(pattern),
                every=frozenset().union(*(need for need in needed if len(need) == 1)),
                some=tuple(need for need in needed if len(need) > 1),
            )
            for pattern, needed in zip(tongue.patterns, needs, strict=True)
        ]
        self._voids = [self._coded(f"(?:{void})$") for void in tongue.voids]
        self._compiled = cache(re.compile)
        self._codes = {
            word: self._codes_of_classes[name]
            for name, words in tongue.classes.items()
            for word in words.split()
        }
        self._by_head: dict[str, list[int]] = {}
        for number, needed in enumerate(needs):
            for code in needed[0]:
                self._by_head.setdefault(code, []).append(number)
        self.vocabulary = frozenset(self._codes)
        self.heads = frozenset(word for word, code in self._codes.items() if code in self._by_head)
        self._codes[EDGE] = _EDGE_CODE

    def find(self, words: Sequence[str]) -> slice | None:
        """Where words ask us to cease, or None."""
        code = "".join([self._codes.get(word, _OTHER_CODE) for word in words])
        said = set(code)
        numbers: set[int] = set()
        for head in self._by_head.keys() & said:
            numbers.update(self._by_head[head])
        for number in sorted(numbers):
            rule = self._rules[number]
            if not rule.every <= said or any(map(said.isdisjoint, rule.some)):
                continue
            found = self._found(self._compiled(rule.pattern), code)
            if found is not None:
                return found
        return None

    def _found(self, pattern: re.Pattern[str], code: str) -> slice | None:
        match = pattern.search(code)
        while match is not None:
            start, end = match.span()
            before = code[max(0, start - _REACH) : start]
            if not any(self._compiled(void).search(before) for void in self._voids):
                return slice(start, end)
            match = pattern.search(code, start + 1)
        return None

    def _needed(self, pattern: str) -> list[frozenset[str]]:
        """The sets of codes of each of which a pattern needs one, the rarest words first."""
        needs = sorted(self._needs(iter(_TOKENS.findall(f"{pattern} )"))), key=self._how_common)
        return [frozenset(self._codes_of_classes[name] for name in names) for names in needs]

    def _coded(self, pattern: str) -> str:
        codes = self._codes_of_classes | _SPECIAL
        coded = _NAMES.sub(lambda name: codes[name.group()], pattern)
        return "".join(coded.split())

    def _needs(self, tokens: Iterator[str]) -> list[frozenset[str]]:
        """The sets of classes of which a pattern, up to its closing bracket, needs a word each."""
        alternatives: list[list[frozenset[str]]] = [[]]
        last: list[frozenset[str]] = []
        for token in tokens:
            if token in ("?", "*") or token.startswith("{0"):
                last = []
                continue
            alternatives[-1] += last
            last = []
            if token == ")":
                break
            if token == "|":
                alternatives.append([])
            elif token.startswith("("):
                inside = self._needs(tokens)
                last = inside if token == "(" else []
            elif token in self._codes_of_classes:
                last = [frozenset({token})]
        if len(alternatives) == 1:
            return alternatives[0]
        if not all(alternatives):
            return []
        return [frozenset().union(*(min(needs, key=self._how_common) for needs in alternatives))]

    def _how_common(self, names: frozenset[str]) -> tuple[int, int]:
        found = [self._commonness[name] for name in names]
        return sum(common for common, _ in found), sum(size for _, size in found)


@cache
def grammar_of(tongue: Tongue) -> Grammar:
    """The grammar of a tongue, compiled on first use."""
    return Grammar(tongue)


def _commonness(tongue: Tongue) -> dict[str, tuple[int, int]]:
    common = frozenset(tongue.function_words.split())
    return {
        name: (len(common.intersection(words.split())), len(words.split()))
        for name, words in tongue.classes.items()
    }


@dataclass(frozen=True, slots=True)
class _Phrase:
    meaning: str
    words: list[str]
    starts_clause: bool
    unless_before: frozenset[str]
    unless_next: frozenset[str]

    def ends_at(self, words: Sequence[str], place: int) -> int | None:
        """Where the phrase ends if it is said at this place, else None."""
        end = place + len(self.words)
        if (
            (self.starts_clause and words[place - 1] is not EDGE)
            or not self._is(words[place:end])
            or (self.unless_next and end < len(words) and words[end] in self.unless_next)
            or (self.unless_before and self._follows(words[:place]))
        ):
            return None
        return end

    def _follows(self, before: Sequence[str]) -> bool:
        """Whether one of the words that may not go before is in the same clause."""
        clause = takewhile(lambda word: word is not EDGE, reversed(before))
        return not self.unless_before.isdisjoint(clause)

    def _is(self, said: Sequence[str]) -> bool:
        if _ANY_WORD not in self.words:
            return said == self.words
        return len(said) == len(self.words) and all(
            word == wanted or (wanted == _ANY_WORD and word is not EDGE)
            for word, wanted in zip(said, self.words, strict=True)
        )


class Phrases:
    """Finds set phrases of several meanings in words, all in one pass.

    A phrase is a line: words, `*` for any word but the first, `.` for the border of a clause, and
    at the end perhaps `!` with the words, parted by slashes, that must not come next, at the
    beginning words with `?` one of which in the clause before it makes it mean something else.
    """

    def __init__(self, lines: Mapping[str, Iterable[str]]) -> None:
        self._beginning: dict[str, dict[str | None, list[_Phrase]]] = {}
        for meaning, phrases in lines.items():
            for line in phrases:
                said, _, following = line.partition(" !")
                before, _, said = said.rpartition("? ")
                words = said.split()
                starts_clause = words[0] == EDGE
                phrase = _Phrase(
                    meaning=meaning,
                    words=words[starts_clause:],
                    starts_clause=starts_clause,
                    unless_before=frozenset(before.split("/") if before else ()),
                    unless_next=frozenset(following.split("/") if following else ()),
                )
                first, second = (*phrase.words, None)[:2]
                by_second = self._beginning.setdefault(first or "", {})
                by_second.setdefault(None if second == _ANY_WORD else second, []).append(phrase)

    def find(self, words: Sequence[str]) -> dict[str, slice]:
        """Where words first hold a phrase of each meaning that they hold."""
        found: dict[str, slice] = {}
        for place, word in enumerate(words):
            by_second = self._beginning.get(word)
            if by_second is None:
                continue
            second = words[place + 1] if place + 1 < len(words) else EDGE
            for phrase in (*by_second.get(None, ()), *by_second.get(second, ())):
                if phrase.meaning not in found:
                    end = phrase.ends_at(words, place)
                    if end is not None:
                        found[phrase.meaning] = slice(place, end)
        return found
