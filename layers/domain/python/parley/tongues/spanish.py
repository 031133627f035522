"""Spanish."""

from parley.tongues.model import Tongue

_SO = "(please|filler)*"
_THE = "(the|more|all|adjective|of|from)*"
_ANY = "(the|more|all|adjective|of|from|nothing)*"
_TAIL = "(please|filler|again|edge)"
_UNLESS = """(?!(please|filler|to|the|that)* (when|if|the other|a other|to other|in the other)
    |edge please? remit)"""

SPANISH = Tongue(
    code="es",
    keywords="""
        alto parar pare paren para baja cancelar detener detente basta yabasta eliminar salir
        terminar desuscribir desuscribirme desuscribirse suficiente nomas quitar dardebaja
        darmedebaja damedebaja denmedebaja yano desinscribir desuscribanme desuscribeme borrenme
        borrame eliminenme quitenme saquenme anularsuscripcion nomolestar borrar desactivar
        desuscripcion larguense largate fuera vayanse
    """,
    classes={
        "leave_off": "dejo deja dejen dejad deje dejar dejas",
        "cease": "paro termina terminen cesa cesen cesar",
        "stop": """stop paren pare parad parenle parar parale alto detente detengan detenganse
            basta detener cortala cortenla""",
        "para": "para",
        "with": "con",
        "ya": "ya",
        "to_text": """escribirme escribirnos contactarme contactarnos molestar molestarme
            molestarnos textearme llamar llamarme llamarnos llamando escribiendo spamearme acosarme
            fastidiar fastidiarme
            joder joderme hostigarme escribir textear texteandome escribiendome molestando
            chingar contactar spamear""",
        "to_send": """mandarme mandarnos mandar enviarme enviarnos enviar mandando enviando
            mandandome enviandome""",
        "text": """escribas escriban escriba escribais contactes contacten contacte contacteis
            molestes molesten moleste molesteis textees texteen llamen llames llame jodas jodan
            fastidies fastidien busquen busques""",
        "send": "mandes manden mande mandeis envies envien envie envieis manda mandan envian",
        "texts": """envios mensajes mensaje mensajitos sms textos texto msjs msj publicidad
            promociones promos propaganda anuncios correos spam notificaciones avisos
            comunicaciones publicidades whatsapps alertas llamadas""",
        "nuisance": "cosas tonterias pendejadas basura mamadas estupideces ofertas",
        "lose": "olvide olviden olvida pierda pierdan pierde",
        "remit": "mandame mandenme mandeme enviame envieme escribeme escribame escribanme",
        "receive": "recibir recibiendo saber seguir reciba",
        "how": "como",
        "talk": "hables hablen hable marques marquen",
        "want": "solicito pido quiero quisiera deseo queremos necesito quiera deseamos",
        "that": "que",
        "remove": """quitame quitenme quiteme borrame borrenme borreme eliminame eliminenme
            elimineme sacame saquenme saqueme remuevanme remueveme desuscribeme desuscribanme
            desuscribirme quitarme borrarme eliminarme sacarme desinscribirme desapuntame
            bajenme retirenme retireme""",
        "removing": """remover retirar remuevan retiren sacar borra borren borre borrar elimina
            eliminen elimine eliminar quita quiten quitar saca saquen""",
        "cancel": "cancelo cancelar cancela cancelen cancele anular anulen anula",
        "subscription": "suscripcion subscripcion",
        "number": "numero telefono celular contacto nombre datos movil",
        "give": "dad dadme dar darme dame denme deme darnos darse doy den demen dan da",
        "off": "baja",
        "leave_me": "dejame dejenme dejeme dejadme dejanos dejennos",
        "peace": "paz tranquilo tranquila tranquilos",
        "leave": "salir salgo",
        "leave_it": "salirme",
        "not": "no",
        "never": "nunca jamas",
        "neither": "ni",
        "me": "me nos",
        "come_back": "vuelvas vuelvan vuelva sigas sigan",
        "more": "mas",
        "again": "nuevo nuevamente",
        "nothing": "nada ningun ninguno ninguna",
        "my": "mi mis",
        "the": "los las el la lo sus su tus estos estas este esta esos esas ese esa tantos tipo",
        "a": "un una",
        "all": "todo todos todas tanto tanta",
        "adjective": "malditos pinches putos",
        "of": "de del",
        "from": "ustedes usted ti",
        "to": "a al",
        "in": "en",
        "be": "ser estar esten",
        "passive": "contactado contactada molestado molestada",
        "interest": "interesa interesan interesado interesada",
        "unsub": "desuscribir desuscripcion desinscribir desuscribo",
        "authorize": "autorizo permito consiento",
        "fed_up": "canse harto harta cansado cansada suficientes",
        "list": "lista listas servicio",
        "when": """tan hora horas hoy ahora manana ahorita tarde temprano hasta antes despues
            todavia aun cuando noche""",
        "if": "si",
        "please": "porfavor porfa porfis favor por pls please",
        "filler": """gracias ok oye hola senor senores amigo ey inmediatamente disculpa disculpe
            perdon eso esto fa""",
    },
    patterns=(
        # "paren ya", "para por favor", "basta ya de mensajes", "no, alto"
        "edge (please|filler|ya)* (stop|para|para ya) (please|filler|ya|stop|with|all)* edge",
        "edge (please|filler|ya)* (cease|leave_off|para) (please|filler|ya|of)* edge",
        "edge (please|filler|ya)* off (please|filler|ya|off)* edge",
        (
            "(?<!not|never|other) (stop|cease|with|leave_off of) (please|filler|ya|to)*"
            f" {_THE} (texts|nuisance)"
        ),
        f"(cease|leave_off|para) of receive {_THE} (texts|nuisance|{_TAIL})",
        f"para of {_THE} (texts|nuisance) {_TAIL}",
        # "deja de escribirme", "dejen de mandar mensajes", "para de enviarme"
        f"(?<!not|never) (cease|leave_off|stop|para) of me? to_text {_UNLESS}",
        (
            f"(?<!not|never) (cease|leave_off|stop|para) of me? to_send {_THE}"
            f" (texts|nuisance|{_TAIL})"
        ),
        # "no me escribas", "ya no me manden mensajes", "nunca mas me contacten"
        f"(not|never|neither) more? {_SO} me? (come_back to?)? (text|to_text) {_UNLESS}",
        "(not|never) (me|come_back|to)* (text|to_text) more",
        "edge (please|filler|ya)* not (text|to_text) (please|filler|more|ya)* edge",
        (
            f"(not|never|neither) more? {_SO} (me|come_back|to)* (send|to_send) {_ANY}"
            f" (texts|nuisance|{_TAIL})"
        ),
        f"not (me|come_back|to)* talk (more|{_TAIL})",
        # "no quiero recibir más", "ya no quiero sus mensajes", "no quiero que me escriban"
        f"not me? want receive? receive? nothing? {_THE} (texts|nuisance)",
        f"not receive {_THE} (texts|nuisance)",
        f"not want (receive) (nothing|more|{_THE})* (from|{_TAIL})",
        "not want (nothing)? (more|of|from)+ edge",
        "ya not want (more|nothing|please|filler)* edge",
        f"not want that me text {_UNLESS}",
        f"not want that me send {_ANY} (texts|nuisance|{_TAIL})",
        # "no más mensajes"
        f"(not|never) more {_THE} (texts|nuisance)",
        f"edge {_SO} ya? (not|ya) more {_SO} edge",
        f"edge {_SO} not {_THE} (texts|nuisance) {_SO} edge",
        # "quítenme de la lista", "borra mi número", "darme de baja", "cancelar suscripción"
        f"(?<!not) remove {_UNLESS}",
        "(?<!not) removing (my|the)* (number|subscription)",
        f"me removing (of|{_TAIL})",
        "removing of (the|all|my)* list",
        f"edge {_SO} off of (the|all|my)* (list|texts)|edge {_SO} that stop {_SO} edge",
        "lose my number",
        "not me? (interest|want) be? (passive|receive)",
        "not want be in (the|all)* list",
        "not authorize",
        "not be me? (text|to_text)",
        f"not be me? to_send {_ANY} (texts|nuisance|{_TAIL})",
        f"edge {_SO} nothing of {_THE} texts {_TAIL}",
        f"want that (stop|cease) {_SO} edge|want leave_it",
        f"^edge {_SO} not want nothing {_SO} edge$",
        "(?<!not) unsub",
        f"^edge {_SO} (how me?|want)? cancel (all|please|filler)* edge$",
        "edge please* removing please+ edge",
        f"fed_up of? {_THE} (texts|nuisance)",
        f"(?<!not) me? (give|of) {_SO} of off (?!(the|my|a) other)",
        "want (the|a|me)* off",
        f"cancel (my|the|of)* (subscription|texts|list {_TAIL})",
        f"(want|leave) (leave|leave_it)? {_SO} of (the|all)* list",
        # "déjame en paz"
        f"(?<!not) leave_me {_SO} (in|ya)? (peace|in peace|{_TAIL})",
        "me leave_off in peace",
    ),
    help="""
        ayuda
    """,
    yes="si claro sipi confirmo acepto",
    wrong_number="""
        numero equivocado !de
        numero incorrecto
        equivocado de numero
        se equivoco de numero
        se equivocaron de numero
        te equivocaste de numero
        esta equivocado !en/el/la/de
        no soy esa persona
        persona equivocada
        no conozco a esa persona
        este no es el numero de
        . equivocado .
        equivocado de persona
    """,
    complaint="""
        es spam
        son spam
        es acoso
        una estafa
        estafadores
        voy a denunciar
        los voy a denunciar
        los voy a reportar
        voy a reportar
        voy a demandar
        los voy a demandar
        mi abogado
        pesimo servicio
        muy mal servicio
        mala atencion
        quiero quejarme
        tengo una queja
        que falta de respeto
    """,
    out_of_office="""
        respuesta automatica
        fuera de la oficina
        fuera de oficina
        estoy conduciendo
        estoy manejando
        no puedo hablar ahora
        en una reunion
        de vacaciones hasta
        estoy de vacaciones
        te respondo mas tarde
        le respondere
        responderemos a la brevedad
    """,
    decline="""
        . no .
        . no gracias
        no gracias .
        no me interesa
        no nos interesa
        no estoy interesado
        no estoy interesada
        no quiero
        no lo quiero
        no necesito
        por ahora no
        ahora no
        hoy no
        no puedo ir
        tal vez luego
        quizas luego
        otro dia
        la proxima
        en otra ocasion
        ya tengo
        paso .
    """,
    interest="""
        . si .
        . si por favor
        . si quiero
        . si me
        . claro
        me interesa
        nos interesa
        estoy interesado
        estoy interesada
        lo quiero
        la quiero
        los quiero
        quiero
        quisiera
        me gustaria
        necesito
        reservar
        reserva
        reservame
        apuntame
        anotame
        cuenta conmigo
        cuenten conmigo
        llamame
        llamenme
        me apunto
        mas informacion
        mas info
        por supuesto
        me encantaria
        guardame
        . vale .
        . dale .
    """,
    question="""
        . que
        . cual
        . cuanto
        . cuanta
        . cuantos
        . cuando
        . donde
        . como
        . quien
        . a que hora
        . por que
        . hay
        . tienen
        . puedo
        . pueden
        . aceptan
        . tiene
        . hasta que hora
        cuanto cuesta
        hasta cuando
        cuanto vale
        quisiera saber
    """,
    function_words="""
        el la los las un una unos unas de del al y o que en con por para no si me mi mis te tu tus
        se su sus lo le les es son soy esta estan estoy este esta estos estas ese esa eso esto ya
        mas muy pero como cuando donde quien hay hola gracias favor quiero puedo puede tengo tiene
        tienen hoy manana ahora bien todo nada nos ustedes usted yo ella ellos ser estar fue era
        hasta desde sobre tambien porque cual a ha he hemos algo aqui ni sin va voy ir dar solo
    """,
)
