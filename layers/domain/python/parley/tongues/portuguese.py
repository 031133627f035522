"""Portuguese."""

from parley.tongues.model import Tongue

_SO = "(please|filler)*"
_THE = "(the|more|all|of|my)*"
_ANY = "(the|more|all|of|my|nothing)*"
_TAIL = "(please|filler|again|edge)"
_UNLESS = "(?!(please|filler|of)* (when|if|the other))"

PORTUGUESE = Tongue(
    code="pt",
    keywords="""
        pare parar parem sair cancelar remover descadastrar descadastre descadastro descadastrarme
        descadastrese chega basta cancela sai saifora naomais desinscrever excluir retirar
        cancelarinscricao naoenviarmais naoperturbe jadeu suspender vaiembora vaza saia saiam suma
        sumam
    """,
    classes={
        "cease": "paro pare parem parar pares cesse cessem",
        "para": "para",
        "let": "deixa deixe deixem deixar",
        "stop": "stop chega basta",
        "of": "de da do das dos dessa desta desse deste dessas desses destas destes",
        "with": "com",
        "to_text": """encher incomodar perturbar escrever ligar contatar contactar importunar
            chatear atazanar amolar spammar aborrecer procurar""",
        "to_send": "mandar enviar mandando enviando enviarem mandarem",
        "text": """adicione adicionem incomode incomodem perturbe perturbem escreva escrevam
            ligue liguem contate
            contatem contacte contactem procure procurem chateie chateiem chame chamem amole amolem
            importune
            incomoda perturba chateia encha encham enche""",
        "send": "mande mandem manda mandam envie enviem envia enviam",
        "texts": """mensagens mensagem sms msg msgs mensagenzinhas propaganda propagandas
            publicidade promocoes promocao promos anuncios spam notificacoes comunicados emails
            torpedos torpedo textos avisos envio recebimento""",
        "nuisance": "coisa coisas porcaria lixo besteira ofertas",
        "receive": "receber recebendo recebe ouvir",
        "contacted": """contatado contatada contactado contactada incomodado incomodada
            perturbado perturbada""",
        "be": "ser",
        "authorize": "autorizo consinto permito",
        "to": "pra",
        "said": "peco pedi falei solicito disse",
        "can": "pode podem poderia",
        "interest": "interesse",
        "enter": "entre entrem",
        "fed_up": "cansei cansado cansada farto farta",
        "want": "quero queria gostaria desejo queremos desejamos preciso quer",
        "remove": """remova removam remove remover retire retirem retira retirar tire tirem tira
            tirar exclua excluam exclui excluir apague apaguem apaga apagar delete deleta deletem
            deletar elimine eliminem""",
        "unsub": """descadastrar descadastre descadastra descadastrem descadastramento
            descadastro desinscrever desinscreva desinscricao desinscrevam remocao""",
        "cancel": "cancelar cancela cancele cancelem cancelo cancelamento anular anule anulem",
        "subscription": "inscricao subscricao assinatura cadastro",
        "number": "numero telefone celular contato nome dados",
        "list": "lista listas base",
        "leave": "sair saio",
        "get_out": "sai sumam suma some cai caia vaza",
        "out": "fora",
        "forget": "esquece esqueca esquecam esquecer",
        "peace": "paz quieto quieta tranquilo",
        "not": "nao n nunca jamais",
        "other_not": "not dont no",
        "how": "como",
        "removed": "removido removida retirado retirada excluido excluida",
        "without": "sem nem",
        "me": "me mim eu nos",
        "more": "mais",
        "nothing": "nada nenhum nenhuma",
        "that": "que",
        "the": """as os o a essa esse esta este essas esses estas estes suas seus sua seu tantas
            tanta tipo""",
        "this": "isso isto aqui daqui dai",
        "of_this": "disso disto",
        "my": "meu minha meus",
        "all": "todas todos tudo qualquer",
        "in": "em",
        "when": "ainda hoje amanha antes depois ate enquanto tarde cedo quando noite",
        "if": "se",
        "again": "novamente",
        "please": "pfv pf favor por porfavor pls please gentileza",
        "filler": """ja agora obrigado obrigada ok oi ola bom dia pelo amor deus gente cara moco
            moca senhor senhora voces voce imediatamente""",
    },
    patterns=(
        # "pare por favor", "chega", "para com isso", "sai fora"
        f"edge {_SO} para (please|filler? with this)+ edge",
        f"^edge {_SO} not want nothing {_SO} edge$|how any{{0,3}} leave (edge|of the? list)",
        f"cease of {_THE} texts {_TAIL}",
        (
            f"(edge|interest) {_SO} (can|want)? {_SO} (cease|stop)"
            " (please|filler|cease|stop|with this|with|of_this|all)* edge"
        ),
        f"edge any{{0,3}} said (that|para|to)* cease {_SO} edge",
        f"edge {_SO} leave {_SO} edge",
        f"edge {_SO} get_out (out|of? this|please)+ edge",
        f"(?<!not|other) (stop|(cease|para) with) {_SO} {_THE} (texts|nuisance)",
        f"cease (the|all)* (texts {_TAIL})",
        # "pare de me mandar mensagens", "parem de encher"
        f"(?<!not|other_not) (cease|para|let|stop) of me? to_text {_UNLESS}",
        (
            f"(?<!not|other_not) (cease|para|let|stop) of me? to_send me? {_THE}"
            f" (texts|nuisance|this|{_TAIL})"
        ),
        # "não me mande mais mensagens", "não me incomode", "não mandem mais"
        f"(not|without) {_SO} more? me (text|to_text|contacted) {_UNLESS}",
        f"not {_SO} more? (text|to_text) (me|more|edge)",
        f"(?<!not) (cease|para|let|stop) of me? to_text the other {_SO} edge",
        f"not {_SO} more? me? (send|to_send) me? {_ANY} (texts|nuisance|this|{_TAIL}|cease|para)",
        # "não quero mais receber mensagens", "não quero ser contatado"
        f"not {_SO} want {_SO} more? receive {_ANY} (texts|nuisance|this|{_TAIL})",
        f"not want more? {_THE} (texts|nuisance)",
        "not want more (this|please|filler|nothing|of)* edge",
        "not want more? be (contacted)",
        "not want more? that (filler)* me? (text|send)",
        # "não autorizo", "sem interesse em receber", "não entre mais em contato"
        "not authorize",
        "(not other|without) interest in receive",
        "not enter more? in number",
        f"fed_up of {_THE} texts",
        f"cease of receive {_ANY} (texts|nuisance|this|{_TAIL})",
        # "sem mais mensagens", "chega de mensagens", "nada de mensagens"
        f"(without|not|nothing of) more? {_THE} texts {_TAIL}",
        f"edge {_SO} not more {_SO} edge",
        # "me tire da lista", "remova meu número", "quero sair", "quero me descadastrar"
        f"(?<!not) me remove (of|this|{_TAIL})",
        f"(?<!not|other_not) remove me (of|{_TAIL})",
        "remove (the|my)* my (number|subscription)",
        "remove (the)* number",
        "(remove|leave|get_out) (me|my|number|the|of)* list",
        f"want {_SO} of? (leave|cancel me|me cancel) {_TAIL}",
        f"not more? receive {_ANY} (texts|nuisance)|said the? cancel edge|said that not want edge",
        f"not want more? number {_TAIL}",
        "want (leave) of (the|list|texts)",
        "(?<!not) unsub",
        f"(edge|interest) {_SO} remove {_SO} edge|want of? be removed|want that cease {_SO} edge",
        f"^edge (how any{{0,2}}|{_SO} want) cancel {_SO} edge$",
        f"^edge {_SO} cancel (this|all|filler|please)* edge$",
        "cancel (me|my|the|this)* (subscription|texts|number)",
        # "me deixa em paz", "me esquece"
        "(me let|let me) (in peace|peace)",
        f"edge {_SO} me forget {_SO} edge|forget (my|the)* number",
    ),
    help="ajuda",
    yes="sim claro confirmo aceito",
    wrong_number="""
        numero errado !de/da/do/na/no/em
        numero incorreto
        pessoa errada
        errou o numero
        errou de numero
        foi engano
        e engano
        nao sou essa pessoa
        nao conheco essa pessoa
        este numero nao e de
        esse numero nao e
    """,
    complaint="""
        isso e spam
        e spam
        e golpe
        isso e assedio
        golpistas
        vou denunciar
        vou reclamar
        vou processar
        meu advogado
        no procon
        reclame aqui
        pessimo atendimento
        falta de respeito
        que absurdo
    """,
    out_of_office="""
        resposta automatica
        mensagem automatica
        fora do escritorio
        estou dirigindo
        estou de ferias
        em reuniao
        nao posso falar agora
        respondo mais tarde
        responderei assim que
        retornarei assim que
    """,
    decline="""
        . nao .
        . nao obrigado
        . nao obrigada
        nao obrigado .
        nao obrigada .
        nao tenho interesse
        sem interesse
        nao estou interessado
        nao estou interessada
        nao me interessa
        nao quero
        nao preciso
        agora nao
        hoje nao
        por enquanto nao
        outro dia
        outra hora
        da proxima
        quem sabe depois
        fica para a proxima
        nao posso ir
        ja tenho
    """,
    interest="""
        . sim .
        . sim quero
        . sim por favor
        . claro
        tenho interesse
        estou interessado
        estou interessada
        me interessa
        quero
        queria
        gostaria
        preciso
        reservar
        reserva
        reserve
        pode reservar
        conte comigo
        conta comigo
        me liga
        me ligue
        me liguem
        to dentro
        com certeza
        vou querer
        eu vou
        guarda pra mim
        . bora .
        . topo .
    """,
    question="""
        . qual
        . quais
        . quanto
        . quantos
        . quando
        . onde
        . como
        . quem
        . por que
        . a que horas
        . que horas
        . tem
        . voces
        . posso
        . podem
        . pode
        . aceitam
        . ate que horas
        quanto custa
        quanto e
        gostaria de saber
        queria saber
    """,
    function_words="""
        o a os as um uma uns umas de do da dos das e ou que em no na nos nas com por para pra nao
        sim me mim meu minha meus te teu tua se seu sua seus suas lhe eu voce voces ele ela eles
        nos isso isto esse essa este esta e sao estou esta estao ja mais muito mas como quando
        onde quem tem tenho ola oi obrigado obrigada favor quero posso pode hoje amanha agora bem
        tudo nada ser foi ate sobre tambem porque qual ao aos pelo pela sem so la ainda
    """,
)
