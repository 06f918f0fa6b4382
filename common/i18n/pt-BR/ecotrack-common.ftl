# As palavras do EcoTrack em português do Brasil. Os mesmos ids e argumentos do inglês; um teste
# compara os dois.

## Problemas: o que deu errado com um pedido, e o que fazer.

problem-unauthenticated = Sua sessão terminou. Entre de novo.
problem-wrong_credentials = Esse e-mail e essa senha não combinam. Confira os dois e tente de novo.
problem-forbidden = Seu papel nesta casa não permite isso. Peça a quem é dono dela.
problem-not_found = Isso não está mais aqui, ou não é seu para ver.
problem-invalid = Há algo errado: veja abaixo.
problem-malformed_body = O servidor não entendeu o pedido. Atualize o EcoTrack dos dois lados.
problem-duplicate_reading = Já existe uma leitura neste instante. Corrija aquela, ou mude a hora.
problem-stale_version = Alguém mudou isso nesse meio-tempo. Veja como está agora e tente de novo.
problem-cannot_undo = Não dá mais para desfazer: há algo mais novo por cima. Desfaça aquilo primeiro.
problem-email_taken = Este e-mail já tem conta. Entre com ele, ou use outro.
problem-registration_closed = Este servidor não aceita contas novas. Peça um convite a quem cuida dele.
problem-idempotency_key_reused = Isso já foi enviado antes com outro conteúdo. Digite mais uma vez.
problem-too_many_requests = Tentativas demais. Espere um minuto e tente de novo.
problem-too_large = É mais do que o servidor aceita de uma vez. Envie em partes menores.
problem-unavailable = O servidor está ocupado ou sem o banco de dados. Tente de novo daqui a pouco.
problem-timeout = O servidor demorou demais. Tente de novo daqui a pouco.
problem-method_not_allowed = O servidor não conhece este pedido. Atualize o EcoTrack dos dois lados.
problem-internal = Algo quebrou no servidor; o registro dele diz o quê. Tente de novo e avise quem cuida dele.
problem-unreadable = O servidor respondeu algo que este programa não sabe ler. Atualize o EcoTrack dos dois lados.

## Campos errados.

field-error-required = É preciso preencher.
field-error-too_short = Pelo menos { $min } caracteres.
field-error-too_long = No máximo { $max } caracteres.
field-error-not_an_email = Não é um e-mail; ele tem a forma ana@exemplo.com.br.
field-error-control_characters = Tem caracteres que não podem ser impressos.
field-error-out_of_range = De { $min } a { $max }.
field-error-not_a_currency = Uma moeda tem três letras maiúsculas, como BRL ou EUR.
field-error-not_a_time_zone = Não é um fuso horário; ele tem a forma America/Sao_Paulo.
field-error-not_a_country = Um país tem duas letras maiúsculas, como BR.
field-error-both_coordinates = Dê a latitude e a longitude, ou nenhuma das duas.
field-error-in_the_future = Está no futuro.
field-error-ends_before_it_starts = Termina antes de começar.
field-error-negative = Não pode ser negativo.
field-error-too_large = No máximo { $max }.
field-error-too_precise = No máximo { $places } casas decimais.
field-error-not_a_number = Não é um número.
field-error-not_a_date = Não é uma data; escreva como { $example }.
field-error-register_lower = Menor que os { $previous } de { $previous_at }.
field-error-overlaps = Cruza com uma leitura que já existe.
field-error-not_a_tariff = Nenhuma tarifa tem este nome.
field-error-register_higher = Maior que os { $next } de { $next_at }.
field-error-taken = Já existe outro com este nome; escolha outro.
field-error-has_steps = Os intervalos gravados seguem a meia-noite deste fuso; crie outra casa para outro fuso.
field-error-meter_of_steps = As leituras deste medidor vêm em intervalos; importe um arquivo.
field-error-unknown = Não foi aceito ({ $code }).

## Achados em arquivos importados.

import-finding-line = linha { $line }: { $text }
import-finding-header = a primeira linha tem de ser “timestamp,kwh”
import-finding-encoding = o texto não está em UTF-8; salve o arquivo como UTF-8
import-finding-columns = cada linha tem duas colunas: timestamp e kWh
import-finding-timestamp = “{ $found }” não é um instante; escreva 2026-11-10T14:00:00-03:00
import-finding-no_offset = “{ $found }” não diz o fuso; acrescente -03:00 ou Z, por exemplo
import-finding-number = “{ $found }” não é um número
import-finding-negative = “{ $found }” é negativo; energia nunca é menor que zero
import-finding-too_large = “{ $found }” é mais do que cabe num intervalo ({ $max } kWh)
import-finding-duplicate = o mesmo instante da linha { $first }
import-finding-spacing = as linhas têm de vir a intervalos iguais, de 5, 10, 15, 30 ou 60 minutos
import-finding-too_few_rows = são precisas pelo menos duas linhas para saber o intervalo
import-finding-too_many_rows = mais de { $max } linhas; divida o arquivo
import-finding-meter_of_registers = este medidor é lido pelo mostrador; indique um que receba intervalos, ou crie um com --new-meter NOME
import-finding-off_the_grid = o intervalo de { $at } não começa num intervalo inteiro do dia local da casa
import-finding-day_is_spread = { $date } é conhecido por leituras mais longas, que não se misturam com intervalos
import-finding-other_step = { $date } está gravado em intervalos de { $stored } minutos, o arquivo tem { $new }
import-finding-kept = { $count } valores diferem dos gravados; os gravados ficaram (--on-conflict replace usa os do arquivo)
import-finding-replaced = { $count } valores gravados foram trocados pelos do arquivo
import-finding-unknown = não foi aceito ({ $code })

## Alertas.

alert-no-data-title = Sem leituras de { $meter }
alert-no-data-body = Nada há { $days } dias; a última é de { $last }.
alert-day-above-forecast-title = { $date } muito acima do previsto
alert-day-above-forecast-body = Foram { $kwh }; esperava-se no máximo { $hi95 }.
alert-goal-pace-title = Meta { $limit }
alert-goal-pace-body = { $probability } de chance de passar dela, por volta de { $date }.

## O que passa por um medidor.

channel-grid-import = da rede
channel-grid-export = para a rede
channel-solar-production = solar
channel-battery-charge = para a bateria
channel-battery-discharge = da bateria
channel-device = aparelho
channel-gas = gás
channel-water = água

## Teclas: o que cada uma faz.

key-acknowledge = visto
key-alerts = outro alerta
key-back = voltar
key-close = fechar
key-correct = corrigir
key-dashboard = painel
key-date = valor ou hora
key-help = ajuda
key-language = English
key-meter = outro medidor
key-move = subir, descer
key-newest = mais recente
key-next-home = próxima casa
key-next-or-send = seguir
key-other-field = outro campo
key-page = página
key-quit = sair
key-quit-at-once = sair já
key-reading = leitura
key-readings = leituras
key-register = criar conta
key-remove = remover
key-save = salvar
key-savings = economias
key-sign-in = entrar
key-sign-out = encerrar sessão
key-tips = dicas
key-undo = desfazer
key-why = por quê
help-title = Teclas

## Em todas as telas.

tab-dashboard = Painel
tab-readings = Leituras
link-asking = …
link-up = conectado
link-live = ao vivo
link-away = servidor fora do ar, tentando
link-away-since = servidor fora do ar, tentando · dados de { $at }
server-away-kept = O servidor está fora do ar. Nada do que você digitou se perdeu; tente de novo daqui a pouco.
form-sending = Enviando…
form-first-meter = Medidor principal
today = hoje
estimated = estimativa
notice-undone = Desfeito.
notice-removed = Removida. u traz de volta.
notice-saved = Salva: { $register } em { $at }. u desfaz.
notice-saved-difference = Salva: { $register } em { $at }, { $kwh } kWh. u desfaz.

## Boas-vindas.

welcome-what = Quanto a eletricidade da sua casa gasta, custa e emite, quanto ainda vai gastar, por quê, e o que fazer.
welcome-demo = Só olhando? “ecotrack demo” abre uma casa com leituras reais.
welcome-asking = Pedindo ao servidor as dicas de economia…
welcome-away = { $server } não responde. Inicie o servidor com “ecotrack-server”, ou dê uma olhada com “ecotrack demo”. Tentando de novo sozinho.
welcome-tip = Dica { $n } de { $of } ‹ ›
tip-source = Fonte: { $source }

## Entrar, criar conta, criar casa.

sign-in-title = Entrar
sign-in-what = Com o e-mail e a senha da sua conta neste servidor.
register-title = Criar conta
register-what = Ela fica só neste servidor. Em seguida você conta da sua casa.
new-home-title = Sua casa
new-home-what = Só falta isto: a casa cuja eletricidade você quer acompanhar. Tudo pode ser mudado depois.
label-email = E-mail
label-password = Senha
label-display-name = Seu nome
label-home-name = Nome da casa
label-connection = Ligação
label-cycle-day = Ciclo começa no dia
label-time-zone = Fuso horário
label-currency = Moeda
label-country = País
hint-display-name = como a casa chama você
hint-email = é com ele que você entra
hint-password = pelo menos 10 caracteres
hint-home-name = por exemplo, Casa Aurora
hint-cycle-day = do mês: a data de leitura da sua conta
connection-single = monofásica
connection-two = bifásica
connection-three = trifásica

## Painel.

dashboard-loading = Buscando sua casa…
cycle-title = Ciclo { $first } – { $last } · dia { $day } de { $days }
coverage = { $measured } de { $elapsed } dias medidos
against-previous = { $percent } que no ciclo anterior ({ $days } dias)
against-previous-short = { $percent } que no ciclo anterior
against-year-before-short = { $percent } que no ano passado
against-year-before = { $percent } que no ano passado ({ $days } dias)
goal = meta { $limit }
co2e-factor = { $factor } kg/kWh · { $region } { $year } · { $basis }
basis-generation_only = só a geração
basis-life_cycle = ciclo de vida
basis-direct_co2_only = só CO₂ direto
chart-title = kWh por dia
chart-band = faixa de 80 %
chart-gap = lacuna
chart-empty = Nenhum dia conhecido ainda. Duas leituras formam o primeiro (r), ou importe um arquivo: “ecotrack readings import”.
alerts-title = Alertas
alerts-none = Nada fora do comum.
alerts-acknowledge = a: visto
devices-title = Para onde vai
devices-none = Nenhum aparelho ainda.
devices-more = e mais { $n }
untracked = Outros
untracked-negative = Aparelhos estimados acima do medidor.
bill-title = A conta deste ciclo
bill-likely = provável { $amount }
bill-next-kwh = o próximo kWh custa { $price }
bill-kwh = { $likely } no fim, 80 %: { $lo }–{ $hi }
bill-co2e = { $likely } no fim, 80 %: { $lo }–{ $hi }
bill-no-tariff = Sem tarifa: escolha uma para ver a conta.
forecast-too-little = Ainda sem previsão: { $have } de { $need } dias conhecidos.
forecast-not-trained = Já se sabe o bastante; a previsão está sendo treinada.
flag-green = bandeira verde
flag-yellow = bandeira amarela
flag-red1 = bandeira vermelha 1
flag-red2 = bandeira vermelha 2
flag-red_1 = bandeira vermelha 1
flag-red_2 = bandeira vermelha 2
flag-scarcity = bandeira de escassez
bill-line-TE = Energia (TE)
bill-line-TUSD = Rede (TUSD)
bill-line-FLAG = Bandeira tarifária
bill-line-COSIP = Iluminação pública
bill-line-PIS = PIS
bill-line-COFINS = COFINS
bill-line-ICMS = ICMS
bill-line-MINIMUM = Mínimo
assumption-tariff_assumed = Tarifa mantida com os últimos preços conhecidos.
assumption-flag_assumed = Bandeira do último mês conhecido presumida.
assumption-tax_defaults = Impostos nas alíquotas usuais.
assumption-factor-of = CO₂e com o fator de { $year }, o mais novo publicado.
days-title = Dia a dia
savings-title = Economias
savings-none = Nenhuma medida de economia serve para esta casa ainda.
savings-n = Economia { $n } de { $of } ‹ ›
savings-why = Enter: por quê
savings-told = { $title }: { $saved } por mês
savings-because = { $formula } · { $source }
demo-note = Demo: leituras reais de uma casa perto de Paris, { $weeks } semanas adiantadas; aparelhos, contas, metas e tarifa são exemplos.
demo-note-short = Demo: casa real perto de Paris, { $weeks } semanas depois; o resto são exemplos

## Leituras.

readings-title = Leituras
readings-of = Leituras · { $meter } ({ $channel })
readings-loading = Buscando as leituras…
readings-none = Nenhuma leitura ainda. n anota a primeira: o número no mostrador do medidor.
readings-no-meter = Esta casa ainda não tem medidor.
readings-step = As leituras deste medidor vêm em intervalos, de um arquivo ou programa: “ecotrack readings import”. O último dia conhecido é { $last }.
column-when = quando
column-register = mostrador
column-difference = kWh desde
column-per-day = por dia
column-source = de
source-manual = digitada
source-import = arquivo
source-api = programa
source-demo = demo
register-restarted = contador recomeçou
entry-last = { $register } em { $date }
entry-now = agora
entry-per-day = { $kwh } por dia
entry-lower = Menor que { $register } ({ $at }): medidor novo ou zerado? Enter confirma.
entry-lower-than-before = Menor que a leitura anterior: medidor novo ou zerado? Enter confirma.
entry-exists = Já existe uma leitura neste instante: { $register } ({ $at }).
entry-changed = Alguém pôs { $register } ({ $at }). Enter põe a sua no lugar.
entry-away = O servidor está fora do ar. O que você digitou fica; Enter tenta de novo.

## O painel em texto.

text-title = { $home } · ciclo { $first } – { $last }, dia { $day } de { $days }
text-as-of = Em { $at }
text-demo = Casa de demonstração: leituras reais de uma casa perto de Paris, deslocadas { $weeks } semanas no tempo. Aparelhos, contas, metas e tarifa são exemplos.
text-so-far = Este ciclo até agora
text-energy = Energia
text-cost = Custo
text-co2e = CO₂e
text-coverage = Cobertura
text-goal = Meta
text-daily = Dia a dia
text-not-known = –
text-compared-previous = { $percent } sobre o ciclo anterior ({ $kwh } nos mesmos { $days } dias)
text-compared-year = { $percent } sobre um ano antes ({ $kwh } nos mesmos { $days } dias)
text-nothing-to-compare = Ainda não há com o que comparar.
text-cost-note = a energia com seus impostos; as parcelas fixas estão na conta abaixo
text-no-cost = Sem tarifa não há custo: escolha uma para esta casa.
text-co2e-note = { $factor } kg/kWh: { $region } { $year }, { $basis } ({ $source })
text-no-co2e = Sem fator de emissão não há CO₂e: informe a região da rede desta casa.
text-basis-generation_only = só a geração
text-basis-life_cycle = ciclo de vida
text-basis-direct_co2_only = só CO₂ direto
text-coverage-value = { $measured } de { $elapsed } dias medidos
text-goal-used = { $used } usados
text-goal-likely = provável { $likely } no fim
text-goal-chance = { $probability } de chance de passar dela
text-goal-when = por volta de { $date }
text-example = exemplo
text-estimate = estimativa
text-daily-note = até { $kwh }; · é uma lacuna
text-at-the-end = No fim do ciclo, { $date }
text-likely = provável
text-band-80 = 80 %
text-band-95 = 95 %
text-bill = Conta
text-next-kwh = Mais um kWh custa { $money }.
text-flag = A bandeira é { $flag }.
text-flag-green = verde
text-flag-yellow = amarela
text-flag-red1 = vermelha, patamar 1
text-flag-red2 = vermelha, patamar 2
text-flag-scarcity = escassez hídrica
text-no-projection = A conta no fim do ciclo precisa de uma tarifa e de uma previsão.
text-next-days = Próximos { $days } dias, em kWh
text-model = Modelo { $model } a partir de { $origin }, treinado com { $from } – { $to }.
text-accuracy = No teste com o passado errou { $mae } kWh por dia, de { $from } a { $until } dias à frente; o mesmo dia da semana anterior errou { $naive }.
text-too-little = Ainda sem previsão: ela precisa de { $need } dias conhecidos, e há { $have }.
text-not-trained = Ainda sem previsão: já se sabe o bastante, mas o treino não rodou. Ele roda toda noite.
text-devices = Para onde vai
text-no-devices = Ainda não há aparelhos.
text-untracked = Sem explicação
text-alerts = Alertas
text-no-alerts = Nenhum.
text-suggestions = Economia, a maior primeiro
text-no-suggestions = Nada que sirva para esta casa ainda.
text-saving = por mês: { $saving }
text-no-saving = ainda sem valor para esta casa
text-how = como: { $formula } ({ $source })
text-meters = Medidores
text-last-reading = { $kwh } em { $at }
text-last-day = conhecido até { $date }
text-no-reading = nada ainda
text-assumptions = Dado por certo
text-assumption-tariff_assumed = Preços depois da última data conhecida são os últimos conhecidos.
text-assumption-flag_assumed = Bandeiras depois do último mês conhecido são a última conhecida.
text-assumption-tax_defaults = Os impostos são os usuais, não os da sua conta.
text-assumption-factor = O CO₂e usa o fator de emissão de { $year }, o mais novo que há.

## A linha de comando.

cli-away = Nenhum servidor responde em { $address }. Inicie um com “ecotrack-server”, indique outro com --server, ou dê uma olhada com “ecotrack demo”.
cli-system = O sistema recusou: { $reason }
cli-sign-in-hint = Digite: ecotrack login
cli-stands-there = Ela diz { $reading }.
cli-request-id = O registro tem isso em { $id }.
cli-bad-address = “{ $address }” não é o endereço de um servidor; ele tem a forma http://127.0.0.1:7878
cli-bad-language = “{ $language }” não é um idioma do EcoTrack; escreva en ou pt-BR
cli-config-unreadable = Não consigo ler a configuração { $path }: { $reason }
cli-no-home = Não há pasta pessoal: diga em ECOTRACK_STATE_DIR onde guardar acessos e registros.
cli-session-too-open = Outros podem ler { $path } (modo { $mode }), então esse acesso pode não ser só seu. Digite “ecotrack logout” e entre de novo ou, se confia em todos aqui: chmod 600 { $path }
cli-session-corrupt = { $path } não é um acesso do EcoTrack. Digite “ecotrack logout” e entre de novo.
cli-session-io = Não consigo usar { $path }: { $reason }
cli-not-signed-in = Você não entrou em { $server }. Digite: ecotrack login
cli-was-not-signed-in = Você não tinha entrado em { $server }.
cli-signed-in = Você entrou em { $server } como { $name }.
cli-signed-out = Você saiu de { $server }.
cli-signed-out-here = Este computador esqueceu o acesso, mas { $server } não pôde ser avisado; lá ele termina sozinho.
cli-email-needed = Sem terminal, o e-mail vem de --email e a senha da entrada padrão.
cli-ask-email = E-mail:
cli-ask-password = Senha:
cli-whoami-name = Nome
cli-whoami-server = Servidor
cli-whoami-home = Casa
cli-whoami-current = a última que você viu
cli-role-viewer = leitura
cli-role-editor = edição
cli-role-owner = dono
cli-no-such-home = Nenhuma casa se chama “{ $name }”. Você tem: { $names }
cli-which-home = Diga qual casa com --profile: { $names }
cli-no-home-yet = Você ainda não tem uma casa. Abra as telas com “ecotrack” e crie uma.
cli-no-such-meter = Nenhum medidor se chama “{ $name }”. Esta casa tem: { $names }
cli-which-meter = Diga qual medidor com --meter: { $names }
cli-no-meter-yet = Esta casa ainda não tem medidor. Para importar um arquivo, crie um: --new-meter NOME
cli-no-register-meter = Nenhum medidor desta casa é lido pelo mostrador. Diga qual com --meter: { $names }
cli-no-step-meter = Nenhum medidor desta casa recebe arquivos de intervalos ({ $names }). Crie um: --new-meter NOME
cli-field-email = E-mail
cli-field-password = Senha
cli-field-register_kwh = KWH
cli-field-read_at = --at
cli-field-note = --note
cli-reading-added = Guardei { $kwh } em { $at }, { $meter }.
cli-since-previous = { $kwh } desde a leitura anterior.
cli-no-readings = Ainda não há leituras.
cli-steps-not-listed = A energia deste medidor vem em intervalos, que não são listados um a um; “ecotrack dashboard” os resume.
cli-column-read-at = Lida em
cli-column-reading = Leitura
cli-column-since = Desde a anterior
cli-column-remarks = Observações
cli-restarted = o mostrador recomeçou
cli-source-manual = digitada
cli-source-import = arquivo
cli-source-api = programa
cli-source-demo = demonstração
cli-period = { $kwh } (até { $until })
cli-file-unreadable = Não consigo ler { $path }: { $reason }
cli-import-checking = o servidor está conferindo
cli-import-refused = { $count ->
    [one] Nada foi guardado. Corrija isso e importe o arquivo de novo.
   *[other] Nada foi guardado. Corrija esses { $count } e importe o arquivo de novo.
}
cli-import-read = { $rows } linhas de { $minutes } minutos: { $kwh }.
cli-import-span = De { $first } a { $until }.
cli-import-missing = Faltam { $count } intervalos no meio.
cli-import-nothing-new = Nada de novo: { $meter } já sabe tudo isso.
cli-import-did = { $meter }: { $added } novos, { $same } já conhecidos, { $other } diferentes do que estava guardado.
cli-import-would = Nada foi guardado. { $meter } receberia { $added } novos; { $same } já são conhecidos, { $other } diferem do que está guardado.
cli-score-model = Modelo
cli-score-days = Dias à frente
cli-score-mae = Erro, kWh por dia
cli-score-mase = MASE
cli-score-within80 = Na faixa de 80 %
cli-score-within95 = Na faixa de 95 %
cli-score-chosen = em uso
cli-no-terminal = As telas precisam de um terminal. Sem ele, digite “ecotrack dashboard” ou “ecotrack --help”.
cli-demo-starting = Iniciando a demonstração. A primeira vez leva cerca de um minuto.
cli-demo-step-database = Iniciando o banco de dados…
cli-demo-step-migrations = Preparando o banco de dados…
cli-demo-step-reference = Carregando tarifas, aparelhos e fatores de emissão…
cli-demo-step-readings = Carregando as leituras da casa de demonstração…
cli-demo-step-training = Treinando a previsão…
cli-demo-no-server = Não consigo iniciar o servidor, { $path }: { $reason }. Compile com “make”, ou deixe-o ao lado de “ecotrack” ou no PATH.
cli-demo-failed = A demonstração não pôde começar: { $error } A história toda está em { $log }.
cli-demo-ended = O servidor da demonstração terminou antes de ficar pronto. O motivo está em { $log }.
cli-demo-still-stopping = O servidor da demonstração ainda está parando. Se ele travar, o motivo está em { $log }.
