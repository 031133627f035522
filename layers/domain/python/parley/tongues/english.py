"""English."""

from parley.tongues.model import Tongue

_SO = "(please|filler|now|swear|laugh)*"
_THE = "(the|these|all|nothing|more|my|adjective|swear|of|it)*"
_MESSAGES = "texting? (texts|offers|text|nuisance|spam)+"
_SENT = "other{0,2} (texts|offers|text|nuisance|spam)+"
_TAIL = "(please|again|filler|now|swear|laugh|edge|and)"
_NO_MORE_TAIL = f"({_TAIL}|from|to|you|i|or)"
_ME = "(me|(my|the|these|all)+ (text|kin)? number+|my no)"
_DONT = "(dont|do not|never|no longer|to not|can you (please|filler)* not)"
_NOT = "(dont|do not|never|no longer|not)"
_I_DONT_WANT = f"{_NOT} (filler|again)* (want|like)"
_ME_ASKING = "(?<!you|he|if|auxiliary|how)"
_IN_EARNEST = "(?<!(?<!you)(unable|dont|not|never))(?<!he)(?<!third to)(?<!(?<!can|do)i)"
_ASKED = """(i can? (said|want|like) (you|filler)* to? | why? (dont|unable|can) you
    | you filler* (can|(want|auxiliary|better)+ to?)? | make (it|these) | when can you
    | how (can|do) i | how to)?"""
_REST = """(cease|unsub|ending|laugh|please|filler|now|swear|you|it|these|all|of|again|me|and|no
    |already|finally|when once|remove|or)*"""
_STOP_REST = "(please|laugh|filler|now|swear|it|these|all|you|already|finally|when once)* edge"
_BEGIN = "(edge|(not|longer) filler? interested again?) (please|laugh|filler|now|swear|no|and|all)*"

ENGLISH = Tongue(
    code="en",
    keywords="""
        stop stopall unsubscribe cancel end quit revoke optout unsub remove removeme unsubscribeme
        nomore notexts rmv removal dnc donotdisturb donotcontact donottext enough thatsenough
        enoughisenough goaway exit leave out off unfollow takemeoff optmeout stoptexting
        stoptextingme stopmessaging stopmessagingme stopspam
        stopspamming stopspammingme stopcalling stopcallingme leavemealone donttextme takeahike
        beatit scram
    """,
    classes={
        "cease": "stop stopp cease quit halt discontinue desist stahp",
        "ending": """end cancel terminate deactivate disable revoke revoking withdraw
            withdrawing rescind kill
            suspend""",
        "consent": "consented consent permission authorization authorized authorised",
        "unsub": "unsubscribe unsuscribe stopall optout unenroll deregister unregister desubscribe",
        "unsub_slang": "unsub",
        "unsubscribing": "unsubscribing",
        "unsubscribed": "unsubscribed unenrolled",
        "texting": """texting txting textin messaging msging contacting spamming harassing
            harrassing bothering bugging annoying pestering emailing soliciting hounding
            disturbing pinging badgering targeting stalking hassling irritating bombarding
            flooding cluttering plaguing smsing""",
        "keep_on": "still constantly always",
        "selling": "broadcasting selling pitching promoting",
        "kin": """wife wifes husband husbands mom moms mum mums dad dads mother mothers father
            fathers son sons daughter daughters kid kids child family line""",
        "mistaken": "accidentally mistakenly accident mistake",
        "particle": "la lah leh lor liao hor sia",
        "rest": "rest",
        "rid": "rid",
        "widget": "link button page option policy",
        "calling": "calling writing ringing phoning",
        "sending": "sending forwarding pushing sendin",
        "reaching": "reaching following hitting blowing",
        "text": "text txt message msg sms mms contact email mail communication",
        "bother": "bother disturb harass annoy bug pester solicit",
        "sell": "sell market advertise promote pitch use",
        "time": "time",
        "mind": "mind",
        "once": "once",
        "subscribed": "subscribe subscribed",
        "now": "now rn",
        "write": "write reach hit reply respond",
        "call": "call ring",
        "send": "send forward",
        "texts": """broadcast broadcasts texts txts messages msgs emails ads ad adverts advert
            advertising
            advertisements advertisement alerts notifications communications correspondence
            solicitations solicitation smses marketing campaigns blasts promo promos promotions
            newsletters newsletter""",
        "offers": "offers deals updates reminders calls coupons",
        "spam": "spam",
        "nuisance": """things nonsense bs crap bullshit shit garbage junk rubbish madness harassment
            stuff trash foolishness mess bombardment""",
        "receive": "receive receiving get getting recieve recieving hear hearing see seeing",
        "passive": "texted messaged contacted bothered spammed called emailed harassed disturbed",
        "want": "want wants wanna wish need care desire wanted needs",
        "interested": "interested",
        "interest": "interest",
        "remove": "remove block delete erase exclude scrub unlist purge strike wipe rmv",
        "removed": "removed deleted erased",
        "take": "take keep pull scratch",
        "leaving": "leaving",
        "leave": "leave let",
        "alone": "alone alon",
        "lose": "lose forget",
        "opt": "opt opting",
        "opted": "opted",
        "out": "out",
        "off": "off",
        "from": "from",
        "on": "on in onto into",
        "enough": "enough",
        "list": """registration enrollment enrolment list lists database db system distribution
            contacts subscription
            subscriptions thread directory records service membership
            program programme""",
        "number": """number phone mobile cell cellphone inbox name info information details
            data""",
        "me": "me us myself",
        "my": "my our",
        "it": "it them",
        "these": "thats this these that those dis ths",
        "here": "here",
        "the": "the your ur youre a such so many wrong kind type sort",
        "adjective": """stupid dumb constant daily unwanted promotional automated
            ridiculous endless unsolicited mailing silly useless
            mass""",
        "swear": """fucking fuckin fkn freaking freakin friggin frigging effing damn damned
            goddamn bloody tf""",
        "all": "all any anything everything every each",
        "nothing": "nothing",
        "more": "more mor further additional future",
        "again": "again anymore ever else",
        "of": "of with w",
        "no": "no nope nah naw nay",
        "not": "not nto",
        "never": "never",
        "dont": "dont don dnt donot",
        "do": "do",
        "longer": "longer",
        "unable": """cant cannot couldnt wont wouldnt didnt doesnt isnt without shouldnt hasnt
            havent nonstop non""",
        "auxiliary": "did does has had have",
        "you": "you u ya yall",
        "i": "i we im ive id ill",
        "he": "he she they who everyone someone somebody nobody",
        "third": "him her his their while",
        "when": """before after until till til during between unless about today tonight tomorrow
            yet late early because at when""",
        "to": "to 2",
        "if": "if",
        "like": "like",
        "be": "be was were being",
        "said": """saying replying said say told tell telling asked ask asking begging repeat
            request requesting
            demand replied sent wrote""",
        "can": "can could will would should must may",
        "how": "how",
        "why": "why",
        "are": "are is",
        "better": "better",
        "come": "come",
        "agree": "agree agreed",
        "make": "make",
        "and": "and n",
        "as": "as",
        "left": "left",
        "revoked": "revoked withdrawn",
        "exiting": "exit unfollow",
        "already": "already twice",
        "grievance": "scam person sender signed landline minor",
        "hostile": "fuck fck fk piss bugger bog naff screw sod buzz eff f blocking",
        "go": "go",
        "elsewhere": """netflix hulu spotify youtube disney amazon prime gym instagram facebook
            tinder
            class course""",
        "away": "away",
        "gone": "gtfo stfu",
        "please": "please pls plz plse pleas plese kindly",
        "refrain": "refrain",
        "rather": "rather prefer appreciate",
        "knock": "knock cut chill lay ease",
        "drop": "drop ditch",
        "lost": "lost",
        "or": "or nor",
        "finally": "for good real 4",
        "doing": "doing",
        "turn": "turn switch",
        "report": "report reporting sue",
        "shut": "shut",
        "include": "store save include add enroll",
        "removal": "removal",
        "but": "but",
        "stopped": "stopped",
        "done": "done tired sick fed",
        "laugh": "lol haha hahaha lmao ha hehe",
        "filler": """idiot idiots moron morons jerk jerks asshole assholes creep creeps clown clowns
            spammers spammer scammers scammer thanks thank thx ty ok okay k kk immediately just
            sir maam dude man bro hey hi hello sorry god omg seriously ffs wtf asap forever
            permanently right yes yeah yo dammit jeez bruh bruv mate folks people wow argh
            christ heck hell gods christs sake thankyou fr really oh ugh completely altogether
            guys jesus am love then bye x xx xxx 4ever""",
    },
    patterns=(
        # "please stop", "i said stop it", "u can stop now", "can you please stop"
        f"(edge finally (the|of|filler)+|{_BEGIN}) {_ASKED} {_SO} (cease|unsub) {_REST} edge",
        # "... and please stop", "i told you to stop", "how do i make these stop"
        f"please (filler|the|of|finally)* cease {_STOP_REST}",
        f"(?<!third) said (you|filler|the)* other? to cease (when edge|{_STOP_REST})",
        f"(and|but) {_SO} cease {_STOP_REST}",
        (
            f"(said|passive|text|texting) cease {_STOP_REST}|i ((?!never|unable)any){{0,2}}"
            " said cease (?!other mistaken)"
        ),
        f"i any{{0,2}} said filler? no more {_SO} edge",
        "other of cease dont you",
        # "stop or i'll sue", "stop means stop", "stop sent from my iphone", "how to stop this"
        (
            f"edge {_SO} cease {_SO} (or (i|again|be)|said from my|(you|to|other)"
            f" (cease|ending) {_SO} edge)"
        ),
        f"edge {_SO} (write|text|send) cease (to (opt out|ending|unsub))? {_SO} edge",
        f"(how|text|write) to cease {_STOP_REST}",
        "if you stopped (texting|sending)",
        f"(these|texts|text|nuisance|spam) (want|auxiliary|can) to? cease {_STOP_REST}",
        f"(want|like) (these|it|the|texts|text|all)+ to cease {_STOP_REST}",
        f"{_I_DONT_WANT} any{{1,3}} cease {_STOP_REST}",
        (
            f"(edge|when) can (these|it) cease {_STOP_REST}|receive (these|it|the|you|texts|text)+"
            f" to cease {_STOP_REST}"
        ),
        f"(finally|he swear? are?) these {_SO} cease {_STOP_REST}|i not other cease {_STOP_REST}",
        f"make (it|these|the|you|texts|text)* cease {_STOP_REST}",
        # "not interested stop", "wrong number stop"
        (
            f"(not|no|longer) filler? (interested|interest) (on {_THE} {_MESSAGES})?"
            f" {_SO} cease {_STOP_REST}"
        ),
        (
            "(number|grievance|subscribed|text|texts|passive|nuisance|spam|hostile"
            f" you) {_SO} cease {_STOP_REST}"
        ),
        # "stop i never signed up", "stop you are annoying", "stop take me off"
        f"edge (please|filler|now|no)* cease {_SO} (i|you|he|dont|never|not|no)",
        f"edge (please|filler|now|no)* cease {_SO} (unsub|remove|take|leave)",
        # "stop texting me", "quit bugging us", "stop calling my phone", "stop sending these to me"
        (
            f"{_IN_EARNEST} cease (please|filler|now|swear|and|you|all|the|adjective)* texting"
            " (?!me? (third (?!number)|it|(the|my|and|on) (other|elsewhere)|and (third|go)))"
        ),
        f"{_IN_EARNEST} cease {_SO} (texting|sending|calling) my kin",
        (
            f"{_IN_EARNEST} cease {_SO} calling (my|to me|and? texting|{_ME}"
            f" (?!other (filler|laugh)* edge)|{_TAIL})"
        ),
        (
            f"{_IN_EARNEST} cease (please|filler|now|swear|all|the)* sending"
            f" (me|to|out|you)* {_THE}"
            f" ({_SENT}|{_TAIL}|particle|to? {_ME} {_TAIL}|((?!third)any){{0,5}} texts)"
        ),
        f"{_IN_EARNEST} cease {_SO} reaching other? (out|me|my|on|of|these edge|{_TAIL})",
        # "stop the messages", "cease all communication", "end these texts", "revoke my consent"
        f"{_IN_EARNEST} cease {_SO} {_THE} ({_MESSAGES}|other{{1,2}} texts)",
        f"{_IN_EARNEST} cease {_SO} selling (to|on)* {_ME}|{_IN_EARNEST} cease {_SO} other my time",
        (
            f"ending (me|my number) (from ({_THE} list {_TAIL}|these|you)|edge)|ending"
            f" {_THE} other{{1,2}} texts"
        ),
        f"ending {_THE} (text? texts|text {_TAIL}|text? list ({_TAIL}|to|from)|other? consent)",
        "take other my consent",
        (
            f"(turn|shut) off {_THE} (texts|text)|(turn|shut) (the|these|all|my)*"
            " (these|it|texts|text) off"
        ),
        # "stop 5125550188", "stop this service", "i want to cancel", "how do i cancel"
        f"edge {_SO} cease ((to|on|my|these)* number {_SO} edge|my number)",
        f"cease to {_THE} texts|^edge {_SO} (turn|shut) (it|these)+ off {_SO} edge$",
        f"cease doing (it|these)|cease {_THE} list {_TAIL}",
        f"^edge (filler|i|want|like)* (want|like) to ending {_SO} edge$",
        "^edge how (can|do) i ending (please|filler|now|these|it)* edge$",
        "consent filler? (are|be)? revoked",
        f"^edge {_SO} ending (please|filler|now|swear|all|these|it|ending|cease|or)* edge$",
        (
            f"cease other {_ME} (to|on) {_THE} (list|texts)|cease to (sending|send|text|write)"
            f" {_ME} (?!when)"
        ),
        f"cease write to? {_ME}",
        # "stop robo texting me"
        f"{_IN_EARNEST} cease {_SO} other texting {_ME}",
        # "i want to stop receiving your messages"
        f"{_IN_EARNEST} cease receive (me|from|you)* {_THE} ({_MESSAGES}|{_TAIL}|from)",
        # "don't text me", "never message this number again", "don't call or text me", "don't text"
        (
            f"{_ME_ASKING} (dont|do not|longer|to not|can you (please|filler)*"
            " not) (please|filler|now|again)*"
            f" ((text|write|call) {_ME}? (and|or))*"
            f" (bother? texting|text|spam|bother|text (or|and) (call|write)) {_ME}"
            " (?!now|filler? these? when (?!(these|my) number|these again)|if)"
        ),
        (
            "(?<!he|you|i|other|auxiliary) never (please|filler|now|again)*"
            f" ((text|write|call) (and|or))* (text|spam|bother|send) {_ME} {_TAIL}"
        ),
        (
            f"{_ME_ASKING} {_DONT} (please|filler|now)* again? text (on|to)*"
            " (again|(these number?|here) edge)"
        ),
        (
            f"^edge {_SO} {_DONT} (please|filler|now|again)* (text|spam|write|call)"
            " ((or|and) (text|write|call)|edge? (dont|do not) (text|write|call))*"
            f" (again|{_SO}) edge$"
        ),
        # "don't sell to me", "no need to text me", "text someone else", "don't you text me again"
        "please (dont|do not) text edge|remove third number",
        f"{_ME_ASKING} {_DONT} {_SO} sell (to me|(my|these) number)",
        f"mind not (texting|calling|sending) {_ME}",
        (f"{_ME_ASKING} {_DONT} {_SO} again? (write|call) (to|on)* {_ME}? other? (again|all more)"),
        f"edge {_SO} {_DONT} (please|filler|now|again)* write to? {_ME} {_SO} edge",
        "no want to (text|send|write|call) me",
        "no want to (take texting|(texting|sending|send) (me|these|it) (again|edge))",
        f"edge {_SO} go? (text|spam|bother) (he|other) again {_SO} edge",
        f"{_ME_ASKING} {_DONT} {_SO} again? write out (again|to {_ME}|{_SO} edge)",
        f"{_ME_ASKING} {_DONT} {_SO} (include|take) {_ME} (on|to|edge)",
        f"{_ME_ASKING} {_DONT} {_SO} other {_ME} (on|to) {_THE} list|want no (text|texts) edge",
        f"no filler to (text|send|write|call) me|no want finally {_THE} texts",
        f"you (dont|do not) want to (text|send|call|write) {_ME}",
        f"dont you any? (text|write|call|send) {_ME} again|other more (text|texts) and i",
        # "i told you not to text me", "i'd rather you didn't text me", "if you text me again"
        (
            "(said|better|are|can|want) (you|filler)* not (to|again|be)*"
            f" (text|spam|bother|write|call|send|texting) {_ME}"
        ),
        (
            f"(rather|like) if? you unable (text|spam|bother|write) {_ME}|you"
            f" unable other texting {_ME}"
        ),
        "edge (text|write|send|call) me again and i",
        f"if you again? (text|spam|bother|write|call|send) {_ME}? (again|other more)",
        (
            f"if (you|these|it) (unable|dont|do not) cease ({_STOP_REST}|i)|report any{{0,3}}"
            f" when you cease {_STOP_REST}"
        ),
        f"edge {_SO} cease it? {_SO} (or|when)? i can? report",
        f"edge you (text|call) {_ME} other more",
        f"why filler* i (keep_on|take)+ receive ({_THE} {_MESSAGES}|these edge)",
        # "why do you keep texting me", "and you still text me"
        (
            "(why|you) (do|are|filler)* you? (take|keep_on)+ (texting|text|sending|send|calling)"
            f" {_ME} (?!if|other edge)"
        ),
        f"why are you filler* (texting|sending) {_ME}",
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
        (
            f"{_ME_ASKING} {_I_DONT_WANT} (to|like|receive|you|be)* (passive|text"
            " me (?!other)|bother me)"
        ),
        f"{_ME_ASKING} {_I_DONT_WANT} all from (you|edge)",
        f"{_ME_ASKING} {_I_DONT_WANT} (to|be)+ subscribed",
        "i? want nothing (from you|to do)",
        f"{_ME_ASKING} {_I_DONT_WANT} (to|like|be)* on {_THE} list",
        f"{_ME_ASKING} {_I_DONT_WANT} {_THE} {_MESSAGES}",
        f"{_ME_ASKING} {_I_DONT_WANT} you to? (text|texting|send|sending|calling|write|call)",
        f"{_ME_ASKING} {_I_DONT_WANT} (it|these|all|more)+ again",
        f"{_ME_ASKING} {_I_DONT_WANT} (all|more|of|other)* these edge",
        "longer (want|like) (it|these|all|more)+ edge",
        f"longer interested {_SO} edge",
        f"unable want {_THE} texts",
        "rather not to? be? passive",
        f"rather to? not to? receive (me|all|from)* {_THE} ({_MESSAGES}|from|{_TAIL})",
        "(no|not|dont|never|unable) any{0,3} consent (?!other)",
        f"(not|never|unable) agree to? (receive|be passive|{_THE} (texts|text {_TAIL}))",
        "(not|never|unable) opt on",
        f"(not|never|unable) said finally? {_THE} (texts|text {_TAIL})",
        # "not interested in receiving any more", "no interest in your texts"
        (
            "(not|no|longer) (filler|again)* (interested|interest) on receive (me|all|from)*"
            f" {_THE} ({_MESSAGES}|from|{_TAIL})"
        ),
        (
            f"(not|no|longer) (filler|again)* (interested|interest) on {_THE}"
            " (texts|text|nuisance|spam)"
        ),
        # "no more texts", "no spam please", "no texting"
        (
            f"(?<!other|auxiliary|receive|why) no {_THE}"
            " (text (please|again)|(text? (texts|nuisance|spam|offers (or|and) texts))+"
            f" ((or|and) (texts|offers|calling))? {_TAIL})"
        ),
        (
            f"(?<!other|auxiliary|receive|why) no (the|these)* more {_THE}"
            f" ({_MESSAGES}|other texts) {_NO_MORE_TAIL}"
        ),
        (
            "^edge ((please|filler|no)+ edge)? (please|filler|now|no)* no"
            " (more|texting|sending|text)"
            " (please|filler|now|no|more|of|these|all|from|you|texting|me|or|calling)* edge$"
        ),
        f"edge {_SO} not (other|more|the)+ (text|texts) more? {_TAIL}",
        f"auxiliary it of {_THE} {_MESSAGES}",
        # "unsubscribe me", "how do i unsubscribe", "i want to opt out", "get me unsubscribed"
        "(?<!if i|if you)(?<!cease to) unsub (?!(from|of) the? elsewhere|widget)",
        (
            f"(edge {_SO}|to|can i|can you|do i) unsub_slang (me|my|these|the|all|from"
            f" (?!the other|elsewhere)|{_TAIL})"
        ),
        "(?<!cease to) opt (me|my|number|these)* out (?!(of|from) the? other)",
        "(already|be|want) (unsubscribed|opted out)|(unsubscribed|opted out) already",
        f"(i|be) filler? unsubscribing|unsubscribed me|edge {_SO} unsubscribed {_SO} edge",
        f"(edge|said|want) {_SO} removal {_SO} (edge|from)",
        f"{_ME_ASKING} {_DONT} {_SO} include {_ME}",
        "(be|receive|me|want|number) (unsubscribed|removed)",
        (
            "i auxiliary? filler? (opted out|unsubscribed) (?!(of|from) the?"
            " (other|elsewhere)|other mistaken)"
        ),
        # "take me off", "remove my number", "get off your list", "i want out"
        f"(take|receive) {_ME} number? off (?!other|when|on|(the|these) other)",
        (
            "how (can|do) i receive other? off edge|how (can|do) i receive"
            " (off|out) of? (these|it) edge|receive (off|out) of? my number"
        ),
        f"remove ({_ME} (?!(other? from|on|as) the? other)|my list|{_THE} list|my text {_TAIL})",
        (
            "(remove|drop|take|(take|receive|want|drop|leave) any{0,2} (off|out|from)"
            "|(take|receive) me of|(?<!i) off)"
            f" (me|my|number|text|off|from|of)* {_THE} other? (text|texts)? list"
        ),
        f"(leave|leaving) {_THE} list {_TAIL}|edge {_SO} (receive|leave) me (off|out) {_SO} edge",
        f"{_BEGIN} (can you)? {_SO} remove (please|filler|now|swear|you|these|me|number)* edge",
        (
            f"hostile off of {_THE} (texts|text)|please remove {_SO} edge|(number|text)"
            " edge? (please|but|and)* remove it"
        ),
        f"(want|like) to? receive? (out|off) of? (these edge|{_TAIL})",
        # "leave me alone", "lose my number", "go away", "fuck off"
        f"edge {_SO} exiting {_SO} edge",
        "(i|edge) filler* want to? be? left alone",
        f"(?<!third to) leave {_ME} any{{0,2}} (alone|be {_TAIL})",
        f"(?<!i) (lose|drop) (my|these|the) number {_TAIL}",
        "(?<!i) remove (my|these|the) number (?!from the? other)",
        f"edge {_SO} lose me {_SO} edge",
        (
            f"{_BEGIN}"
            " (go away|hostile (you|other)? off|hostile you|gone|receive lost|shut other)"
            " (please|filler|now|swear|you|and|no)* edge"
        ),
        "edge any? other it the rest edge",
        (
            "knock (it|these) (off|out) (?!(of|from)? the other)|knock (out|off|other)?"
            f" of? {_THE} (texts|text {_TAIL})"
        ),
        "(receive|take) these? off my number",
        "take (my|these) number (out|off) edge|leave me out of? (these|it)? edge",
        "(as|on|number) (dont|do not) (write|text|call) edge",
        "receive rid of (me|(my|these) number)",
        "leave my kin any{0,2} alone|leave my number out of? (these|it)? edge",
        # "enough already", "enough with the texts", "sick of these messages"
        "edge (please|these|filler)* enough (please|filler|now|already)* edge",
        f"enough of ({_THE} {_MESSAGES}|(these|it) edge)",
        f"enough {_THE} (texts|nuisance|spam|texting)",
        f"done any? of? receive? {_THE} {_MESSAGES}|done of receive (these|it)+ edge",
        f"enough (filler|already|please)* cease {_STOP_REST}",
        # "refrain from contacting me", "put me on your do not call list"
        "refrain from (texting|sending|calling)",
        f"(on|to) {_THE} other? (dont|do not|no) (write|text|call) (list|other)",
    ),
    voids=(
        # "you'd be like quit texting me", "don't take me off the list", "he wants off"
        "be like any{0,6}",
        "(?<!you)(dont|not|never|unable) (filler|be|to|again)* ((want|like|other) to)?",
        "auxiliary (i|you|he) (filler|receive|be)*|mistaken any{0,3}",
        "(how|why|when) (auxiliary|come) (you|filler)*",
        "(dont|not|never|unable) (filler|be|to)* (take|remove|receive) me?",
    ),
    help="help info",
    yes="yes y yep yeah yup yess ok okay sure confirm confirmed agree absolutely definitely",
    wrong_number="""
        gave/he/she/him/her/save/dial? wrong number !of/on/for/in/to/i/was/he/she/just
        incorrect number !of/on/for/in/to
        . wrong person !for/to/in/haha/ignore
        sorry wrong person .
        have the wrong person
        got the wrong person
        have wrong person
        got wrong person
        reached the wrong person
        is the wrong person
        sorry wrong .
        sorry wrong no .
        . wrong no .
        wrong phone !case/charger/number
        wrong phone number !on/in/for/of
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
        texting the wrong !date/day/time/address/link/code
        texted the wrong !date/day/time/address/link/code
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
        this is not * number
        this isnt * number
        not * number anymore
        this is not * phone
        this isnt * phone
        not * phone anymore
        who you are looking for
        who youre looking for
        who you are trying to reach
        who youre trying to reach
        whoever you are looking for
        whoever youre looking for
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
        never subscribed
        never asked for this
        didnt request this
        did not request this
        never agreed to
        didnt ask for this
        did not ask for this
        didnt subscribe
        did not subscribe
        never gave you my number
        blocking you
        blocked you
        blocking this number
        blocked this number
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
        . terrible .
        . horrible .
        . awful .
        so rude
        was rude
        very rude
        was terrible
        was horrible
        was awful
        was disgusting
        pizza was cold
        food was cold
        order was wrong
        you suck
        guys suck
        never ordering again
        never got my order
        never received my order
        never came .
        horrible pizza
        terrible pizza
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
        does not accept text
        does not accept incoming
        does not receive text
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
        cant this week
        cant tonight
        cant today
        count me out
        . im out .
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
        . love to .
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
        who dis
        who this
        wat time
        until when
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
