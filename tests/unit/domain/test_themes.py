"""What replies are about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parley.reply import Intent
from parley.themes import MOST_WORDS, themes

I = Intent  # noqa: E741


def test_the_words_of_several_people_stand_out() -> None:
    found = themes(
        [
            ("Is the pizza gluten free? Gluten is a problem", I.QUESTION),
            ("is it GLUTEN-free", I.QUESTION),
            ("yes, two pizzas! pizza!", I.INTEREST),
            ("call Anna at 5125550100", I.INTEREST),
        ]
    )
    assert found.intents == {I.QUESTION: 2, I.INTEREST: 2}
    assert found.words == (("free", 2), ("gluten", 2), ("pizza", 2))


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
    assert {word for word, _ in themes(replies).words} == {"ninos", "enfants", "criancas"}


def test_what_those_wrote_who_left_is_no_theme() -> None:
    found = themes([("stop texting me", I.OPT_OUT)] * 3 + [("wrong number", I.WRONG_NUMBER)] * 2)
    assert found.words == ()
    assert found.intents == {I.OPT_OUT: 3, I.WRONG_NUMBER: 2}


def test_nothing_said_has_no_themes() -> None:
    assert themes([]).words == ()
    assert themes([]).intents == {}


@given(st.lists(st.tuples(st.text(), st.sampled_from(list(Intent)))))
def test_any_replies_have_themes(replies: list[tuple[str, Intent]]) -> None:
    found = themes(replies)
    assert sum(found.intents.values()) == len(replies)
    assert len(found.words) <= MOST_WORDS
    assert all(2 <= n <= len(replies) for _, n in found.words)
