"""What replies are about."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley import themes as module
from parley.reply import Intent
from parley.themes import MOST_WORDS, Themes, WordTally, themes, words_of

I = Intent  # noqa: E741


def themes_of(replies: list[tuple[str, Intent]]) -> Themes:
    """The themes of replies that were tallied in two places."""
    tallies = [WordTally(), WordTally()]
    for place, (text, intent) in enumerate(replies):
        tallies[place % 2] = tallies[place % 2].after(Counter(words_of(text, intent)))
    return themes(Counter(intent.value for _, intent in replies), tallies)


def test_the_words_of_several_people_stand_out() -> None:
    found = themes_of(
        [
            ("Is the pizza gluten free? Gluten is a problem", I.QUESTION),
            ("is it GLUTEN-free", I.QUESTION),
            ("yes, two pizzas! pizza!", I.INTEREST),
            ("call Anna at 5125550100", I.INTEREST),
        ]
    )
    assert found.intents == {I.QUESTION: 2, I.INTEREST: 2}
    assert found.words == (("free", 2), ("gluten", 2), ("pizza", 2))
    assert found.missed == 0


def test_small_words_of_four_languages_are_no_themes() -> None:
    replies = [
        ("what do you have for the kids", I.QUESTION),
        ("hay para niños?", I.QUESTION),
        ("y para los niños?", I.QUESTION),
        ("vous avez pour les enfants ?", I.QUESTION),
        ("et pour nous les enfants", I.QUESTION),
        ("tem para as crianças?", I.QUESTION),
        ("para as crianças também", I.CHATTER),
    ]
    assert {word for word, _ in themes_of(replies).words} == {"ninos", "enfants", "criancas"}


def test_what_most_ask_about_is_a_theme() -> None:
    assert words_of("Yes please! what time?", I.QUESTION) == ("time",)


def test_what_those_wrote_who_left_is_no_theme() -> None:
    found = themes_of([("stop texting me", I.OPT_OUT)] * 3 + [("wrong number", I.WRONG_NUMBER)] * 2)
    assert found.words == ()
    assert found.intents == {I.OPT_OUT: 3, I.WRONG_NUMBER: 2}


def test_nothing_said_has_no_themes() -> None:
    assert themes({}, []) == Themes(intents={}, words=(), missed=0)


def test_a_long_reply_has_few_words_and_no_endless_one() -> None:
    long = " ".join(f"{a}{b}word" for a in "bcdfghjk" for b in "bcdfghjk")
    assert len(words_of(long, I.CHATTER)) == 20
    assert words_of("x" * 200, I.CHATTER) == ()


def test_who_is_erased_takes_their_words_along() -> None:
    tally = WordTally().after({"gluten": 2, "anna": 1})
    assert tally.after({"gluten": -1, "anna": -1}) == WordTally(words={"gluten": 1})


def test_a_full_tally_keeps_the_common_words_and_says_what_it_may_miss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_TALLIED", 10)
    tally = WordTally()
    for number in range(200):
        tally = tally.after({"gluten": 1, "oven" if number % 2 else f"rare{number}": 1})
        assert len(tally.words) <= 10
    assert tally.missed > 0
    assert tally.words["gluten"] == 200
    assert 100 - tally.missed <= tally.words["oven"] <= 100


@given(st.lists(st.tuples(st.text(), st.sampled_from(list(Intent)))))
def test_any_replies_have_themes(replies: list[tuple[str, Intent]]) -> None:
    found = themes_of(replies)
    assert sum(found.intents.values()) == len(replies)
    assert len(found.words) <= MOST_WORDS
    assert all(2 <= n <= len(replies) for _, n in found.words)


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdefghijklmno"), st.integers(1, 3), max_size=6)),
    st.integers(2, 12),
)
def test_a_number_is_never_too_high_and_too_low_by_what_is_said(
    batches: list[dict[str, int]], most: int
) -> None:
    truth: Counter[str] = Counter()
    tally = WordTally()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "MOST_TALLIED", most)
        for batch in batches:
            truth.update(batch)
            tally = tally.after(batch)
    for word, n in truth.items():
        assert n - tally.missed <= tally.words.get(word, 0) <= n
