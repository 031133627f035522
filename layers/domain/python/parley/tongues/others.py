"""German, Italian, Dutch, the Scandinavian languages and Hebrew: how they ask us to cease."""

from parley.tongues.model import Tongue

GERMAN = Tongue(
    code="de",
    keywords="""
        stopp abmelden abbestellen abmeldung austragen kundigen aufhoren aufhoeren schluss loschen
        loeschen hoerauf horauf genug hortauf abbestellung
    """,
    classes={
        "cease": "hor hort horen hoer hoert hoeren stoppt stoppen stoppe stopp stop",
        "up": "auf",
        "no": "keine kein",
        "not": "nicht nie niemals nimmer",
        "more": "mehr weitere weiteren wieder",
        "texts": "nachrichten nachricht sms werbung mails mitteilungen newsletter spam texte",
        "text": """schreiben schreibt schreib schreibe kontaktieren kontaktiert belastigen
            anschreiben""",
        "send": "schicken schickt schick senden sendet sende zusenden",
        "me": "mir mich uns",
        "you": "sie ihr du bitte",
        "remove": """loschen losche loscht loeschen loesche entfernen entferne streichen nehmen
            nehmt nimm""",
        "number": "nummer daten telefonnummer handynummer",
        "my": "meine diese die von aus der ihrer eurer liste verteiler",
        "leave": "lass lasst lassen",
        "peace": "ruhe frieden",
        "in": "in",
        "unsub": "abmelden abbestellen austragen abmeldung",
        "want": "will mochte moechte wunsche",
        "i": "ich",
    },
    patterns=(
        "edge you* cease you* up? you* edge",
        "cease you* up (me|any)",
        "cease you* (my|no)* texts",
        "no more? texts more?",
        "(edge|me) (you|me)* not more? (text|send)",
        "(text|send) you* me? (you|me)* (no|not) more",
        "want (me|i|no|more|my)* texts more",
        "remove you* (me|my* number)",
        "leave you* me in peace",
        "(edge|me|i) you* unsub",
    ),
    function_words="ich mir mich uns sie ihr du auf in nicht keine kein mehr meine die der aus",
)

ITALIAN = Tongue(
    code="it",
    keywords="""
        basta ferma fermati smettila smettetela cancellami cancella disiscrivimi disiscrizione
        disiscrivi annulla rimuovimi rimuovi revoca
    """,
    classes={
        "cease": "smettila smettetela smettete smetti smetta basta stop piantala",
        "of": "di a da dalla",
        "text": "scrivermi contattarmi disturbarmi importunarmi scrivere molestarmi chiamarmi",
        "send": "mandarmi inviarmi mandare inviare inviatemi mandatemi mandate inviate",
        "bid": "scrivetemi contattatemi disturbatemi contattate scriveteci",
        "texts": "messaggi messaggio sms pubblicita spam promozioni comunicazioni",
        "with": "con i questi vostri gli",
        "not": "non",
        "more": "piu altri",
        "want": "voglio desidero vorrei",
        "receive": "ricevere essere contattato contattata",
        "remove": """cancellatemi cancellami rimuovetemi rimuovimi toglietemi toglimi
            disiscrivetemi disiscrivimi""",
        "leave": "lasciatemi lasciami",
        "peace": "pace stare",
        "in": "in",
        "please": "per favore grazie",
    },
    patterns=(
        "edge please* cease please* edge",
        "cease of (text|send)",
        "cease (of|with)* texts",
        "not (bid|text) (more|edge|please)",
        "not send more? (with|of|more)* texts?",
        "not want more? (receive|with|of|texts)",
        "not more texts|edge please* not more edge",
        "remove",
        "leave in? peace",
    ),
    function_words="di a da con i gli non in per piu stare grazie",
)

DUTCH = Tongue(
    code="nl",
    keywords="afmelden uitschrijven stopzetten opzeggen genoeg verwijder uitschrijving afmelding",
    classes={
        "cease": "stop stoppen hou",
        "with": "met",
        "text": "sturen berichten sms smsen appen contacteren lastigvallen schrijven bellen stuur",
        "texts": "berichtjes reclame spam smsjes",
        "no": "geen",
        "not": "niet nooit",
        "more": "meer",
        "me": "me mij",
        "remove": "verwijder haal schrap schrijf meld",
        "leave": "laat",
        "alone": "rust",
        "please": "aub alsjeblieft alstublieft graag",
    },
    patterns=(
        "edge please* cease please* edge",
        "cease with any{0,3} (text|texts)",
        "no any? (text|texts) more",
        "text me any? (not|no) any? more|text me not more",
        "remove me",
        "leave me with alone",
    ),
    function_words="met me mij niet geen in meer nooit",
)

NORDIC = Tongue(
    code="no",
    keywords="""
        stopp slutt avslutt avmeld sluta stoppa avregistrera avsluta afmeld avmelding frameld nok
        avbryt fjern
    """,
    classes={
        "cease": "stopp stop slutt sluta lopeta",
        "hold": "hold",
        "up": "op opp",
        "to": "a att at med og",
        "text": """skrive skriva skriv kontakt kontakta kontakte ring maile tekst tekste mase
            smse plage
            forstyrr spamme""",
        "send": "sende skicka send sender skickar sendt",
        "texts": """meldinger melding meddelanden beskeder besked reklam reklame sms spam tekster
            smser""",
        "not": "ikke inte ikkje ej ingen inga",
        "more": "mer mere flere fler lenger langre",
        "me": "meg mig oss til",
        "want": "vil onsker ønsker vill vilja",
        "remove": "fjern meld ta slett slet radera stryk",
        "away": "bort av",
        "number": "nummeret nummer mitt mit",
        "leave": "la lad lamna",
        "peace": "fred ifred",
        "be": "være vaere vare i",
        "please": "vennligst takk tack tak snalla venligst",
    },
    patterns=(
        "edge please* cease please* edge",
        "cease to* (text|send)",
        "cease to* texts",
        "hold up to* (text|send)|edge please* hold up please* edge",
        "edge please* not remove? (text|send) (?!other)",
        "not more texts|not texts more",
        "(text|send) not any{0,2} (me|more)",
        "want not (any{0,2}) (more|texts)",
        "remove (away)? (me|number)",
        "leave me be? peace|leave me be be? peace|leave me be edge",
    ),
    function_words="a og med i meg mig til ikke inte av ta la mer at",
)

HEBREW = Tongue(
    code="he",
    keywords="""
        עצור עצרו הסר הסירו הסרה להסיר תסיר תסירו די מספיק תפסיק תפסיקו תפסיקי הפסק הפסיקו ביטול
        תעצרו תעצור הסירואותי הסראותי הסירי תורידו תמחקו
    """,
    classes={
        "cease": "תפסיק תפסיקו תפסיקי הפסק הפסיקו להפסיק תעצרו תעצור עצור עצרו די מספיק תחדל תחדלו",
        "text": "לסמס להטריד לכתוב להציק להתקשר לפנות עם הודעות הודעה",
        "not": "אל לא בלי",
        "send": """תשלח תשלחו תשלחי תסמסו תכתבו תכתוב תפנו תפנה תטרידו תטריד תיצרו תתקשרו לשלוח
            שולחים""",
        "want": "רוצה מעוניין מעוניינת מעונין",
        "receive": "לקבל לשמוע",
        "remove": """הסר הסירו להסיר תסיר תסירו תסירי מחק מחקו תמחק תמחקו תוריד תורידו הורידו
            הוציאו תוציאו""",
        "me": "אותי אותנו מספר מספרי המספר שמי לי מהרשימה מרשימת",
        "more": "יותר עוד",
        "leave": "עזבו עזוב תעזבו תעזוב תניחו",
        "please": "בבקשה תודה נא אנא כבר",
        "object": "את",
    },
    patterns=(
        "edge please* cease please* edge",
        "cease (text|send)",
        "not send me? (more|edge|please|text|me)",
        "not want (more)? receive|not want more? text|not want more edge",
        "not more text",
        "remove (please|object)? me",
        "remove please* edge",
        "leave me",
    ),
    function_words="לא אל לי עם את יותר עוד",
)

OTHERS = (GERMAN, ITALIAN, DUTCH, NORDIC, HEBREW)
