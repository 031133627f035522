"""What people mean by what they write, in several languages: tables, slips, and properties."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.hearing import TONGUES
from parley.reply import Intent, Listening, as_reported, classify_reply
from parley.tongues.model import Phrases, Tongue, grammar_of
from parley.words import MAX_CHARACTERS, clauses, normalize

PLAIN = Listening()
CASES: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parents[2] / "data" / "asks_to_cease.json").read_text("utf-8")
)
MEANINGS = {
    Intent.INTEREST: """
        Yes!
        yes please hold one for me
        I'm interested
        count me in
        sign me up
        I'd like two
        I want one
        can I get 2? yes
        put me down for 4
        book me a table for 5
        call me
        sounds good
        see you tonight
        omw
        sure thing
        we'd love to come, reserve 3
        I'll take it
        Sí
        sí, por favor
        me interesa
        quiero dos
        resérvame una mesa
        cuenten conmigo
        llámame
        me apunto
        claro que sí
        Oui
        oui s'il vous plaît
        ça m'intéresse
        je voudrais réserver
        je prends deux
        avec plaisir
        comptez sur moi
        rappelez-moi
        Sim
        sim, quero
        tenho interesse
        quero duas
        pode reservar
        conta comigo
        me liga
        gostaria de uma
    """,
    Intent.QUESTION: """
        what time do you close
        Is it gluten free?
        how much is the large
        where are you located
        do you deliver
        can I bring my kids?
        who is this
        are you open on Sunday
        what's the catch
        ¿Cuánto cuesta?
        a qué hora cierran
        dónde están
        tienen opciones veganas
        hasta qué hora
        quién es
        c'est combien
        quels sont vos horaires
        où est le magasin
        avez-vous du sans gluten
        à quelle heure fermez-vous
        qui est-ce
        quanto custa
        que horas fecha
        onde fica
        vocês entregam
        tem vegano
        quem é
    """,
    Intent.DECLINE: """
        no thanks
        No
        nope
        nah I'm good
        not interested
        not today
        maybe next time
        can't make it
        I'll pass
        don't want any
        already have dinner plans
        no gracias
        no me interesa
        hoy no
        otro día
        no puedo ir
        no quiero
        tal vez luego
        non merci
        pas intéressé
        pas ce soir
        une autre fois
        je ne peux pas
        non
        não obrigado
        não
        sem interesse
        hoje não
        fica para a próxima
        não quero
        agora não
    """,
    Intent.COMPLAINT: """
        this is spam
        I'm reporting you to the FCC
        my lawyer will hear of this
        you are harassing me
        I never signed up for this
        how did you get my number
        worst service ever
        very disappointed
        esto es spam
        los voy a denunciar
        pésimo servicio
        son unos estafadores
        c'est du harcèlement
        je vais porter plainte
        c'est inadmissible
        isso é spam
        vou denunciar vocês
        péssimo atendimento
    """,
    Intent.OUT_OF_OFFICE: """
        I am out of the office until Monday
        Auto-reply: thanks
        I'm driving with Do Not Disturb
        I'm in a meeting, will get back to you
        estoy conduciendo
        respuesta automática: fuera de la oficina
        en reunión
        Réponse automatique
        absent du bureau jusqu'à lundi
        je conduis
        resposta automática
        estou dirigindo
        estou de férias
    """,
    Intent.WRONG_NUMBER: """
        wrong number
        you have the wrong person
        sorry wrong number
        no one here by that name
        there is no one named Bob here
        this isn't her number
        número equivocado
        se equivocó de número
        no soy esa persona
        mauvais numéro
        vous vous trompez de numéro
        erreur de numéro
        número errado
        foi engano
        não conheço essa pessoa
    """,
    Intent.HELP: """
        HELP
        help!
        info
        help please
        help me
        AYUDA
        ayuda por favor
        aide
        Aide svp
        ajuda
    """,
    Intent.OPT_IN: """
        START
        start!
        UNSTOP
    """,
    Intent.CHATTER: """
        lol
        ok
        thanks
        👍
        happy birthday
        see you then
        I'll stop by tomorrow
        no problem
        no worries
        jajaja
        gracias
        bonjour
        merci
        bonne journée
        valeu
        kkkk
        bom dia
        de nada
        cool
        great pizza last night
    """,
}
KEYWORDS = (
    "stop",
    "STOPALL",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "arret",
    "alto",
    "baja",
    "pare",
    "sair",
    "stop all",
    "opt out",
    "parar",
    "cancelar",
    "arreter",
    "exit",
)


def cases(kind: str) -> list[str]:
    return [text for texts in CASES[kind].values() for text in texts]


@pytest.mark.parametrize("text", cases("opt_out"))
def test_this_asks_us_to_cease(text: str) -> None:
    assert classify_reply(text, PLAIN).intent is Intent.OPT_OUT


@pytest.mark.parametrize("text", cases("look_alike"))
def test_this_only_looks_like_it(text: str) -> None:
    assert classify_reply(text, PLAIN).intent is not Intent.OPT_OUT


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        (intent, text.strip())
        for intent, texts in MEANINGS.items()
        for text in texts.strip().splitlines()
    ],
)
def test_other_meanings(intent: Intent, text: str) -> None:
    assert classify_reply(text, PLAIN).intent is intent


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Unsubscribe!", '"unsubscribe" is an opt-out keyword'),
        ("stpo", '"stpo" is a slip of "stop", an opt-out keyword'),
        ("Hi. Please stop texting me", '"stop texting" asks us to stop'),
        ("unsubscibe me pls", '"unsubscibe me pls" asks us to stop'),
        ("who are you STOP", 'ends with "STOP" in capitals'),
        ("🛑", "a stop sign asks us to stop"),
        ("wrong number, sorry", '"wrong number" says we text someone else'),
        ("no gracias", '"no gracias" declines'),
    ],
)
def test_the_reason_names_the_words(text: str, why: str) -> None:
    assert classify_reply(text, PLAIN).why == why


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("can you take me off this list?", "en"),
        ("déjenme en paz", "es"),
        ("je voudrais réserver", "fr"),
        ("quero duas pizzas por favor", "pt"),
        ("laat me met rust", "nl"),
        ("STOP", None),
        ("", None),
    ],
)
def test_the_language_is_guessed(text: str, language: str | None) -> None:
    assert classify_reply(text, PLAIN).language == language


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("yes", Intent.CONFIRM),
        ("Yes please 👍", Intent.CONFIRM),
        ("sí", Intent.CONFIRM),
        ("yep sign me up", Intent.CONFIRM),
        ("ok who is this?", Intent.QUESTION),
        ("ok no thanks", Intent.DECLINE),
        ("yes but not now", Intent.DECLINE),
        ("yes, stop", Intent.OPT_OUT),
    ],
)
def test_only_a_plain_yes_confirms(text: str, intent: Intent) -> None:
    assert classify_reply(text, Listening(awaits_confirmation=True)).intent is intent


def test_a_keyword_of_our_own_is_no_slip() -> None:
    assert classify_reply("dtop", PLAIN).intent is Intent.OPT_OUT
    assert classify_reply("dtop", Listening(join_keywords=("DTOP",))).intent is Intent.JOIN
    assert classify_reply("stop", Listening(join_keywords=("STOP",))).intent is Intent.OPT_OUT


@pytest.mark.parametrize(
    "text", ["stop pizza", "STOP PIZZA!", "Cancel pizza.", "unsubscribe pizza"]
)
def test_a_join_keyword_is_taken_back(text: str) -> None:
    heard = classify_reply(text, Listening(join_keywords=("DEALS", "PIZZA")))
    assert (heard.intent, heard.why) == (Intent.OPT_OUT, 'asks to leave "PIZZA"')
    assert not heard.handled_by_provider
    assert (
        classify_reply("love pizza", Listening(join_keywords=("PIZZA",))).intent is Intent.CHATTER
    )


BRANDED = Listening(brand="Zoë's Kitchen", join_keywords=("LUNCH",))


@pytest.mark.parametrize(
    "text",
    [
        *("stop zoes", "STOP ZOE'S!", "stop Zoë's Kitchen", "please stop zoes kitchen"),
        *("cancel zoes kitchen", "zoes stop", "Zoe's Kitchen: STOP", "quit zoes", "end zoes"),
        *("no more zoes", "no more Zoe's Kitchen please", "remove me from zoes"),
        *("I don't want zoes kitchen anymore", "sick of zoes, unsubscribe zoes"),
        *("arrêtez zoes", "parar zoes kitchen", "alto zoes"),
    ],
)
def test_a_brand_is_asked_to_cease_by_its_name(text: str) -> None:
    heard = classify_reply(text, BRANDED)
    assert heard.intent is Intent.OPT_OUT, heard
    assert not heard.handled_by_provider


@pytest.mark.parametrize(
    "text",
    [
        *("I'll stop by zoes tomorrow", "cancel my zoes order", "can't stop eating at zoes"),
        *("zoes rocks, never stop", "where does the bus stop near zoes", "love zoes"),
        *("when does zoes kitchen stop serving?", "stop this zoes bill", "is zoes open"),
        *("can you end my zoes meeting early", "zoes cancel my order", "end of zoes day?"),
        *("don't stop zoes", "never stop zoes", "I don't want to stop zoes kitchen"),
    ],
)
def test_a_brand_that_is_only_named_is_not_asked_to_cease(text: str) -> None:
    assert classify_reply(text, BRANDED).intent is not Intent.OPT_OUT


def test_a_brand_of_everyday_words_is_no_name() -> None:
    for brand in ("The", "My Texts", "Your List", "", "!!!"):
        listening = Listening(brand=brand)
        for text in ("cancel my 3pm", "stop the", "my texts are gone", "where is your list"):
            assert classify_reply(text, listening).intent == classify_reply(text, PLAIN).intent


@pytest.mark.parametrize("sign", ["🛑", "🚫", "⛔", "🛑🛑 please", "⛔️!"])
def test_a_stop_sign_asks_us_to_stop(sign: str) -> None:
    assert classify_reply(sign, PLAIN).intent is Intent.OPT_OUT


@pytest.mark.parametrize(
    "text", ["dont txet me", "laeve me alone", "plaese stop", "no more txets", "st0p", "5top"]
)
def test_letters_that_changed_places_are_forgiven(text: str) -> None:
    assert classify_reply(text, PLAIN).intent is Intent.OPT_OUT


@pytest.mark.parametrize("number", ["5125550188", "+15125550188", "15125550188"])
def test_a_number_in_digits_is_theirs(number: str) -> None:
    assert classify_reply(f"stop {number}", PLAIN).intent is Intent.OPT_OUT
    assert classify_reply(f"take {number} off your list", PLAIN).intent is Intent.OPT_OUT
    assert classify_reply(f"my number is {number}", PLAIN).intent is Intent.CHATTER


def test_a_reaction_that_quotes_us_asks_for_nothing() -> None:
    ours = "“2 for 1 tonight! Reply STOP to opt out”"
    for reaction in ("Liked", "Loved", "Disliked", "Laughed at", "Le encantó", "A aimé", "👍 to"):
        assert classify_reply(f"{reaction} {ours}", PLAIN).intent is Intent.CHATTER
    assert classify_reply("“Stop”", PLAIN).intent is Intent.OPT_OUT


@pytest.mark.parametrize("place", range(1, 11))
def test_one_slip_in_a_long_keyword_is_forgiven(place: int) -> None:
    word = "unsubscribe"
    slips = (
        word[:place] + word[place + 1 :],
        word[:place] + "x" + word[place:],
        word[:place] + "x" + word[place + 1 :],
        word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :],
    )
    for slip in slips:
        assert classify_reply(slip, PLAIN).intent is Intent.OPT_OUT


@pytest.mark.parametrize("word", ["shop", "top", "step", "cancer", "remote", "quite", "quiet"])
def test_a_word_of_its_own_is_no_slip(word: str) -> None:
    assert classify_reply(word, PLAIN).intent is Intent.CHATTER


@given(st.text(alphabet=st.characters()))
def test_any_unicode_has_a_meaning(text: str) -> None:
    assert classify_reply(text, Listening(awaits_confirmation=True, lead_keywords=("YES",))).why


@given(
    keyword=st.sampled_from(KEYWORDS),
    upper=st.lists(st.booleans(), min_size=11, max_size=11),
    before=st.text(alphabet=" \n\t.,!*'\"-(", max_size=6),
    after=st.text(alphabet=" \n\t.,!?*'\"-)", max_size=6),
    emoji=st.sampled_from(["", "🛑", "🙏🏽", "😡😡", "👋", "❤️", "👨‍👩‍👧", "🇺🇸"]),
)
def test_dress_never_changes_a_keyword(
    keyword: str, upper: list[bool], before: str, after: str, emoji: str
) -> None:
    letters = (c.upper() if up else c for c, up in zip(keyword, upper, strict=False))
    text = f"{before}{''.join(letters)}{after}{emoji}"
    assert classify_reply(text, PLAIN).intent is Intent.OPT_OUT


@given(text=st.sampled_from(cases("opt_out")), emoji=st.sampled_from(["", " 🙏", " 👍"]))
def test_an_emoji_never_silences_an_opt_out(text: str, emoji: str) -> None:
    assert classify_reply(text + emoji, PLAIN).intent is Intent.OPT_OUT


@given(opt_out=st.sampled_from(cases("opt_out")), report=st.sampled_from(["START", "HELP", None]))
def test_no_report_makes_an_opt_out_mean_less(opt_out: str, report: str | None) -> None:
    heard = as_reported(classify_reply(opt_out, PLAIN), opt_out, report)
    assert heard.intent is Intent.OPT_OUT


@pytest.mark.parametrize(
    "unit",
    ["a", "stop ", "please ", "no ", "don't want to ", "stop sending the ", "é", "\n", "\"", "🛑",
     "liked \"", "ne veux plus ", "take me my off ", "i ", "unsubscrib ", ". ", "a-"],
)  # fmt: skip
def test_a_text_of_64_kilobytes_takes_no_time(unit: str) -> None:
    text = (unit * 65_536)[:65_536]
    classify_reply(text, PLAIN)
    began = time.process_time()
    classify_reply(text, PLAIN)
    assert time.process_time() - began < 0.1


def test_a_text_is_read_up_to_what_it_can_hold() -> None:
    assert len(normalize("a" * 5000)) == MAX_CHARACTERS


def test_words_come_in_clauses() -> None:
    assert clauses("Hi, don't — STOP\u200b it! 🙏 ok") == [
        ".", "hi", ".", "dont", ".", "stop", "it", ".", "ok", ".",
    ]  # fmt: skip
    assert clauses(" .. ") == ["."]


class TestTables:
    @pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.code)
    def test_no_word_has_two_classes(self, tongue: Tongue) -> None:
        words = [word for words in tongue.classes.values() for word in words.split()]
        assert sorted(words) == sorted(set(words))

    @pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.code)
    def test_words_are_written_as_texts_are_read(self, tongue: Tongue) -> None:
        for words in (*tongue.classes.values(), tongue.keywords, tongue.function_words, tongue.yes):
            assert normalize(words) == " ".join(words.split())

    @pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.code)
    def test_every_class_serves_a_pattern(self, tongue: Tongue) -> None:
        patterns = " ".join((*tongue.patterns, *tongue.voids))
        assert [name for name in tongue.classes if name not in patterns] == []

    def test_a_pattern_is_found_where_it_stands(self) -> None:
        tongue = Tongue(
            code="xx",
            keywords="",
            classes={"cease": "stop", "text": "texting", "never": "never"},
            patterns=("cease text",),
            voids=("never",),
        )
        grammar = grammar_of(tongue)
        assert grammar.find(["now", "stop", "texting"]) == slice(1, 3)
        assert grammar.find(["never", "stop", "texting"]) is None
        assert grammar.find(["never", "stop", "texting", "stop", "texting"]) == slice(3, 5)
        assert grammar.find(["stop"]) is None

    def test_a_phrase_may_hold_any_word_and_be_undone_by_what_goes_before(self) -> None:
        phrases = Phrases({"wrong": ["he/gave? wrong number", "not * phone"]})
        assert phrases.find(clauses("not hers phone")) == {"wrong": slice(1, 4)}
        assert phrases.find(clauses("not, phone")) == {}
        assert phrases.find(clauses("he gave me a wrong number")) == {}
        assert phrases.find(clauses("who is he? wrong number")) == {"wrong": slice(5, 7)}

    def test_a_phrase_may_stand_at_a_border_and_not_before_some_words(self) -> None:
        phrases = Phrases({"no": [". no ."], "wrong": ["wrong number !of/on"]})
        assert phrases.find(clauses("ok, no!")) == {"no": slice(3, 5)}
        assert phrases.find(clauses("no cheese")) == {}
        assert phrases.find(clauses("wrong number of slices")) == {}
        assert phrases.find(clauses("a wrong number")) == {"wrong": slice(2, 4)}
