"""Common Swahili verb stems, so that the analyser prefers a real verb; written from general knowledge of the language.

Underived stems and those whose derivation no rule makes; what `swahili_verbs.extend` derives is not repeated here.
"""

from __future__ import annotations

from morphaug.grammars.swahili_words import word_set

SHORT = word_set("la nywa fa ja pa wa cha nya")  # the monosyllabic stems; the class is closed

STEMS = SHORT | word_set(
    """ondoa ondoka ondokana ondolea andikisha dhalilisha taifisha jitambulisha ibukia abiri abudu acha achana achia achilia adhibu adhimisha afiki agana aga agiza ahidi ahirisha aibika aibisha
    ajiri ala alika alika amba ambaa ambata ambatana ambatanisha ambia ambukiza amini amka amkia amrisha
    amru amsha amua andaa andama andamana andika angaa angalia angamia angamiza angaza angua anguka angusha anika
    anza anzia anzisha apa apiza asi asisi athiri azima azimia badili badilika badilisha badiliana bagua bahatika
    baini bainisha baki baka bana bandika bandua bariki bashiri batiza beba beza bebeshwa binafsisha
    bisha bishana bofya bomoa bomoka boresha boreka buni buruta burudika burudisha busu chacha chafua chafuka chagua
    chana chanja changa changanya changanyika changia changamka changamsha chanua chapa chapisha charaza cheka
    chekesha chelewa chelewesha chemka chemsha cheza chezea chimba chimbua chinja choka chokoza choma chora choroka
    chosha chota chovya chuja chuka chukia chukiza chukua chukuana chukuliwa chuma chuna chunga chungua chunguza     churuzika dai daiwa daka danganya danganyika dhamini dhani dharau dhibiti dhihaki dhihirika dhihirisha
    dhoofika dhoofisha dhuru dhulumu didimia dodosa dokeza donoa dondoka dondosha duma dumaa dumisha dumu dunda
    dunga durusu egemea egesha elekea elekeza elewa eleza elezea elimika elimisha enda endelea endeleza endesha
    enea eneza enga engua enya enzi epa epuka epusha eua ezeka ezua faa fafanua fafanulia fahamika fahamisha fahamu
    faidi faidika faidisha fanana fananisha fanikisha fanikiwa fanya fanyika fanyia fariji fariki farijika fasiri
    fatuma fedhehesha ficha fichama fichua fifia fika fikia fikiri fikiria fikisha filisi filisika finya
    finyanga fisha fikicha fua fuata fuatana fuatia fuatilia fufua fufuka fuga fuja fukua fukuza fuma fumba fumbua
    fundisha funga fungua funguka fungia funika funua funza furahi furahia furahisha furika furusha futa futika futu
    fyatua fyeka fyonza gaia gana ganda gandama ganga gawa gawana gawanya gawanyika geuka geuza ghairi gharimu ghasi
    ghadhibika gharamia ghushi goma gomba gombana gombania gombea gonga gongana gota gundua gundulika guna gura gusa
    gwaya hadaa hadhari hadithia hakikisha hakiki halalisha hama hamaki hamasisha hamia hamisha
    hangaika hangaisha hani haribika haribu harakisha hasi hasiri hatarisha hesabu heshimu heshimika hifadhi hiji
    himili himiza hisi hitaji hitajika hitilafiana hitimisha hitimu hofia hofu hoji hojiana hubiri hudhuria
    hudumia huisha hujumu hukumu hurumia husika husiana husisha husu hutubia huzunika huzunisha iba ibia ibua
    ibuka idhinisha iga igiza ikiri ima imarika imarisha imba inama inamisha ingia ingilia ingiliana ingiza inua
    inuka isha ishi ishia ishiwa istahili ita itika itikia itisha iva ivisha jaa jali jaza jadili jadiliana
    jaribia jaribu jenga jengea jeruhi jeruhiwa jibu jibiwa jibizana jifanya jifunza jigamba jihadhari jipatia
    jitahidi jitokeza jitolea jiunga jivuna jivunia jongea jua jukana julikana julisha juana jumlisha jumuika
    jumuisha juta juza kaa kabidhi kabili kabiliana kadiria kaidi kaanga kagua kalia kama kamata kamatia kamatwa kamia
    kamilika kamilisha kamua kana kandamiza kanganya kanusha kanya kanyaga karabati karibia karibisha karipia kariri
    kasirika kasirisha kata kataa kataza katika katisha katiza kausha kauka kawia kaza kazana kazia keketa kemea
    kera kereka kesha keti kiri kiuka kimbia kimbilia kimbiza kinai kinga kingama kisi kita koa koboa kodisha
    kohoa kokota kolea koma komaa komboa komesha komea kombolewa kondesha konda konga kongoroka kopa kopesha
    koroga koroma kosa kosana kosea kosekana kosesha kosoa kua kuba kubali kubaliana kubalika kumba kumbatia kumbuka
    kumbusha kumbwa kuna kung'uta kunja kunjua kupua kurupuka kusanya kusanyika kusudia kuta kutana kutanisha kutwa
    kuza kwama kwamisha kwamua kwangua kwaruza kwatua kwea kweza kwepa laani lainisha lala lalamika lalamikia lamba
    landa laza laumu lawiti lazimika lazimisha lea lega legea legeza lemaza lemea lenga leta leta levya lewa lia lika
    lima limbika linda linga lingana linganisha lipa lipia lipiza lipuka lipua lisha liwaza liza loga lowa lowesha
    lundika maanisha maka malizika maliza mea meza meremeta mega mezea miliki mimina minya mumunya mwaga mwagika
    nadi nadhifisha nadhiri nafsi nai nakili nasa nasua nasihi nata nawa nawiri nena nenepa nenepesha ng'aa ng'ara
    ng'oa ng'oka ng'ang'ania nia ning'inia noa noga nong'ona nong'oneza nufaika nufaisha nuia nuka nukuu nunua nunia
    nusa nusuru nusurika nyakua nyamaa nyamaza nyamazisha nyanyasa nyanyua nyang'anya nyata nyauka nyima nyoa
    nyonga nyonya nyonyesha nyoosha nyooka nyunyiza nyosha nyenyekea nyesha oa oana oga ogelea ogofya ogopa ogopesha
    oka okoa okoka okota olewa omba ombea omboleza ona onana onea onekana onesha ongea ongeza ongezeka ongoza onya
    onyesha onja opoa ota otea orodhesha osha oza pa paa pachika pagawa paka pakana pakia pakua palilia pama pamba
    pambana pambanisha pambazuka pana panda pandisha panga pangia pangilia pangisha panua panuka panza papasa papatika
    paraganya pasa pasha pasua pasuka paswa pata patana patanisha patia patikana patiliza paza peleka pelekea pekua
    peleleza penda pendeka pendekeza pendelea pendeza pendezwa penga penya penyeza pepea pepesa pepesuka     pevuka piga pigana pigania pigia pika pima pimia pinda pindua pinduka pinga pingana pisha pita pitia pitisha
    pitwa poa poka pokea pokonya pona ponda pongeza ponya ponyoka ponza pooza pora poromoka posa poteza potea potosha
    poza pukuta puliza pulizia puma pumbaa pumbaza pumua pumzika pumzisha pungia pungua punguka punguza punja pura
    puuza pwaya raba rahisisha randa rarua rasimisha ratibu rejea rejesha rekebisha rekodi remba rembesha
    ridhia ridhika ridhisha riki rina ripoti ripua rithi rithisha roga ropoka rubuni ruhusu ruka rukia rudi rudia
    rudiana rudisha rudufu rundika rusha rushia ruzuku saa sababisha sadifu sadiki sadikika     safiri safirisha safisha saga sahau sahaulika sahihisha saidia saidiana saili saini sajili saka salia saliti
    salimia salimiana salimika salimisha sali samehe sambaa sambaza sanifu sanifisha sangaa sanya sarifu sawazisha
    sema semea semekana sengenya setiri shamiri shambulia shangaa shangaza shangilia shangiliwa     shauriana shawishi shika shikana shikamana shikilia shiba shibisha shinda shindana shindania shindika
    shindikana shindwa shinikiza shiriki shirikiana shirikisha shitaki shtaki shtua shtuka shitua shitushwa shona
    shona shota shuhudia shughulika shughulikia shuku shukia shukuru shuka shusha shutumu shurutisha sifia sifika
    sifu sihi sikia sikika sikiliza sikilizana sikitika sikitikia sikitisha silimu simama simamia simamisha simika
    simulia sinya singizia sinzia sinyaa sisitiza sita sitawi sitisha soga sogea sogeza soma somesha songa songesha
    sonya starehe stahiki stahili stahimili stawi stawisha staajabu staafu subiri subutu sujudu sukuma suka
    sukutua sulubu suluhisha sumbua sumbuka sumbuliwa sumu suta susa susia suuza swaga swali taabika taabisha taalamu
    taarifu tabasamu tabiri taathira tafakari tafsiri tafuna tafuta tahadhari tahadharisha tahiri taja
    tajika tajirisha taka takabali takasa takata takiwa talaki tamalaki tamani tamba tambaa tambua tambulika
    tambulisha tambuza tamka tamkwa tanda tandaza tandika tangaa tangaza tangamana tangua tangulia tania tanua
    tanuka tapakaa tapeli tapika tapanya taraji tarajia taraju tarizi tasua tathmini tatiza tatua tatuliwa
    tawala tawaza tawanya tawanyika tazama tazamia tazamana tega tegea tegemea tegemeana tegua teka tekeleza
    teketea teketeza tekenya tekea tekwa telekeza teleza tema temba tembea tembelea tembeza tenda tendea tendeka
    tenga tengana tenganisha tengenea tengeneza tengua tepeta tesa teseka tesi teta tetea tetema tetemeka teua
    thamini thibiti thibitika thibitisha thubutu tia tibu tii tika tikisa tikisika tilia timia timiza timka timua tinda
    tingisha tiririka tisha tisha tishia tishika toa toba toboa tofautiana tofautisha toka tokea tokeza tokomea
    tokomeza tokota tolea tomasa tongoza tora toroka torosha tosha tosheka toshea toshelezwa toshela
    tosheleza totoa toweka toza tua tubu tuhumu tukana tukia tukuka tukuza tulia tuliza tuma tumaini tumbua tumbuiza
    tumia tumika tumikia tumbukia tumbukiza tunda tunga tungika tungua tunuka tunuku tunza tupa tupia tura tusi twaa
    twanga twiga twika twiti ua uawa udhi ufahamu uguza ugua uguza uliza ulizia uma umba umia umiza umwa unda undwa
    unga ungama ungana unganisha ungua unguza unguzwa usia uza uzulu vaa valia vamia vamiwa vesha vimba vimbisha
    vinjari virigiza viringisha visha vizia vua vuja vuka vukiza vukuta vuma vumbua vumbika vumilia vuna vunja vunjika
    vuruga vurugika vurumisha vusha vuta vutia vutana vutiwa vuvia waa wadia wahi wajibika wajibisha waka wakilisha
    wasili wasilisha wasiliana waza wazua wazia weka wekea wekeza weza wezesha wezekana wia winda winga wiwa yeyuka
    yeyusha yumba yumbisha zaa zaliwa zalisha zama zamia zamisha zembea zengea ziba zibua zidi zidisha zika zima zimia
    zimika zinga zingira zindua zinduka zingatia zoa zoea zoesha zomea zorota zorotesha zozana zua zuia zulia
    zunguka zungusha zungumza zungumzia zuka zurura zuru zusha"""
)
