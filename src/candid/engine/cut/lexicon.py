"""The words that tell an editor something, per language.

A language that is not here is cut by what needs no dictionary: pauses, questions,
echoes, centrality, the recogniser's certainty. To add one, copy an entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EDGES = re.compile(r"^[^\w]+|[^\w]+$")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Lower-case words of one language, each list for one feature.

    `common` carry no topic, `fillers` are hesitations, `links` lean on the sentence
    before, `pointers` stand for something said earlier, `assents` are a listener's
    remarks, `asks` begin a question, `self` is the first person, `change` and `feeling`
    mark turning points, `speech` is talk retold, `hope` marks a good ending, `logistics`
    is talk about the call.
    """

    common: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    pointers: frozenset[str] = frozenset()
    assents: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    self: frozenset[str] = frozenset()
    change: frozenset[str] = frozenset()
    speech: frozenset[str] = frozenset()
    feeling: frozenset[str] = frozenset()
    hope: frozenset[str] = frozenset()
    logistics: frozenset[str] = frozenset()


def bare(word: str) -> str:
    """Return a word in lower case, without marks around it and with a plain apostrophe."""
    return _EDGES.sub("", word.replace("’", "'")).casefold()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = Lexicon(
    common=_words(
        "a about actually after again all also always am an and another any anything are as at away"
        " back be because been before being but by came can can't come could couldn't did didn't do"
        " does doesn't doing don't done down each else even ever every everything fine for from get"
        " getting go goes going gone good got had hadn't has have haven't having he he's her here"
        " hers him his how i i'd i'll i'm i've if in into is isn't it it's its just kind kept know"
        " last least less let like little look lot made make many maybe me mean might mine more"
        " most much must my myself never next no nobody nor not nothing now of off oh okay on once"
        " one only or other our out over own people perhaps please put quite rather really right"
        " said same saw say saying see she she's should so some somebody someone something sort"
        " still such sure take than thank that that'll that's the their them themselves then there"
        " there's these they they're thing things think this those though thought through time to"
        " too took two until up us use used very want wanted was wasn't way we we'd we'll we're"
        " we've well went were weren't what what's when where which while who whole why will with"
        " within without won't would wouldn't yeah yes yet you you'd you'll you're you've your"
        " yours yourself"
    ),
    fillers=_words("um uh er erm uhm hmm mhm ah eh"),
    links=_words("and but or because so then also though which cause anyway well plus nor"),
    pointers=_words(
        "it that this these those he she they them him her it's that's he's she's they're there"
    ),
    assents=_words(
        "mm mhm yeah yes yep yup no right okay ok sure oh ah really exactly absolutely hm hmm wow"
    ),
    asks=_words("what when where who whose why how which"),
    self=_words("i i'm i'd i've i'll me my mine myself we we're we'd we've our us"),
    change=_words(
        "finally until once realised realized became changed change started stopped began admitted"
        " decided noticed found turned learned learnt lifted anymore first still"
    ),
    speech=_words("said say says saying told tell asked ask thought think replied answered"),
    feeling=_words(
        "afraid scared terrified frightened awful lonely alone ashamed shame sad cry cried crying"
        " tears hurt lost empty numb heavy heaviest dark quiet tired worried worry worse sorry"
        " guilty angry cross anxious panic breathe relief relieved glad happy lovely love loved"
        " laugh laughed laughing"
        " hope hopeful proud grateful thankful brave light lighter better safe warm"
        " listened waited stayed noticed fear hard"
    ),
    hope=_words(
        "hope hopeful glad better lighter light lovely love laugh laughing laughed help helped"
        " helps together talk ask asked tell told friend easier stayed stay grateful thankful"
        " proud possible breathe thank forward happy with"
    ),
    logistics=_words(
        "recording record microphone mic camera screen laptop phone headphones internet connection"
        " wifi link button click laundry hear mute muted unmute frozen lag battery charger browser"
        " tab schedule reschedule calendar"
    ),
)

LEXICONS: dict[str, Lexicon] = {"en": ENGLISH}


def lexicon_for(language: str) -> Lexicon:
    """Return the word lists for a language tag such as `en` or `en-GB`; empty if unknown."""
    return LEXICONS.get(language.split("-")[0].lower(), Lexicon())
