"""French. `m'écrire` is one word here, `mecrire`; so are `n'envoyez` and `d'envoyer`."""

from parley.tongues.model import Tongue

_SO = "(please|filler)*"
_THE = "(the|article|all|of|your|my)*"
_TAIL = "(please|filler|again|edge)"
_UNLESS = "(?!(please|filler|the|article)* (now|when|if|again|the other|of other|other edge))"

FRENCH = Tongue(
    code="fr",
    keywords="""
        arret arreter arretez arrete arretons desabonner desabonnez desabonnement desinscription
        desinscrire resilier resiliation annulation annuler stopper stoppez supprimer retirer assez
        casuffit
        plusdemessages desabonnezmoi desinscrivezmoi degage degagez yenamarre jenaimarre stopsms
        desabo stoppub
    """,
    classes={
        "cease": """arrete arretez arreter arretes arret cesse cessez cesser stoppe stoppez
            stopper stop stopez darreter darret""",
        "to_text": """decrire mecrire ecrire contacter mappeler appeler texter harceler deranger
            embeter
            membeter spammer importuner solliciter emmerder memmerder relancer mimportuner
            mecrivant solicitations""",
        "to_send": "menvoyer envoyer denvoyer",
        "can": "pouvez pourriez peux peut",
        "removal": "suppression retrait radiation",
        "text": """texte recontactez recontacte rappelez contactez ecrivez ecris decrivez
            mecrivez mecris necrivez nappelez appelez appelle mappelez mappelle derangez harcelez
            sollicitez
            embetez membetez importunez textez mimportunez relancez""",
        "send": "envoyez envoie envoies menvoyez menvoie menvoies nenvoyez",
        "texts": """communication communications messages message textos texto sms pub pubs
            publicite publicites promos
            promotions spam spams mails mail emails notifications courriels msg msgs mms alertes
            textes sollicitations prospection envoi envois""",
        "nuisance": "harcelement offres conneries trucs choses",
        "receive": "recevoir recois entendre avoir",
        "contacted": """contacte contactee derange derangee sollicite sollicitee harcele abonne
            abonnee inscrit inscrite""",
        "be": "etre",
        "want": """veux veut voudrais souhaite souhaitons desire desirons voulons souhaiterais
            aimerais jveux envie""",
        "remove": """oubliez oublie retirez retire retirer enlevez enleve enlever menlever
            meffacer deffacer denlever supprimez
            supprime supprimer
            effacez efface effacer rayez raye otez sortez radiez""",
        "unsub": """desabonner desabonnez desabonnement desabonne desabonnes desinscrire
            desinscrivez desinscription desinscris desinscrit""",
        "me": "moi me nous",
        "number": "numero nom telephone portable contact coordonnees donnees compte",
        "list": "liste listes base repertoire contacts",
        "leave": "laissez laisse fichez fiche foutez fous lachez lache",
        "peace": "tranquille tranquilles paix",
        "not": "ne n nai",
        "i": "je j",
        "pas": "pas",
        "more": "plus",
        "never": "jamais",
        "nothing": "rien aucun aucune",
        "article": "le la l",
        "the": """les ces cet cette ce vos votre tes ton ta toutes tous tout leurs genre
            type""",
        "of": "de des d du",
        "my": "mon ma mes",
        "your": "part",
        "all": "toute",
        "enough": "assez suffit marre ras",
        "subscription": "abonnement inscription",
        "cancel": "resilier resiliez resilie annuler annulez",
        "demand": "demande prie",
        "refuse": "refuse",
        "accept": "accepte naccepte",
        "how": "comment",
        "that": "ca cela",
        "when": "avant apres demain aujourdhui soir nuit quand tant trop tard",
        "again": "encore",
        "if": "si",
        "please": "svp stp plait sil vous te merci veuillez pls please priere",
        "now": "maintenant immediatement",
        "with": "avec a aux au",
        "filler": """suite bonjour salut ok oui non donc desormais alors monsieur madame bordel
            putain cest bon beaucoup""",
    },
    patterns=(
        # "arrêtez svp", "stop merci", "arrêtez ça"
        "edge (please|filler|of|can)* cease (please|filler|cease|that|the|all|of|now|with)* edge",
        f"cease {_SO} i not|removal of {_THE} (number|list)",
        f"(more|pas) want of receive {_THE} (texts|nuisance|{_TAIL}|your)|not want nothing receive",
        f"edge {_SO} nothing texts {_TAIL}",
        f"(please|demand (of|please)*) cease {_SO} edge",
        "cease with that",
        "refuse (of|all|the|article)* (receive|texts)",
        f"not me* to_text (more|pas|never) {_TAIL}",
        f"accept pas {_THE} texts|^edge how cancel {_SO} edge$",
        "cancel (my|the|article|all)* (subscription|texts)",
        (
            f"edge {_SO} enough {_SO} edge|edge {_SO} that enough (please|filler|now|cease|{_THE}"
            " texts)* edge"
        ),
        f"enough (article other)? of {_THE} (texts|nuisance)",
        f"(?<!pas|other|filler) cease {_SO} with? {_THE} (texts|nuisance)",
        f"edge {_SO} cease {_SO} with? {_THE} (texts|nuisance) {_TAIL}",
        # "arrêtez de m'écrire", "cessez d'envoyer des messages"
        f"(?<!pas|more) cease (of|me)* to_text {_UNLESS}",
        f"(?<!pas|more) cease (of|me)* to_send {_THE} (texts|nuisance|that|{_TAIL})",
        # "ne m'écrivez plus", "ne me contactez pas", "merci de ne plus me contacter"
        f"not me* (text|contacted) (more|pas|never) (never|more)? {_UNLESS}",
        f"(not|edge|please|of) (me|text)* (text|contacted) (more|never) {_UNLESS}",
        f"not (more|pas|never) me* (to_text|contacted|text) {_UNLESS}",
        f"not me* send (more|pas|never) (never|nothing)? {_THE} (texts|nuisance|{_TAIL})",
        f"(edge|please) me* send more (never|nothing)? {_THE} (texts|nuisance|{_TAIL})",
        f"not (more|pas|never) me* to_send {_THE} (texts|nuisance|nothing|{_TAIL})",
        "not me* send nothing",
        # "je ne veux plus recevoir vos messages", "je ne souhaite plus être contacté"
        f"not want (more|pas) nothing? receive {_THE} (texts|nuisance|{_TAIL}|your)",
        f"not more receive {_THE} (texts|nuisance|{_TAIL}|your)",
        f"want more receive {_THE} (texts|nuisance)",
        "not want (more|pas) be (contacted|text)",
        f"not? want (more|pas) {_THE} (texts|nuisance)",
        "not want (more|pas) that me? (text|send)",
        f"not want more (nothing)? {_TAIL}",
        # "plus de messages svp", "pas de pub"
        f"edge {_SO} more never? nothing? {_THE} (texts|nuisance) (?!other)",
        f"edge {_SO} pas {_THE} texts {_TAIL}",
        f"edge {_SO} more nothing {_SO} edge",
        f"never more? {_THE} texts",
        # "retirez-moi de votre liste", "supprimez mon numéro", "désabonnez-moi"
        f"(?<!not) remove (me {_TAIL}|me of {_THE} (list|other edge)|my number|{_THE} my number)",
        f"me remove (of {_THE} list|{_TAIL})",
        "(?<!pas|not|if) unsub",
        f"remove {_SO} {_THE} (number|list)",
        # "laissez-moi tranquille", "foutez-moi la paix"
        f"leave me (any? peace|{_TAIL})",
    ),
    help="aide",
    yes="oui ouais daccord confirme",
    wrong_number="""
        mauvais numero !sur/de/dans
        faux numero
        trompe de numero
        vous vous trompez de numero
        vous etes trompe
        mauvaise personne
        erreur de numero
        pas la bonne personne
    """,
    complaint="""
        cest du spam
        du spam
        cest du harcelement
        harcelement
        une arnaque
        arnaqueurs
        porter plainte
        je vais porter plainte
        je vais vous signaler
        mon avocat
        la cnil
        cest inadmissible
        cest honteux
        service pourri
        tres decu
        tres decue
    """,
    out_of_office="""
        reponse automatique
        absent du bureau
        en conges
        je suis en conge
        je suis au volant
        je conduis
        en reunion
        je vous recontacte
        je ne peux pas parler
        je vous repondrai
        en vacances jusqu
        absente du bureau
    """,
    decline="""
        . non .
        . non merci
        non merci .
        pas interesse
        pas interessee
        ca ne minteresse pas
        cela ne minteresse pas
        ne minteresse pas
        ca minteresse pas
        pas maintenant
        pas aujourdhui
        pas ce soir
        pas cette fois
        une autre fois
        plus tard peut etre
        peut etre plus tard
        je ne peux pas
        pas besoin
        jen ai deja
        je passe .
        je nen veux pas
        je ne veux pas
    """,
    interest="""
        . oui .
        . oui je
        . oui svp
        . oui sil
        . oui merci
        . oui volontiers
        . volontiers
        . daccord .
        avec plaisir
        ca minteresse
        je suis interesse
        je suis interessee
        interesse .
        interessee .
        je veux
        je voudrais
        jaimerais
        jen veux
        je le veux
        je la veux
        je prends
        je reserve
        reserver
        reservez
        reservez moi
        gardez moi
        comptez sur moi
        appelez moi
        rappelez moi
        jai besoin
        bien sur
        je participe
        jarrive
        . partant .
        inscrivez moi
    """,
    question="""
        cest ou .
        . quel
        . quelle
        . quels
        . quelles
        . combien
        . quand
        . ou est
        . ou se
        . comment
        . qui
        . pourquoi
        . est ce que
        . est ce
        . a quelle heure
        . avez vous
        . pouvez vous
        . peut on
        . puis je
        . cest quoi
        . cest combien
        . quest ce
        . y a t il
        . jusqua quelle heure
        combien ca coute
        je voudrais savoir
    """,
    function_words="""
        le la les un une des de du et ou que qui en dans avec par pour ne pas plus me moi mon ma
        mes te toi ton tes se sa son ses lui leur leurs ce cet cette ces est sont suis etes je tu
        il elle nous vous ils elles on au aux sur sous mais comme quand ca cest jai nest quil
        bonjour merci oui non tres bien tout tous rien etre avoir fait faire veux voudrais peux
        pouvez votre vos notre nos svp sil plait a d l n y si donc alors aussi
    """,
)
