"""Common Swahili nouns whose class their shape does not tell; written from general knowledge of the language."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


# By (singular class, plural class).
NOUNS: dict[tuple[int, int], str] = {
    (1, 2): """mbaguzi mbakaji mbelgiji mbrazili mbunge mbuni mchambuzi mchangiaji mchawi mchezaji mchina mchoraji
        mchumba mchungaji mdai mdaiwa mdau mdhamini mdhibiti mdoezi mdogo mdudu mfadhili mfalme mfaransa
        mfuasi mfungwa mfupi mganda mganga mgeni mghana mgombea mgonjwa mhabeshi mhadhiri mhalifu mhamiaji
        mhandisi mhanga mhariri mhindi mhisani mhispania mhusika mhutu mjaluo mjane mjapani mjerumani mjinga
        mjomba mjukuu mjumbe mjuzi mkaguzi mkalimani mkandamizaji mkandarasi mkatoliki mkazi mke mkenya
        mkewe mkikuyu mkimbiaji mkimbizi mkoloni mkongo mkosaji mkristo mkristu mkulima mkunga mkurugenzi
        mkuu mlaji mlemavu mlengwa mlevi mlinzi mlokole mmarekani mmasai mmiliki mmisri mnafiki
        mnigeria mnunuzi mnyama mnyarwanda mpagani mpalestina mpatanishi mpelelezi mpenda mpenzi mpigakura
        mpiganaji mpigapicha mpishi mpwa mratibu mrembo mreno mrithi mrundi mrusi msafiri msafirishaji
        msaidizi msaliti msanii msemaji mshabiki mshairi mshauri mshindi mshiriki mshukiwa msichana
        msimamizi msomali msomi msudani mswahili mtaalam mtaalamu mtafiti mtaka mtaliano mtalii mtangulizi
        mtanzania mtawa mtawala mteja mtemi mtenda mtengenezaji mtetezi mteule mtoto mtu mtuhumiwa mtume
        mtumiaji mtumishi mtumwa mturuki mtutsi muasi muhusika muigizaji muiraki muirani mume mumewe muuguzi
        muumba muumini muungwana mvulana mvuvi mwafrika mwalimu mwamerika mwamuzi mwana mwanablogu
        mwanachama mwanadamu mwanafunzi mwanahabari mwanaharakati mwanajeshi mwanamgambo mwanamitindo
        mwanamke mwanamume mwanamuziki mwanamwali mwananchi mwanasayansi mwanasheria mwanasiasa mwanaume
        mwandishi mwanzilishi mwarabu mwasi mwathirika mwelimishaji mwema mwenye mwenyeji mwenyekiti
        mwenyewe mwenzake mwenzi mwethiopia mwindaji mwingereza mwislam mwislamu mwizi mwokozi mwovu myahudi
        mzalendo mzawa mzee mzembe mzungu""",
    (3, 4): """mbano mbuyu mchakato mchana mchanga mchango mchapo mche mchele mchezo mchi mchungwa mchuzi mdahalo
        mdomo mdundo mfarakano mfereji mfuko mfululizo mfumo mfungo mfupa mgahawa mgao mgawo mgodi mgogoro
        mgomba mgomo mgongo mguso mguu mhimili mjadala mjeledi mji mkaa mkasa mkasi mkataba mkate mkebe
        mkeka mkia mkoa mkoba mkoko mkondo mkono mkopo mkorogo mkuki mkusanyiko mkuyu mlango mlima mlingoti
        mlio mlipuko mlo mlolongo mlundikano mmea mnada mnara mnazi mnyororo moshi moto moyo mpaka mpangilio
        mpango mpapai mpera mpira mpito mpunga mraba mradi mrengo mrija msaada msafara msalaba msamaha
        msamiati msemo mshahara mshale mshangao mshipa mshono mshtuko mshumaa msiba msikiti msimu msingi
        msitu msongamano mstari msuguano msukosuko msumari mswaki mtaa mtafaruku mtaji mtama mtambo mtandao
        mtazamo mtego mteremko mtetemeko mti mtihani mtikisiko mtindo mtiririko mto mtoano mtungi mungu mualiko
        muda muhogo muhtasari muhula muhuri muktadha muujiza muundo muungano muziki mvinyo mvutano mvuto
        mwafaka mwaka mwale mwaliko mwamba mwambao mwanga mwangwi mwanzo mwarobaini mwavuli mwelekeo mwembe
        mwendo mwenendo mwenge mwereka mwezi mwiba mwiko mwili mwinuko mwisho mwito mwonekano mwongozo mzaha
        mzigo mzimu mzinga mzio mzizi mzozo mzunguko""",
    (5, 6): """adhimisho afa agizo ajabu andamano andiko anguko azimio badiliko bakuli balaa bango bao bara baraza
        basi bavu bawa bega begi benchi birika blanketi blauzi boga boma bomba bomu bonde bunge bwawa
        chafuko chaguo chimbuko chozi chungwa daftari dai daraja darasa dawati debe deni dhara dhehebu
        dhumuni dirisha duara duka dume embe endelezo eneo fahirisi faili fanikio figo fuko fumbo
        fundisho fungu funzo fuvu gamba ganda gari gauni gazeti genge gereza geuzi ghala giza godoro gogo
        goli goma gome goti gumba gunia gurudumu guta hangaiko hema hitaji ini jalala jambo janga jangwa
        jani janja jaribio jaribu jarida jedwali jembe jeneza jengo jeraha jeshi jibu jicho jiji jiko jimama
        jimbo jina jino jipu jiti jitu jiwe jogoo jokofu jopo joto jua jukumu jukwaa juma jumba kaa
        kabati kabichi kabila kaburi kaburu kadirio kandamizo kanisa kanusho kao kaptula kasri kengeza
        koloni kombe kombora kopo kosa koti kovu kubaliano kumbusho kundi kusudi kwapa kwato lalamiko lango
        lengo limau lindo lori lundo nanasi neno ombi ongezeko ongezo oni onyesho onyo paa pambano pambo
        panga pango papai parachichi pato pazia pendekezo pengo penzi pera pigano pigo pindo pinduzi pipa
        pipi pofu pumziko rafu rika rinda rundo sahihisho sakata sambazo sanduku sega seti shairi shaka
        shamba shambulio shangazi sharti shati shauri shavu shimo shina shinda shindano shinikizo shirika
        shitaka shtaka shuka sikio sikitiko sofa soko soksi sokwe somo stuli suala suluhisho swala swali
        tabaka tabu taifa tairi tako tamanio tamasha tamko tamshi tangazo tangi tanuri tanuru tarumbeta
        tatizo tawi taya tazamio tegemeo teke teketezo tendo teso tetemeko thumuni tibabu tikiti
        tishio titi tofali tokeo tokomezo toleo tone tope trekta tukio tumaini tumbo tunda tundu tuta ua
        umbo vazi vumbi vuno waridi wasilisho wazo wimbi wingu yai zabibu zao zimwi ziwa zoezi zuio zulia
        zumari zungumzo""",
    (6, 6): """maafa maandamano maarifa machafuko madhara maendeleo mafanikio mafuta mageuzi maharage mahindi
        mahitaji mahojiano mahusiano maisha majadiliano maji majira majivu makamasi makao makazi makubaliano
        malezi malipo manufaa manukato maombi maoni maonyesho mapato mapenzi mapinduzi mapokezi mapumziko
        marekebisho masaa mashaka masihara masika maslahi masurufu matangazo matata mate matibabu matokeo
        matumaini matumizi mauaji maumivu mauti mavi mavuno mawasiliano mazingira mazishi maziwa mazoea
        mazungumzo mbadiliko""",
    (7, 8): """chakula chama chambo chanda chandarua chanzo cheo cherehani cheti chombo choo chuma chumba chungu
        chuo chura kiasi kiatu kiboko kichwa kidole kidonda kifaru kifo kifua kijana kijiji kikombe kikundi
        kilema kilima kinywa kiongozi kioo kipande kipepeo kipindi kipofu kisiwa kisu kitabu kitambaa
        kitanda kiti kitu kituo kiwanda kiwango kiwete kiziwi""",
    (9, 10): """abiria adhabu afya ahadi aina ajali akaunti akili amani ardhi asali asili asubuhi bahari bahati
        baiskeli bandari barabara barua bei benki biashara bidhaa bunduki bustani chachu chai chaki
        changamoto chanjo chapa chati chemchemi chenji chenza chereko china chokoleti chui chuki chumvi
        chupa dakika dalili damu dawa dini dola dua dunia elimu familia fasihi fedha fikra filamu fimbo
        furaha fursa habari hadithi haja haki hali harakati hasara hatua hekima hewa himaya hisia historia
        hofu hoja homa hospitali hoteli hotuba huduma ibada idadi idara imani intaneti jamaa jamhuri jamii
        jela jezi jinai jinsi jinsia jiografia jioni jitihada juhudi juisi jumamosi jumanne jumapili
        jumatano jumatatu jumla jumuiya kadi kalamu kamati kamba kampuni kamusi kanuni karatasi karne
        kaskazini katiba kazi kesi kilo kilometa kiosk kodi kofia kompyuta kona kucha kuku kumbukumbu kura
        kusini kweli ladha lami leseni likizo lugha maabara maana mada mafia mahakama maiti makala makamu
        maktaba mali mamlaka mantiki mashine maudhui mbao mbavu mbegu mbele mbingu mbinu mbio mboga mbolea
        mbu mbuga mbuzi mbwa mbweha mechi meli meta meza miadi mikrofoni mila mimba misa misheni mita mizani
        motokaa mvi mvua nafasi nakala namba namna nchi ndege ndizi ndoto ndugu ng'ombe ngoma ngozi nguo
        nguvu nguzo nia njaa njia njozi nyama nyani nyaraka nyasi nyoka nyota nyuki nyumba ofisi operesheni
        orodha pamba pasi pembe pesa picha pilipili pombe programu pua randa rangi redio rekodi ripoti
        risasi roho ruhusa rushwa saa sababu safari sahani sakafu salamu samaki sanaa sanamu sarafu saratani
        saruji sauti sayansi sehemu sera serikali shaba shahada sherehe sheria shida shilingi shukrani
        shukurani shule siasa sifa siku silaha simu simulizi sinema siri skrini soka stempu stesheni studio
        sukari supu taa taarifa tabia takwimu tarehe taulo teknolojia televisheni tiketi timu tofauti tovuti
        treni tuhuma tume turufu tuzo ufaransa ufilipino uingereza ujerumani umma video vita waya wiki
        wilaya wino wizara zama zamu zana zawadi ziara""",
    (11, 10): """ubao ubavu ubawa uchaguzi udevu ufa ufagio ufukwe ufunguo ujumbe ukanda ukoo ukope ukucha ukumbi
        ukuni ukurasa ukuta ulimi uma unyasi unywele upande upanga upepo upwa ushanga uso uta utafiti utambi
        utenzi utepe uwanda uzi wadhifa wakati waraka wayo wembe wimbo""",
    (11, 8): """uwanja""",
    (11, 6): """uamuzi uasi ugomvi ugonjwa uhusiano unyoya uovu uvamizi""",
    (11, 11): """wajibu wali wasaa wasiwasi weledi wema werevu weupe weusi wingi wivu wizi woga wokovu""",
    (16, 16): """mahala mahali pahali""",
    # loans and kin whose plural takes ma- although the singular has no prefix
    (9, 6): """adui afisa askofu babu balozi bibi bwana daktari dereva diwani fundi gaidi gavana hakimu haramia
        imamu jaji jambazi jenerali jirani kada kahaba kamanda kanali kapteni karani kasisi katibu katili
        kocha komredi kuhani luteni malaika meneja meya nabii nahodha naibu nesi ofisa padri profesa rafiki
        rais sahaba sajini seneta shabiki shahidi sheikh shekhe shujaa sultani tajiri tapeli wakala wakili
        waziri""",
}  # fmt: skip

# Nouns outside classes 1 and 2 that agree like them, because they are people or animals.
ANIMATE = word_set(
    """abiria adui afisa askari askofu baba babu balozi bata bibi bikira binti bundi bwana chatu chui chura dada
    daktari dereva diwani dume farasi fisi fundi gaidi gavana hakimu haramia imamu inzi jaji jamaa jambazi
    jasusi jenerali jike jini jirani jitu jogoo kaa kada kahaba kaka kamanda kanali kapteni karani kasisi
    kasuku katibu katili kibaraka kibarua kiboko kichaa kichanga kifaru kijakazi kijana kilema kinda kinyonga
    kiongozi kipepeo kipofu kiranja kiroboto kiumbe kiwavi kiwete kiziwi kobe kocha komredi kondakta kondoo
    kuhani kuku kunguni luteni mahabusu makamu malaika malkia mama mamba maskini mateka mbu mbuni mbuzi mbwa
    mbweha mchwa meneja meya mfu mungu mwanaanga mwari nabii nahodha naibu ndege ndovu ndugu nduli nesi
    ng'ombe ngamia ngedere nguruwe njiwa nyani nyanya nyati nyoka nyuki nyumbu nzi ofisa padri paka panya
    papa polisi popo profesa punda pweza rafiki raia rais sahaba sajini samaki seneta seremala shabiki shahidi
    shangazi sheikh shekhe shetani shujaa siafu simba sokwe sultani sungura swala tai tajiri tapeli tausi
    tembo tumbili twiga wakala wakili waziri yatima"""
)

# Plurals that no rule makes.
PLURALS = {
    "mtu": "watu", "mwizi": "wezi", "mke": "wake", "mume": "waume", "mwanamke": "wanawake", "mkewe": "wake zake",
    "mumewe": "waume zao", "mwanamume": "wanaume", "mwenyekiti": "wenyeviti", "mungu": "miungu", "jicho": "macho",
    "jino": "meno", "jiwe": "mawe", "jambo": "mambo", "ulimi": "ndimi", "uwanja": "viwanja", "uso": "nyuso",
    "uwanda": "nyanda", "uta": "nyuta", "muda": "muda", "ukumbi": "kumbi", "unyoya": "manyoya",
}  # fmt: skip

# Agent nouns of verbs that begin with w: the plural keeps the w (mwindaji, wawindaji).
W_AGENTS = word_set("mwakilishi mwekezaji mwezeshaji mwindaji mwajibikaji mwasilishaji mwekaji mwania")

# Words in ku- that are no infinitives.
NOT_INFINITIVES = word_set(
    """kuku kundi kusudi kubwa kura kumbukumbu kuta kuni kumi kucha kuba kusini kulia kushoto kumbi kuzimu kunguru
    kunguni kuhani kulungu kumbikumbi kuti kuvu kufuli kuno kuruta kurasa kusanyiko kungu kumbusho kubaliano
    kumbo"""
)

# Nouns of classes 9/10 that stand in the plural more often than not.
MOSTLY_PLURAL = word_set("haki njia kura fedha taarifa nyenzo jitihada juhudi nyaraka nyasi salamu shukrani")
