"""Words about who somebody is. None of them is ever a term: saying who one is must raise nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

LISTED = """
gay gays lesbian lesbians bisexual bi pansexual trans transgender transsexual queer straight asexual
nonbinary intersex homosexual heterosexual lgbt lgbtq lgbtqia muslim muslims islam islamic christian
christians jew jews jewish hindu hindus sikh buddhist atheist catholic protestant orthodox black white
asian asians latino latina latinx hispanic arab arabs african africans indian chinese mexican japanese
korean turkish kurdish russian ukrainian polish roma romani gypsy immigrant immigrants migrant migrants
refugee refugees foreigner foreigners foreign native disabled autistic deaf blind schwul schwule
lesbisch lesbe muslimin jude juden judin turke turken auslander fluchtling fluchtlinge lesbiana maricon
musulman musulmana judio judia gitano gitana inmigrante inmigrantes refugiado lesbienne musulmans
musulmane juif juive juifs immigre immigres etranger etrangers refugie refugies lesbica muculmano
muculmana judeu judia cigano cigana imigrante imigrantes negra negras
"""
WORDS = frozenset(LISTED.split())
"""As a reading shows them: lower case, without accents."""
WRITTEN_TOGETHER = ("同性恋", "双性恋", "跨性别", "穆斯林", "犹太", "基督徒", "黑人", "移民", "难民", "残疾")
"""The same in scripts without spaces between words."""

EVERYDAY = ("black out", "white spirit")
"""What holds such a word and is said of no one, as readings show it."""


def spoken_of(words: Collection[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Which words about identity stand among `words`, or inside `patterns`, in the order of the alphabet."""
    together = {word for word in WRITTEN_TOGETHER for pattern in patterns if word in pattern}
    return tuple(sorted(WORDS.intersection(words) | together))
