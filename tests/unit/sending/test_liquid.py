"""Bodies: Liquid that is strict about what a contact lacks."""

from __future__ import annotations

from typing import Any

import pytest

from parley.contact import Contact, LastReply
from parley.errors import InvalidInputError
from parley.parts import MAX_BODY_CHARACTERS
from parley.program import Program, Sender
from parley_aws import liquid
from tests.unit.sending.world import NOON

PROGRAM = Program(id="pizza", brand="Acme Pizza", sender=Sender(from_="+15005550006"))
PERSON: dict[str, Any] = {
    "phone": "+13125550001",
    "first_name": "Ann",
    "last_name": "  ",
    "email": "",
    "attributes": {"store": "Waco", "visits": 3, "vip": False, "likes": ["ham", "olives"]},
    "last_reply": LastReply(body="extra cheese?", received_at=NOON, intent="question"),
}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hi {{ contact.first_name }}!", "Hi Ann!"),
        ("Hi {{ contact.last_name | default: 'there' }}!", "Hi there!"),
        ("Hi {{ contact.nickname | capitalize | default: 'there' }}!", "Hi there!"),
        ("{{ contact.attributes.store }}/{{ contact.store | upcase }}", "Waco/WACO"),
        ("{{ contact.visits | plus: 1 }} {{ contact.vip }}", "4 false"),
        ("{% if contact.email %}a{% else %}b{% endif %}", "b"),
        ("{% unless contact.email == nil %}a{% endunless %}b", "b"),
        ("{% for like in contact.likes %}{{ like }} {% endfor %}.", "ham olives ."),
        ("{% for like in contact.dislikes %}{{ like }}{% endfor %}.", "."),
        ("You asked: {{ contact.last_reply }}", "You asked: extra cheese?"),
        ("{{ program.brand }}", "Acme Pizza"),
        ("{% assign n = contact.first_name %}{{ n }}", "Ann"),
    ],
)
def test_bodies_render(body: str, text: str) -> None:
    liquid.check(body)
    draft = liquid.renderer(body, PROGRAM)(Contact(**PERSON))
    assert (draft.body, draft.missing_value) == (text, None)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("Hi {{ contact.last_name }}", "contact.last_name"),
        ("Hi {{ contact.email | upcase }}", "contact.email"),
        ("{{ contact.birthday | date: '%B' }}", "contact.birthday"),
        ("{{ contact.attributes.city }}", "contact.attributes.city"),
        ("{{ 'in ' | append: contact.city }}", "contact.city"),
        ("{{ contact.city | size }}", "contact.city"),
        ("{% assign c = contact.city %}{{ c }}", "contact.city"),
        ("{{ contact.store.name }}", "contact.store.name"),
        ("{{ contact.visits | divided_by: 0 }}", "body"),
        ("{% if contact.email %}x{% endif %}", "body"),
    ],
)
def test_what_is_missing_is_named(body: str, missing: str) -> None:
    assert liquid.renderer(body, PROGRAM)(Contact(**PERSON)).missing_value == missing


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in (1..100000000) %}{{ i }}{% endfor %}",
        "{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
        "{% for i in (1..900) %}some text that goes on and on {% endfor %}",
    ],
)
def test_a_body_that_never_ends_is_too_long(body: str) -> None:
    draft = liquid.renderer(body, PROGRAM)(Contact(**PERSON))
    assert len(draft.body) > MAX_BODY_CHARACTERS


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Hi {{ contact.first_name", "line 1: "),
        ("Hi\n{% frobnicate %}", "line 2: "),
        ("{% if contact.vip %}", "endif"),
        ("Hi\n\n{{ user.name }}", "line 3: user is unknown"),
        ("{{ contact }}", "name a field"),
        ("{{ contact[program.brand] }}", "name a field"),
        ("{{ program.sender }}", "only program.brand"),
        ("{{ now }}", "now is unknown"),
        ("{% include 'secrets' %}", "include"),
        ("{% render 'secrets' %}", "render"),
        ("{{ contact.first_name | shout }}", "unknown filter 'shout'"),
    ],
)
def test_g10_a_body_that_cannot_work_is_refused_with_the_cause(body: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        liquid.check(body)
    [problem] = caught.value.problems
    assert problem.field == "body"
    assert message in problem.message


def test_values_without_a_default_are_listed() -> None:
    body = (
        "{{ contact.first_name }} {{ contact.city | default: 'town' }} {{ contact.store | upcase }}"
        "{% if contact.email %}{{ contact.email }}{% endif %}{{ program.brand }}"
        "{% for like in contact.likes %}{{ like }}{% endfor %}"
        "{% if true %}{{ contact.age }}{% endif %}"
    )
    assert liquid.without_default(body) == ("contact.first_name", "contact.store", "contact.age")


def test_what_a_contact_holds_is_text_and_never_liquid() -> None:
    person = Contact(phone="+13125550001", first_name="{{ program.brand }}")
    draft = liquid.renderer("Hi {{ contact.first_name }}", PROGRAM)(person)
    assert draft.body == "Hi {{ program.brand }}"
