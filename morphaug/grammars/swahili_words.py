"""Common Swahili nouns whose class their shape does not tell; written from general knowledge of the language."""

from __future__ import annotations

# Words whose shape would mislead, by (singular class, plural class).
NOUNS: dict[tuple[int, int], str] = {
    (1, 2): """mtu mke mume mwana mtoto mzee mkulima mgeni mgonjwa mfalme mtumwa mtume mjumbe mkunga mganga mlemavu
        mkimbizi mjomba mpwa mchumba mwanamume mwanaume mwanamke mwanamwali mwenzi mwenzake mwenye mwenyewe mwizi
        mwalimu mwanafunzi mwananchi mwandishi mwenyeji mwenyekiti mtalii mtaalamu mtaalam mwislamu mkristo mkristu
        mhindi mzungu mwarabu mchina mjapani mjerumani mfaransa mwingereza mmarekani mkenya mtanzania mganda mwafrika
        mrusi mtaliano mhispania mreno mturuki myahudi mswahili mdudu mnyama mbunge mbuni mvulana mvuvi mpishi
        mpiganaji mpenzi mpatanishi mpelelezi mmisri msomali mkongo mrundi mnyarwanda mhandisi mhadhiri mhariri
        mhalifu mshairi mshauri msichana msimamizi msanii msemaji mshindi mshiriki msaliti msafiri mtawala mtawa
        mtetezi mteja mteule mtuhumiwa mtumishi mtumiaji mtangulizi mtafiti mtengenezaji mkuu mkurugenzi mkaguzi
        mkandarasi mkazi mkewe mumewe mlinzi mlaji mlevi mlengwa mmiliki mnafiki mnunuzi mrithi mrembo mratibu
        mrasimu mwasi mwamuzi mwathirika mwelimishaji muumba muuguzi muumini muungwana muasi muigizaji muhusika
        mhusika mdau mdhamini mdogo mfadhili mfano-bora mfuasi mfungwa mfupi mgombea mdaiwa mdai mdhibiti mjane mjinga
        mjuzi mjukuu mjumbe-maalum mchawi mchungaji mchezaji mchoraji mchambuzi mchangiaji mbaguzi mbakaji mtemi
        maskini-mtu mwovu mwema mwovu mwanzilishi mwanaharakati mwanasiasa mwanasheria mwanasayansi mwanajeshi
        mwanamuziki mwanadamu mwanahabari mwanamgambo mwanachama mwanamitindo mwanablogu mkosaji mwokozi mwindaji""",
    (3, 4): """mti mto mji mkono mguu mdomo mwaka mwezi moyo moto moshi mwili mkate mlango mlima mradi msaada mkoa mtaa
        mwisho mwanzo mwanga mwamba mwembe mwiba mwavuli mwito mwiko mtihani mtaji msimu mstari msumari mswaki mshipa
        mshahara mshale mshumaa mshtuko msiba msikiti msingi msitu mkasa mkataba mkebe mkeka mkia mkoba mkuki mkusanyiko
        mkutadha muktadha mjadala mjeledi mfuko mfumo mfupa mfereji mfululizo mgahawa mgao mgawo mgogoro mgomo mgongo
        mhimili mlio mlo mmea mnara mnada mnyororo mpaka mpira mpunga mrengo mrija mtandao mtambo mtazamo mtego mteremko
        mtetemeko mtiririko mtindo mto-nyuma mtungi mwelekeo mwendo mwenendo mwenge mwongozo muundo muungano muujiza
        muda muhuri muhogo muziki muhula mtama mchana mchele mchanga mchango mchapo mchakato mchezo mche mchi mchuzi
        mdahalo mdundo mbuyu mvuto mvinyo mvutano mpango mpangilio mpito msemo msamaha msamiati msalaba msukosuko
        msongamano msafara msaani mshono mshangao mtafaruku mtikisiko mtoano muhtasari mualiko mwaliko mwonekano
        mwafaka mwambao mwinuko mwundo mzaha mzigo mzinga mzio mzizi mzozo mzunguko mzimu mkasi mkondo mkopo mkorogo
        mkuyu mgodi mguso mgomba mwarobaini mnazi mchungwa mpera mpapai mkoko mkaa mlingoti mlipuko mlolongo
        mwangwi mwereka mlundikano msuguano mtafutano mfarakano mfungo mwezi-mchanga mwale mraba mbano""",
    (5, 6): """jina jicho jino jambo jani jibu jengo jiwe jeshi jaribio jiko jumba jitu jimbo jiji jukumu jukwaa joto jua
        juma jaribu jeraha janga jangwa janja jarida jedwali jembe jeneza jogoo-dume jipu jopo jumuisho jokofu jibini
        gari tunda swali taifa tatizo soko shamba somo tukio neno wazo lengo kosa bara basi blanketi bunge chaguo dai
        daraja darasa dirisha duka eneo embe fungu gazeti goti godoro kabila kanisa kaburi kundi kusudi lango onyo
        pambano panga pato pendekezo penzi pigano sanduku shaka shairi shambulio sharti shati shauri shimo shina shirika
        sikio swala tamasha tamko tangazo tawi teke tendo tofali tone toleo tumaini umbo vazi yai zao zoezi ziwa ua
        bega goli bao figo fuvu fumbo koti kasri kombe kombora kopo lindo lundo pipa pera papai pango pengo paa pumu
        rika rundo sakata sahani-kubwa sanamu-kubwa shangazi shavu shitaka shtaka bomba bomu boga begi bonde boma badiliko
        balaa bango baraza bawa chozi chungwa chama-pinzani deni dua dola dume fundisho funzo gamba ganda giza goma
        gonjwa guta gunia hema ini jopo kaa kabati kaka-kubwa karatasi-kubwa kovu kwapa kwato limau lori nanasi nano
        nena ongezeko oni pambo panya-buku pazia pindo pigo pofu roho-mbaya rinda sega sehemu-kubwa seti shinikizo
        shukrani sikitiko simulizi sokwe tabaka tope tumbo tundu tako tangi tanuri taya teso titi tokeo tuta tuzo
        vuno vumbi wimbi wingu zulia zuio zumari agizo ajabu amuzi andiko anguko azimio elezo endelezo ombi
        onyesho ono oteo-maji ongezo uzo jimama juto kadirio kanusho kanuni-mbaya koloni kumbusho kubaliano
        fahirisi funguo-bandia ghala hangaiko hitaji husiano kao lalamiko lipo-zito pinduzi poteo-mbali sahihisho
        sambazo shindano shinda suluhisho swala tamanio tazamio tegemeo teuzi tishio tokomezo tatuo wasilisho vamizi zazi
        zungumzo zuri-umbo jizi dawati debe dhehebu dhumuni duara faili gogo gome gumba jiti kaptula kandamizo kengeza
        lango-kuu nene-zito punda-milia rafu sinema-kubwa tabu teketezo tarumbeta tete thumuni trekta zimwi""",
    (6, 6): """maji maisha mafuta maziwa mazingira maendeleo matokeo mapenzi maarifa mawasiliano mahusiano maoni matumaini
        mamlaka mate manukato mauti machafuko maandamano mapinduzi mapato matumizi malezi mazungumzo makubaliano mazishi
        masika mavazi-rasmi marekebisho makao makazi malipo maombi matibabu mavuno maumivu mahitaji majira manufaa
        mashaka masurufu masihara mazoea maslahi mapokezi mapumziko mauaji majadiliano makamasi mapema-asubuhi maonyesho
        matangazo madhara mafanikio mafunzo mahojiano maafa mahindi maharage majivu majani-chai masaa matata mavi
        mashambulizi malengo mapigano masuala mapendekezo mageuzi marufuku-kali mbadiliko makosa""",
    (7, 8): """kitu kiti kisu kitabu kijiji kikombe kichwa kidole kilima kipindi kikundi kiongozi kijana kiwanda kiwango
        kiasi-kidogo kisiwa kituo kitanda kitambaa kidonda kifo kifua kinywa kioo kiatu kipande chakula chama chombo
        chuo cheo chumba chuma chanzo choo chungu cheti chambo chanda chandarua chaguzi-dogo chura kipofu kiziwi
        kiwete kilema kifaru kiboko kipepeo chatu-dogo chombo-habari""",
    (9, 10): """chai chapa chumvi chupa chui chuki changamoto chachu chati chanjo chenji chemchemi chaki chenza chokoleti
        china chuma-ulete kiasi kilo kiosk kiini-macho mboga mbegu mbinu mbele mbuga mbuzi mbwa mbu mbolea mbingu mbio
        mbuni-ndege mbweha mbavu mbao mvua mvi mada maana mali mashine mahakama mahali-patupu maktaba maabara mantiki
        makala mali-asili mafia maiti meli meza meno-bandia mechi meta mita mila mimba miadi minara-saa misa misheni
        misitu-hifadhi mizani moto-moto motokaa mikrofoni jamii jumuiya jumla juhudi jinsi jinsia jioni jela jezi
        jiografia juisi jamhuri jamaa uchina wilaya wizara wiki waya wasifu-kazi habari hatua hali haki
        hotuba hospitali hoteli historia haja hasara hewa homa hofu hoja huduma hisia hadithi harakati himaya hekima
        wakala-habari kura kuku kucha kusini kaskazini kumbukumbu kazi kampuni kamati karne karatasi kalamu kamba kanuni
        kesi kofia kodi kona kompyuta katiba kituo-kazi familia fedha furaha fursa filamu fikra fimbo elimu ripoti redio
        picha pesa nchi nyumba ndoto ndege ndizi ndugu nguo nguvu njia njaa nia nafasi namba namna nakala nyama nyota
        nyoka nyuki nyani ng'ombe siku sababu sauti sehemu serikali shule sheria shida siasa simu saa safari soka
        studio sukari supu tabia taarifa tarehe tofauti teknolojia timu video vita zawadi zama dakika dalili damu
        dawa dini dunia bahari bahati bandari barabara barua bei benki biashara bidhaa bunduki asali asili asubuhi akili
        amani ardhi aina ajali afya adhabu ahadi akaunti ofisi operesheni orodha idadi idara ibada imani intaneti wino
        ushuru lugha ladha likizo leseni roho ruhusa rushwa rekodi rangi pasi pembe pande-zote pua pombe punguzo-bei
        intaneti baiskeli lami zana zamu ziara saratani risasi sakafu samaki sanaa sarafu sayansi sera shaba shahada
        shilingi shukurani silaha sifa sinema siri skrini stesheni stempu swali-nyeti takwimu taa televisheni tovuti
        tume tuhuma treni upinde-mvua""",
    (11, 10): """ubao ubavu ubawa udevu ufa ufunguo ufagio uga ukuta ukuni ukurasa ukucha ukoo ukumbi ukanda ukope ulimi
        uma unyasi unywele upande upepo upanga uso uta utambi utepe utenzi ua-wigo uzi uwanda wakati wimbo waraka wembe
        wayo wadhifa ugiligili ujumbe uchaguzi utafiti utambuzi ubongo-mdogo ufukwe upwa ushanga uteo uwati udongo-mwekundu
        uzio ugoro-mwekundu uele""",
    (11, 8): "uwanja",
    (11, 6): """ugonjwa ugomvi uhusiano uamuzi uasi uovu uchungu-zao upatano-bora uvamizi uzazi-mpango unyoya uchukuzi-zao
        uadilifu-zao ulaghai-zao upinzani-zao usuluhishi-zao utukufu-zao""",
    (11, 11): "wali wino wema wizi wivu wasiwasi wingi woga werevu weusi weupe wasaa wokovu weledi wajibu",
    (16, 16): "mahali pahali mahala",
    # loans and kin whose plural takes ma- although the singular has no prefix; all but the last row are people
    (9, 6): """daktari waziri rais padri askofu hakimu jaji karani bwana bibi kocha meneja profesa shabiki shujaa kamanda
        nahodha kahaba tajiri gaidi adui rafiki shahidi malaika nabii kasisi imamu fundi dereva katibu mhasibu-mkuu
        balozi gavana seneta diwani meya komredi jirani jenerali kanali kapteni luteni sajini sheikh shekhe
        sultani babu nesi dada-mkuu mateka-vita jambazi tapeli kada kasuku-mwitu katili haramia
        sahaba hayawani-mtu kuhani mwinjilisti-mgeni afisa ofisa wakili wakala msajili-mgeni mshenga-mgeni""",
}

# Nouns outside classes 1/2 that agree like them, because they are people or animals.
ANIMATE = frozenset(
    """kiongozi kijana kipofu kiziwi kiwete kilema kifaru kiboko kipepeo chura chui mbuzi mbwa mbu mbweha kuku ndege nyoka
    nyuki nyani ng'ombe samaki simba tembo ndovu twiga fisi punda farasi paka panya sungura ngamia nguruwe kondoo kobe
    mamba papa pweza kaa jogoo bata njiwa tausi tai bundi kasuku popo swala nyati nyumbu sokwe ngedere tumbili chatu
    siafu mchwa inzi nzi kunguni kiroboto kinyonga kiwavi kondakta mama baba kaka dada ndugu jamaa shangazi babu bibi
    nyanya askari polisi maskini mateka yatima mbuni mungu malkia binti-mfalme binti bikira mfu jini jitu shetani
    jirani daktari waziri rais padri askofu hakimu jaji karani bwana kocha meneja profesa shabiki shujaa kamanda
    nahodha kahaba tajiri gaidi adui rafiki shahidi malaika nabii kasisi imamu fundi dereva katibu balozi gavana
    seneta diwani meya komredi jenerali kanali kapteni luteni sajini sheikh shekhe sultani nesi jambazi tapeli kada
    katili haramia sahaba kuhani afisa ofisa wakili wakala mhanga seremala kibaraka kichaa kiumbe kizazi-mtu
    kiranja kichanga kinda jasusi dume jike kijakazi kibarua mahabusu mwanaanga mwari nduli ndugu-jamaa somo-rafiki""".split()
)

# Plurals that no rule makes.
PLURALS = {
    "mtu": "watu", "mwizi": "wezi", "mke": "wake", "mume": "waume", "mwanamke": "wanawake", "mkewe": "wake zake",
    "mwanamume": "wanaume", "mwenyekiti": "wenyeviti", "mungu": "miungu", "jicho": "macho", "jino": "meno",
    "jiwe": "mawe", "jambo": "mambo", "jiko": "majiko", "ulimi": "ndimi", "uwanja": "viwanja", "uso": "nyuso",
    "uta": "nyuta", "moyo": "mioyo", "mwenzake": "wenzake", "jitu": "majitu", "muda": "muda", "ukumbi": "kumbi",
    "uvamizi": "mavamizi", "unyoya": "manyoya", "ugonjwa": "magonjwa", "mkuu": "wakuu", "mzungu": "wazungu",
}  # fmt: skip

# Agent nouns of verbs that begin with w: the plural keeps the w (mwindaji, wawindaji).
W_AGENTS = frozenset("mwakilishi mwekezaji mwezeshaji mwindaji mwajibikaji mwasilishaji mwekaji mwania".split())

# Words in ku- that are no infinitives.
NOT_INFINITIVES = frozenset(
    """kuku kundi kusudi kubwa kura kumbukumbu kuta kuni kumi kucha kuba kusini kulia kushoto kumbi kuzimu kunguru
    kunguni kuhani kulungu kumbikumbi kuti kuvu kufuli kuno kuruta kurasa kusanyiko kungu kumbusho kubaliano
    kumbo""".split()
)
