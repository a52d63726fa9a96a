"""Emergency lines: whom a seeker can reach at any time, by country, each with where that was read.

A campus puts its own lines first in its settings. These are what shows until then, so they are few, free to
call, and answered around the clock unless the note says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from chat.protocol import Line

_Short = Annotated[str, Meta(min_length=1, max_length=80)]


class EmergencyLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line. `href` is what a tap does: `tel:`, `sms:` or an `https://` page."""

    name: _Short
    number: _Short
    href: Annotated[str, Meta(pattern=r"^(tel:|sms:)[0-9+*#]{2,20}\Z|^https://[^\s]{3,200}\Z")]
    note: Annotated[str, Meta(max_length=200)] = ""
    source: str = ""
    """Where the number was read; shown to nobody, for whoever checks it next."""

    def frame(self) -> Line:
        """The line as it travels to a seeker."""
        return Line(name=self.name, number=self.number, href=self.href, note=self.note)


def _call(name: str, number: str, note: str, source: str) -> EmergencyLine:
    dial = "".join(sign for sign in number if sign in "0123456789+")
    return EmergencyLine(name=name, number=number, href=f"tel:{dial}", note=note, source=source)


def _text(name: str, number: str, note: str, source: str) -> EmergencyLine:
    return EmergencyLine(name=name, number=number, href=f"sms:{number}", note=note, source=source)


_DAY = "Free, day and night."
_DANGER = "If someone is in danger right now."
_EU_112 = _call("Emergency number", "112", _DANGER, "https://digital-strategy.ec.europa.eu/en/policies/112")

INTERNATIONAL: Final = (
    _call(
        "Emergency number",
        "112",
        f"{_DANGER} It reaches help from most mobile phones in the world.",
        "https://www.itu.int/rec/T-REC-E.161.1",
    ),
    _call(
        "Emotional support line",
        "116 123",
        "Someone to talk to, in many countries of Europe.",
        "https://en.wikipedia.org/wiki/116_telephone_numbers_in_Europe",
    ),
)
"""What shows where no country is set, or one that is not in the table."""

BY_COUNTRY: Final[dict[str, tuple[EmergencyLine, ...]]] = {
    "AT": (
        _EU_112,
        _call("TelefonSeelsorge", "142", _DAY, "https://www.telefonseelsorge.at"),
    ),
    "AU": (
        _call("Emergency number", "000", _DANGER, "https://www.triplezero.gov.au"),
        _call("Lifeline", "13 11 14", "Day and night.", "https://www.lifeline.org.au"),
    ),
    "CA": (
        _call("Emergency number", "911", _DANGER, "https://crtc.gc.ca/eng/phone/911"),
        _call("Suicide Crisis Helpline", "988", f"{_DAY} You can also text.", "https://988.ca"),
    ),
    "CH": (
        _EU_112,
        _call("Die Dargebotene Hand", "143", "Day and night.", "https://www.143.ch"),
    ),
    "DE": (
        _EU_112,
        _call("TelefonSeelsorge", "0800 111 0 111", _DAY, "https://www.telefonseelsorge.de"),
        _call("TelefonSeelsorge", "116 123", _DAY, "https://www.telefonseelsorge.de"),
    ),
    "ES": (
        _EU_112,
        _call("Línea 024", "024", _DAY, "https://www.sanidad.gob.es/linea024"),
    ),
    "FR": (
        _EU_112,
        _call("Numéro national de prévention du suicide", "3114", _DAY, "https://3114.fr"),
    ),
    "GB": (
        _call("Emergency number", "999", _DANGER, "https://www.gov.uk/guidance/999-and-112"),
        _call("Samaritans", "116 123", _DAY, "https://www.samaritans.org"),
        _text("Shout: text the word SHOUT", "85258", _DAY, "https://giveusashout.org"),
    ),
    "IE": (
        _EU_112,
        _call("Samaritans", "116 123", _DAY, "https://www.samaritans.org/ireland"),
        _text("Text the word HELLO", "50808", _DAY, "https://www.textaboutit.ie"),
    ),
    "NL": (
        _EU_112,
        _call("113 Zelfmoordpreventie", "0800 0113", _DAY, "https://www.113.nl"),
    ),
    "NZ": (
        _call("Emergency number", "111", _DANGER, "https://www.police.govt.nz/111"),
        _call("Need to talk?", "1737", f"{_DAY} You can also text.", "https://1737.org.nz"),
    ),
    "SE": (
        _EU_112,
        _call("Mind Självmordslinjen", "90101", _DAY, "https://mind.se"),
    ),
    "US": (
        _call(
            "988 Suicide & Crisis Lifeline", "988", f"{_DAY} You can also text.", "https://988lifeline.org"
        ),
        _text("Crisis Text Line: text the word HOME", "741741", _DAY, "https://www.crisistextline.org"),
        _call("Emergency number", "911", _DANGER, "https://www.911.gov"),
    ),
}
"""From the ISO 3166 code to the lines of that country."""


def default_lines(country: str) -> tuple[EmergencyLine, ...]:
    """The lines of a country, or those that hold in most places."""
    return BY_COUNTRY.get(country.upper(), INTERNATIONAL)
