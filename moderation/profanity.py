"""Masks abuse in what people write to each other. The one door to better-profanity.

The library is the source of the words and of its characters. Its own search is not used: it tries every
spelling at every place and takes 20 ms for 100 characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from better_profanity.better_profanity import Profanity
from better_profanity.constants import ALLOWED_CHARACTERS

__all__ = ["Masker"]

MASK = "*"
WORD = re.compile(r"[\w@$*!']+")
SIGNS = str.maketrans("@431!0$57", "aaeiiosst")
LONGEST = 24
MILD = """
anal anus ass boob boobs breasts crap damn dick drunk ejaculate erection fart fat fisted foreskin frigg
gay gays glans god hell heroin hiv homo hooker horny hump inbred incest kill kinky lesbians lmao lmfao
lube masturbate masturbation menses menstruate meth molest muff murder naked nipple nipples nude nudes
omg opiate opium organ orgasm ovary ovum panties panty pasty pedophile pee penis pimp piss pissed pms
poop porn porno pornography pot prick prostitute prude pubic queer rape raped rapist rectal rectum rectus
rump sadism sadist screw scrotum seduce semen sex sexual slave smegma snatch sperm steamy stoned strip
stroke stupid suck tampon teat teets teste testicle thrust thug tits toke turd tush undies unwed urine
uterus vagina virgin vodka vomit vulva weed whiz willy womb woody wtf
"""
"""Words of the list that are mild, or about bodies, health, identity or distress. People must be able to say
them to somebody who listens; masking them would shame the one and blind the other."""


class Masker:
    """Masks whole words of the list, each looked up once; length and offsets of the text stay as they are."""

    __slots__ = ("_words",)

    def __init__(self, mild: str = MILD) -> None:
        library = Profanity()
        kept = frozenset(mild.split())
        listed = {str(word).lower() for word in library.CENSOR_WORDSET} - kept
        self._words = frozenset(word for word in listed if ALLOWED_CHARACTERS.issuperset(word))

    def __call__(self, text: str, exempt: Sequence[tuple[int, int]] = ()) -> str:
        """The text with abuse masked. Spans in `exempt`, of findings, stay as they were written.

        Pure, and linear in the length of the text.
        """
        pieces: list[str] = []
        done = 0
        for match in WORD.finditer(text):
            start, end = match.span()
            if end - start <= LONGEST and self._listed(match.group()) and not _touches(exempt, start, end):
                pieces += (text[done:start], MASK * (end - start))
                done = end
        pieces.append(text[done:])
        return "".join(pieces)

    def _listed(self, word: str) -> bool:
        plain = word.lower()
        if plain in self._words:
            return True
        if plain.isalpha():
            return False
        bare = plain.strip("*!'")
        return bare in self._words or bare.translate(SIGNS) in self._words


def _touches(exempt: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first < end and start < last for first, last in exempt)
