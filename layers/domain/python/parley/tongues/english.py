"""English."""

from parley.tongues.model import Tongue

_SO = "(please|filler|now)*"
_THE = "(the|these|all|more|my|adjective|of|it)*"
_MESSAGES = "(texts|offers|text|nuisance)+"
_TAIL = "(please|again|filler|now|edge|and)"
_NO_MORE_TAIL = f"({_TAIL}|from|to|you|i|or)"
_ME = "(me|my number|the number|these number)"
_DONT = "(dont|do not|never|no longer|to not|can you not)"
_NOT = "(dont|do not|never|no longer|not)"
_I_DONT_WANT = f"{_NOT} (filler|again)* (want|like)"
_ME_ASKING = "(?<!you|he|if|auxiliary|how)"
_IN_EARNEST = "(?<!(?<!you)(unable|dont|not|never))(?<!he)(?<!(?<!can|do)i)"
_ASKED = """(i (said|want) (you|filler)* to? | can you | you (can|want to?) | make (it|these)
    | when can you | how (can|do) i)?"""
_REST = "(cease|unsub|please|filler|now|you|it|these|all|of|again|me|and|no|already|finally)*"
_STOP_REST = "(please|filler|now|it|these|all|you|already|finally)* edge"

ENGLISH = Tongue(
    code="en",
    keywords="""
        stop stopall unsubscribe cancel end quit revoke optout unsub remove removeme unsubscribeme
        nomore notexts rmv removal dnc donotdisturb donotcontact donottext enough thatsenough
        enoughisenough goaway
    """,
    classes={
        "cease": "stop cease quit halt discontinue desist stahp",
        "ending": "end cancel terminate deactivate revoke withdraw rescind kill",
        "consent": "consent permission authorization authorized authorised",
        "unsub": "unsubscribe unsuscribe stopall optout unenroll deregister unregister",
        "unsub_slang": "unsub",
        "unsubscribing": "unsubscribing",
        "unsubscribed": "unsubscribed unenrolled",
        "texting": """texting txting textin messaging msging contacting spamming harassing
            harrassing bothering bugging annoying pestering emailing soliciting hounding
            disturbing pinging badgering targeting stalking""",
        "calling": "calling writing ringing phoning",
        "sending": "sending forwarding pushing sendin",
        "reaching": "reaching following hitting blowing",
        "text": "text txt message msg sms mms contact email mail spam communication",
        "bother": "bother disturb harass annoy bug pester",
        "now": "now rn",
        "write": "write call reach hit reply respond",
        "send": "send forward",
        "texts": """texts txts messages msgs emails ads ad adverts advert advertising
            advertisements advertisement alerts notifications communications correspondence
            solicitations solicitation smses marketing campaigns blasts promo promos promotions
            newsletters newsletter""",
        "offers": "offers deals updates reminders calls coupons",
        "nuisance": """nonsense bs crap bullshit shit garbage junk rubbish madness harassment
            stuff trash foolishness mess bombardment""",
        "receive": "receive receiving get getting recieve recieving hear hearing see seeing",
        "passive": "texted messaged contacted bothered spammed called emailed harassed disturbed",
        "want": "want wants wanna wish need care desire wanted needs",
        "interested": "interested",
        "interest": "interest",
        "remove": "remove block delete erase exclude scrub unlist purge strike wipe rmv",
        "removed": "removed deleted erased",
        "take": "take keep pull drop scratch",
        "leave": "leave let",
        "alone": "alone",
        "lose": "lose forget",
        "opt": "opt opting",
        "opted": "opted",
        "out": "out",
        "off": "off",
        "from": "from",
        "on": "on in onto",
        "enough": "enough",
        "list": """list lists database db system distribution contacts subscription
            subscriptions thread directory records service""",
        "number": "number phone cell inbox name info information details data",
        "me": "me us",
        "my": "my our",
        "it": "it them",
        "these": "this these that those here dis",
        "the": "the your ur youre a such so many wrong kind type sort",
        "adjective": """stupid damn fucking dumb constant daily unwanted promotional automated
            freaking goddamn ridiculous endless unsolicited mailing bloody silly useless
            broadcast mass""",
        "all": "all any anything everything every nothing",
        "more": "more further additional future",
        "again": "again anymore ever else",
        "of": "of with w",
        "no": "no nope",
        "not": "not",
        "never": "never",
        "dont": "dont dnt donot",
        "do": "do",
        "longer": "longer",
        "unable": """cant cannot couldnt wont wouldnt didnt doesnt isnt without shouldnt hasnt
            havent nonstop non""",
        "auxiliary": "did does has had have",
        "you": "you u ya yall",
        "i": "i we im ive id",
        "he": "he she they who everyone someone nobody",
        "third": "him her his their while",
        "when": """before after until till during between unless about today tonight tomorrow
            yet late early because at when""",
        "to": "to 2",
        "if": "if",
        "like": "like",
        "be": "be was were being",
        "said": """said say told tell telling asked ask asking begging repeat request requesting
            demand replied sent wrote""",
        "can": "can could will would should must may",
        "how": "how why",
        "make": "make",
        "and": "and",
        "already": "already twice",
        "grievance": "scam person sender subscribed signed",
        "hostile": "fuck piss screw sod buzz eff f blocking",
        "go": "go",
        "away": "away",
        "gone": "gtfo stfu",
        "please": "please pls plz plse pleas kindly",
        "refrain": "refrain",
        "rather": "rather prefer appreciate",
        "knock": "knock cut",
        "lost": "lost",
        "or": "or nor",
        "finally": "for good",
        "doing": "doing",
        "turn": "turn switch",
        "shut": "shut",
        "include": "include add enroll",
        "removal": "removal",
        "but": "but",
        "stopped": "stopped",
        "done": "done tired sick fed",
        "filler": """thanks thank thx ty ok okay k kk immediately just sir maam dude man bro hey
            hi hello sorry god omg seriously ffs wtf lol asap forever permanently right yes yeah
            yo dammit jeez thankyou fr really oh ugh completely altogether guys jesus haha am
            love then bye""",
    },
    patterns=(
        # "please stop", "i said stop it", "u can stop now", "can you please stop"
        f"edge (please|filler|now|no|and|all)* {_ASKED} {_SO} (cease|unsub) {_REST} edge",
        # "... and please stop", "i told you to stop", "how do i make these stop"
        f"please (filler|the|of|finally)* cease {_STOP_REST}",
        f"(?<!third) said (you|filler)* to cease (when edge|{_STOP_REST})",
        f"(and|but) {_SO} cease {_STOP_REST}",
        f"(said|passive) cease {_STOP_REST}|i any{{0,2}} said cease|other of cease dont you",
        "if you stopped (texting|sending)",
        f"(these|texts|text|nuisance) (want|auxiliary|can) to? cease {_STOP_REST}",
        f"want (these|it|the|texts|text|all)+ to cease {_STOP_REST}",
        f"make (it|these|the|texts|text)* cease {_STOP_REST}",
        # "not interested stop", "wrong number stop"
        f"(not|no|longer) filler? interested {_SO} cease {_STOP_REST}",
        f"(number|grievance|text|texts|passive|nuisance|hostile you) {_SO} cease {_STOP_REST}",
        # "stop i never signed up", "stop you are annoying", "stop take me off"
        f"edge (please|filler|now|no)* cease {_SO} (i|you|he|dont|never|not|no)",
        f"edge (please|filler|now|no)* cease {_SO} (unsub|remove|take|leave)",
        # "stop texting me", "quit bugging us", "stop calling my phone", "stop sending these to me"
        (
            f"{_IN_EARNEST} cease (please|filler|now|and|you|all|the|adjective)* texting"
            " (?!third|it|(the|my) other)"
        ),
        f"{_IN_EARNEST} cease {_SO} calling ({_ME}|to me|and texting|{_TAIL})",
        (
            f"{_IN_EARNEST} cease (please|filler|now|all|the)* sending (me|to|out|you)* {_THE}"
            f" ({_MESSAGES}|{_TAIL}|to? {_ME} {_TAIL})"
        ),
        f"{_IN_EARNEST} cease {_SO} reaching other? (out|me|my|on|of|these|{_TAIL})",
        # "stop the messages", "cease all communication", "end these texts", "revoke my consent"
        f"{_IN_EARNEST} cease {_SO} {_THE} {_MESSAGES}",
        f"ending {_THE} (texts|text {_TAIL}|text? list ({_TAIL}|to|from)|consent)",
        f"turn off {_THE} (texts|text)|turn (the|all|my)* (these|it|texts|text) off",
        f"cease doing (it|these)|cease {_THE} list {_TAIL}",
        "^edge please* ending (please|filler|now|all|these|it|ending)* edge$",
        # "i want to stop receiving your messages"
        f"{_IN_EARNEST} cease receive (me|from|you)* {_THE} ({_MESSAGES}|{_TAIL}|from)",
        # "don't text me", "never message this number again", "don't call or text me", "don't text"
        (
            f"{_ME_ASKING} {_DONT} (please|filler|now|again)* ((text|write) (and|or))*"
            f" (text|bother) {_ME} (?!now|filler? these? when|if)"
        ),
        f"{_ME_ASKING} {_DONT} (please|filler|now)* again? text again",
        f"^edge {_SO} {_DONT} (please|filler|now|again)* (text|write) {_SO} edge$",
        f"{_ME_ASKING} {_DONT} {_SO} again? write (to|on)* {_ME}? other? (again|all more)",
        "no want to (text|send|write) me",
        # "do not send me anything", "don't send any more of these texts"
        (
            f"{_ME_ASKING} {_DONT} (please|filler|now|again)* send (me|to)* {_THE}"
            f" ({_MESSAGES}|{_TAIL}|to {_ME})"
        ),
        # "i don't want any more messages", "i no longer wish to receive these"
        (
            f"{_ME_ASKING} {_I_DONT_WANT} (to|like)* receive (me|all|from)* {_THE}"
            f" ({_MESSAGES}|from|{_TAIL})"
        ),
        f"{_ME_ASKING} {_I_DONT_WANT} (to|like|receive|you|be)* (passive|text me|bother me)",
        f"{_ME_ASKING} {_I_DONT_WANT} (to|like|be)* on {_THE} list",
        f"{_ME_ASKING} {_I_DONT_WANT} {_THE} {_MESSAGES}",
        f"{_ME_ASKING} {_I_DONT_WANT} you to? (text|texting|send|sending|calling|write)",
        f"{_ME_ASKING} {_I_DONT_WANT} (it|these|all|more)+ again",
        "longer (want|like) (it|these|all|more)+ edge",
        f"unable want {_THE} texts",
        "rather not to? be? passive",
        f"rather to? not to? receive (me|all|from)* {_THE} ({_MESSAGES}|from|{_TAIL})",
        "(no|not|dont|never|unable) any{0,3} consent (?!other)",
        # "not interested in receiving any more", "no interest in your texts"
        (
            "(not|no|longer) (filler|again)* (interested|interest) on receive (me|all|from)*"
            f" {_THE} ({_MESSAGES}|from|{_TAIL})"
        ),
        f"(not|no|longer) (filler|again)* (interested|interest) on {_THE} (texts|text|nuisance)",
        # "no more texts", "no spam please", "no texting"
        f"(?<!other|auxiliary|receive) no {_THE} (texts|text|nuisance)+ {_TAIL}",
        f"(?<!other|auxiliary|receive) no (the|these)* more {_THE} {_MESSAGES} {_NO_MORE_TAIL}",
        (
            "^edge (please|filler|now|no)* no (more|texting|sending|text)"
            " (please|filler|now|no|more|of|these|all|you)* edge$"
        ),
        # "unsubscribe me", "how do i unsubscribe", "i want to opt out", "get me unsubscribed"
        "(?<!if i|if you)(?<!cease to) unsub",
        f"(edge {_SO}|to|can i|can you|do i) unsub_slang (me|my|these|the|from|{_TAIL})",
        "(?<!cease to) opt (me|my|number|these)* out",
        "(already|be|want) (unsubscribed|opted out)|(unsubscribed|opted out) already",
        f"(i|be) filler? unsubscribing|unsubscribed me|edge {_SO} unsubscribed {_SO} edge",
        f"(edge|said|want) {_SO} removal {_SO} (edge|from)",
        f"{_ME_ASKING} {_DONT} {_SO} include {_ME}",
        "(be|receive|me|want|number) (unsubscribed|removed)",
        # "take me off", "remove my number", "get off your list", "i want out"
        f"(take|receive) {_ME} number? off (?!other)",
        f"remove ({_ME}|my list|{_THE} list|my text {_TAIL})",
        f"(take|receive|off|remove|from|want|out) (me|my|number|off|from|of|on)* {_THE} text? list",
        f"edge {_SO} (can you)? {_SO} remove (please|filler|now|you|these|me)* edge",
        f"(want|like) to? receive? (out|off) of? {_TAIL}",
        # "leave me alone", "lose my number", "go away", "fuck off"
        f"leave (me|my number) any{{0,2}} (alone|be {_TAIL})",
        "(?<!i) (lose|remove) (my|these|the) number",
        f"edge {_SO} lose me {_SO} edge",
        (
            "edge (please|filler|now|no)*"
            " (go away|hostile you? off|hostile you|gone|receive lost|shut other)"
            " (please|filler|now|you|and|no)* edge"
        ),
        "knock (it|these) (off|out)",
        "(receive|take) these? off my number",
        # "enough already", "enough with the texts", "sick of these messages"
        "edge (please|these)* enough (please|filler|now|already)* edge",
        f"enough of {_THE} {_MESSAGES}",
        f"enough {_THE} (texts|nuisance|texting)",
        f"done any? of? receive? {_THE} {_MESSAGES}",
        # "refrain from contacting me", "put me on your do not call list"
        "refrain from (texting|sending|calling)",
        f"(on|to) {_THE} (dont|do not|no) (write|text) list",
    ),
    voids=(
        # "you'd be like quit texting me", "don't take me off the list", "he wants off"
        "be like any{0,6}",
        "(?<!you)(dont|not|never|unable) (filler|be|to|again)*",
        "(dont|not|never|unable) (filler|be|to)* (take|remove|receive) me?",
    ),
    help="help info",
    yes="yes y yep yeah yup yess ok okay sure confirm confirmed agree absolutely definitely",
    wrong_number="""
        wrong number !of/on/for/in/to/i/was
        incorrect number !of/on/for/in/to
        wrong person !for/to/in
        wrong phone !case/charger
        wrong contact !info/information
        have the wrong one .
        got the wrong one .
        have the wrong guy
        got the wrong guy
        have the wrong man
        have the wrong woman
        have the wrong lady
        got the wrong lady
        have the wrong girl
        have the wrong cell
        texting the wrong
        texted the wrong
        texting wrong
        messaging the wrong
        not my name .
        who you think i am
        no one here by that name
        nobody here by that name
        no one by that name
        nobody by that name
        there is no one named
        this number belongs to someone else
        this is not the number for
        this is no longer the number
        this is not his number
        this is not her number
        this isnt his number
        this isnt her number
        this isnt their number
        no longer has this number
        doesnt have this number
        not the person you are looking for
        not the person youre looking for
        you have me confused
        you have me mixed up
        mistaken identity
    """,
    complaint="""
        this is spam
        its spam
        such spam
        youre spamming
        you are spamming
        are spam
        is harassment
        is harassing
        youre harassing
        harassing
        harassment
        harassed
        is illegal
        its illegal
        a scam
        scam .
        spam .
        scammer
        scammers
        spammer
        spammers
        report you
        report this
        reporting you
        reporting this
        reported you
        reported this
        sue you
        suing you
        will sue
        legal action
        my lawyer
        my attorney
        fcc
        tcpa
        ftc
        bbb
        complaint
        complain
        complaining
        i never signed up
        never signed up for
        i did not sign up
        i didnt sign up
        never gave you my number
        how did you get my number
        where did you get my number
        who gave you my number
        who gave you this number
        too many texts
        too many messages
        rip off
        ripped off
        terrible service
        horrible service
        worst service
        worst pizza
        worst experience
        very disappointed
        so disappointed
        unacceptable
        want a refund
        want my money back
        false advertising
    """,
    out_of_office="""
        out of office
        out of the office
        away from my desk
        auto reply
        autoreply
        auto response
        automatic reply
        automatic response
        automated reply
        automated response
        automated message
        automatic message
        im driving
        i am driving
        im in a meeting
        i am in a meeting
        in a meeting right now
        on vacation until
        im on vacation
        i am on vacation
        on leave until
        im on leave
        on maternity leave
        with do not disturb
        with focus
        driving focus
        have notifications silenced
        cant talk right now
        cant talk now
        cannot talk right now
        will get back to you
        ill get back to you
        will see your message
        ill see your message
        will reply later
        ill reply later
        will reply when
        ill reply when
        will respond when
        will return your
        ill call you back
        will call you back
        call you later .
        can i call you later
        this number is not monitored
        this mailbox is not monitored
        we have received your message
        thank you for contacting
        thanks for contacting
    """,
    decline="""
        . no .
        . nope .
        . nah .
        . no thanks
        . no thank
        . no thx
        . no ty
        no thanks .
        no thank you
        . nope not
        . nah im good
        . im good .
        . im good thanks
        . no im good
        . were good
        . all set .
        . im all set
        not interested
        not for me
        not right now
        not now
        not today
        not tonight
        not this time
        not this week
        not this weekend
        not at this time
        not at the moment
        no interest
        maybe later
        maybe next
        maybe another
        another time
        some other time
        next time
        ill pass
        i will pass
        . pass
        gonna pass
        have to pass
        hard pass
        cant make it
        cannot make it
        wont be able to
        not going to make
        already have one
        already bought
        already ate
        already ordered
        already have dinner
        dont want
        do not want
        dont need
        do not need
        dont think so
        no need
        too expensive
        cant afford
        . maybe not
        . not really
        . no way
        . not a chance
        . no sorry
        . sorry no
        . sorry cant
    """,
    interest="""
        yes
        yep
        yeah
        yup
        . sure
        sure thing
        interested
        count me in
        im in .
        im in for
        im down
        sign me up
        hook me up
        want
        need
        order
        book
        reserve
        reservation
        hold
        save me
        save one
        put me down
        call me
        gimme
        give me
        id like
        i would like
        would love
        id love
        ill take
        i will take
        well take
        ill have
        be there
        see you there
        see you tonight
        on my way
        omw
        coming in
        sold
        lets do
        lets go
        . deal .
        . in .
        . me .
        me please
        . please .
        definitely
        absolutely
        for sure
        of course
        sounds good
        sounds great
        sounds amazing
        sounds delicious
        tell me more
        more info
        send me
        . ok please
    """,
    question="""
        . what
        . whats
        . when
        . whens
        . where
        . wheres
        . who
        . whos
        . how
        . hows
        . which
        . why
        . can i
        . can you
        . can u
        . can we
        . can it
        . could i
        . could you
        . could we
        . do i
        . do you
        . do u
        . do we
        . do they
        . does it
        . does this
        . does that
        . does the
        . did you
        . is it
        . is this
        . is that
        . is there
        . is the
        . are you
        . are u
        . are there
        . are these
        . are they
        . are the
        . will you
        . will it
        . will there
        . will the
        . would you
        . would it
        . may i
        . any chance
        . anything
        what time
        what day
        how much
        how many
        how long
        how late
        wondering if
        wondering what
        want to know
        like to know
    """,
    function_words="""
        the a an and or but of to in on at for from with by as is are was were be been am im i you
        u he she it its we they me my your ur our us them this that these those what when where
        who how why do does did dont not no yes can could would will ill wont cant have has had
        get got just so if then there here up out about any all more some now please thanks thank
        ok okay lol hey hi hello good need want like know see go one too very really tonight today
        tomorrow
    """,
)
