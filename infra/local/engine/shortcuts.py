"""What the engine works out again for each request, worked out once or more cheaply."""

import copy
import functools
import gc
import time
from types import SimpleNamespace
from typing import Any

EXPRESSIONS_KEPT = 1024
"""There are a few dozen, and one more for each value that is written out instead of given."""

PRUNED_APART_SECONDS = 1.0

COLLECTED_AFTER = (10_000, 20, 100)
"""New objects until the young are gone through, and how often each age until the next older."""


def remember_expressions(dynamodb: Any, keywords: Any) -> None:
    """Read each expression and PartiQL statement once.

    As shipped a condition is read again for every item that it is held against, and a statement of
    a batch twice.
    """
    remembered = functools.lru_cache(EXPRESSIONS_KEPT)
    keywords._tokenize = remembered(keywords._tokenize)
    dynamodb._tokenize = remembered(dynamodb._tokenize)
    dynamodb._condition_syntax_error = remembered(dynamodb._condition_syntax_error)
    for name in ("_check_redundant_parens", "_check_reserved_keyword_usage"):
        setattr(dynamodb, name, _by_tokens(remembered(getattr(dynamodb, name))))
    dynamodb._parse_partiql = _once_a_statement(dynamodb._parse_partiql)


def _by_tokens(check: Any) -> Any:
    @functools.wraps(check)
    def hashable(tokens: list[tuple[str, str]], *args: Any) -> Any:
        return check(tuple(tokens), *args)

    return hashable


def _once_a_statement(parse: Any) -> Any:
    """The parser, which hands what it has just read of a statement out once more."""
    latest: list[Any] = []

    @functools.wraps(parse)
    def parse_or_repeat(statement: str, parameters: Any) -> Any:
        if latest and latest[0] is statement and latest[1] is parameters:
            parsed = latest[2]
            latest.clear()
            return parsed
        parsed = parse(statement, parameters)
        latest[:] = statement, parameters, parsed
        return parsed

    return parse_or_repeat


def prune_seldom(sqs: Any) -> None:
    """Go through the deduplication ids of a FIFO queue once a second; as shipped all of the last
    five minutes are gone through for each message."""
    prune = sqs._prune_dedup
    pruned_at: dict[int, float] = {}

    @functools.wraps(prune)
    def prune_in_a_while(queue: dict[str, Any]) -> None:
        now = time.monotonic()
        if now - pruned_at.get(id(queue), 0.0) >= PRUNED_APART_SECONDS:
            pruned_at[id(queue)] = now
            prune(queue)

    sqs._prune_dedup = prune_in_a_while


def collect_seldom() -> None:
    """Pass over all that is there by now in garbage collections, and go through the rest seldom: a
    full collection takes 0.1 s, in which nothing is answered."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def copy_items_plainly(dynamodb: Any) -> None:
    """Copy items as what they are: maps and lists of texts."""
    dynamodb.copy = SimpleNamespace(copy=copy.copy, deepcopy=_copied)


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copied(member) for key, member in value.items()}
    if kind is list:
        return [_copied(member) for member in value]
    return value if kind is str or kind is bool or value is None else copy.deepcopy(value)
