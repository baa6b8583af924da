"""Where a sentence may be broken: how much it hurts to part two words."""

from __future__ import annotations

from dataclasses import dataclass

_ENDS_SENTENCE = (".", "?", "!", "…", "。", "？", "！")
_ENDS_CLAUSE = (",", ";", ":", "—", "–", "，", "、")
_CLOSERS = "\"'”’»)]"

AFTER_SENTENCE, AFTER_CLAUSE, BEFORE_JOINER, BETWEEN_WORDS, AFTER_BINDER = 0.0, 1.5, 3.0, 6.0, 14.0


@dataclass(frozen=True, slots=True)
class Sense:
    """The small words of one language that decide where a line may end.

    `joiners` open a new clause: a break before them reads well. `binders` (articles,
    possessives, prepositions) belong to the word after them: never at the end of a line.
    """

    joiners: frozenset[str] = frozenset()
    binders: frozenset[str] = frozenset()

    def cost(self, left: str, right: str) -> float:
        """Return how much a break between two words hurts: 0 (end of a sentence) to 14."""
        bare = left.rstrip(_CLOSERS)
        if bare.endswith(_ENDS_SENTENCE):
            return AFTER_SENTENCE
        if bare.endswith(_ENDS_CLAUSE):
            return AFTER_CLAUSE
        if _key(left) in self.binders:
            return AFTER_BINDER
        return BEFORE_JOINER if _key(right) in self.joiners else BETWEEN_WORDS


def ends_sentence(text: str) -> bool:
    """Whether a word carries the mark that ends a sentence."""
    return text.rstrip(_CLOSERS).endswith(_ENDS_SENTENCE)


def sense_of(language: str) -> Sense:
    """Return the small words of a language (`en`, `en-GB`); none where it is not known."""
    return _LANGUAGES.get(language.split("-")[0].lower(), Sense())


def _key(text: str) -> str:
    return text.strip(".,;:!?…—–-\"'“”‘’«»()[]").casefold().replace("’", "'")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LANGUAGES = {
    "en": Sense(
        _words("and but or nor so yet because that which who whom whose when where while if"
               " though although unless until since before after as than then how what why"),
        _words("a an the my your his her its our their this these those of to in on at by for"
               " from with into onto about over under between through without no every each"
               " some any very more most i i'm i've i'd we're you're it's is are was were be"
               " has have had not mr mrs ms dr"),
    ),
    "fr": Sense(
        _words("et mais ou ni or donc car que qui quand où parce si comme lorsque puisque"),
        _words("le la les un une des du de d l au aux mon ma mes ton ta tes son sa ses notre nos"
               " votre vos leur leurs ce cet cette ces à en dans sur sous par pour avec sans"
               " chez très plus ne je tu il elle on nous vous ils elles"),
    ),
    "de": Sense(
        _words("und aber oder denn sondern dass weil wenn als ob wie der die das wo während"
               " obwohl damit bevor nachdem"),
        _words("ein eine einen einem einer eines den dem des mein meine dein deine sein seine ihr"
               " ihre unser unsere in im an am auf aus bei mit nach von vom zu zum zur für über"
               " unter um ohne gegen sehr kein keine"),
    ),
    "es": Sense(
        _words("y e o u pero ni porque que quien cuando donde como si aunque mientras pues"),
        _words("el la los las un una unos unas lo mi mis tu tus su sus nuestro nuestra este esta"
               " estos estas de del a al en con por para sin sobre entre hasta muy más no"),
    ),
    "it": Sense(
        _words("e ed o ma né perché che chi quando dove come se mentre anche però"),
        _words("il lo la i gli le un uno una l mio mia tuo tua suo sua nostro nostra questo"
               " questa di del della dei delle a al alla ai in nel nella con su sul per tra fra"
               " da dal dalla molto più non"),
    ),
}  # fmt: skip
