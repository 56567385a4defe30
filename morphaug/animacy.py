"""Which English nouns name people or animals: the class of a borrowed stem that no lexicon lists."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# People and animals that no ending tells; what ends in -ist, -man and the like need not be here.
_LIVING = _words(
    """
    actor actress adult advocate agent ally ambassador ancestor animal ant ape applicant artist assistant
    athlete attorney aunt author baby baker banker bat bear bee beginner being believer bird blogger boss
    boxer boy bride brother buffalo bull butcher buyer camel candidate captain cat champion chicken chief
    child citizen clerk client coach colleague colonel commander companion competitor composer consumer cook
    corporal cousin cow creator creature criminal critic crocodile crow customer dad dancer daughter dealer
    deer defender deputy designer detective developer dictator diplomat director doctor dog dolphin donkey
    donor driver duck eagle editor elder elephant emperor employee employer enemy engineer expert explorer
    fan farmer father fellow female fighter fish fly foreigner fox friend frog general giraffe girl goat god
    governor grandfather grandmother grandson guard guest guide hen hero hippopotamus horse host hostage
    human hunter husband infant inhabitant insect inspector inventor investigator investor judge kid killer
    king kitten lady lamb lawyer leader learner lecturer leopard lieutenant lion listener lizard lord lover
    magician maid major male manager master mayor mechanic member merchant midwife migrant miner minister
    minor monk monkey mosquito mother mouse murderer musician native neighbor neighbour nephew newcomer
    niece nun nurse observer officer official opponent orphan outsider owl owner ox painter parent parrot
    participant partner passenger patient people performer person pig pilot pioneer pirate player poet
    politician pope predecessor president priest prime-minister prince princess prisoner producer professor
    programmer prophet protester publisher pupil puppy queen rabbit rapper rat reader rebel recruit refugee
    relative reporter representative researcher resident rider rival robber ruler runner sailor saint
    scholar scientist secretary seller senator sergeant servant shark sheep sheriff shopkeeper singer sister
    slave smuggler snake soldier someone son speaker spider spokesperson spouse spy stranger student
    successor suspect swimmer tailor teacher teenager tenant thief tiger tourist trader trainee trainer
    translator traveler traveller tutor twin uncle user vendor veteran victim viewer villager visitor voter
    waiter waitress warrior whale widow widower wife winner witness wolf woman worker writer youngster youth
    zebra
    """
)
_LIVING_ENDINGS = ("ist", "ician", "woman", "man", "person", "keeper", "holder", "maker", "eer")
_LIFELESS = _words(
    "beer career checklist fist grist list mist playlist shortlist talisman twist wishlist wrist"
)


def animate(lemma: str) -> bool:
    """Whether an English noun names a person or an animal, as far as its ending or a short list tells.

    >>> animate("blogger"), animate("pianist"), animate("fireman"), animate("computer"), animate("list")
    (True, True, True, False, False)
    """
    word = lemma.lower()
    return word in _LIVING or (word.endswith(_LIVING_ENDINGS) and word not in _LIFELESS)
