"""Every setting: its default, what it may be, and a sentence for whoever sets it.

Settings come from a TOML file and from `WARMLINE_...` variables, which win. One that is unknown or wrong
stops the start, with its name and the reason and never with its value.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from chat.broker.address import BadAddress, parse
from chat.gateways import HttpGateway, complaint
from chat.lines import EmergencyLine, default_lines
from chat.protocol import Language, Policy

PREFIX: Final = "WARMLINE_"
SECRET_BYTES: Final = 32
START: Final = "<!-- settings: written by `python -m chat.settings` -->"
END: Final = "<!-- end of the settings -->"
_BESIDE: Final = frozenset({"WARMLINE_CONFIG", "WARMLINE_CHROMIUM"})
"""Variables that are no settings: where the file is, and the browser of the tests."""
_PLAIN: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "array": "a list",
    "object": "a table",
    "bool": "true or false",
}
_HEADER: Final = re.compile(r"\s*\[{1,2}\s*([A-Za-z_]+)")
_KEY: Final = re.compile(r"\s*([A-Za-z_]+)\s*[=.]")
_TOML_LINE: Final = re.compile(r"\(at line (\d+),")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Span = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")]


class BadSetting(Exception):
    """One setting is unknown, missing or wrong. Its message names it and quotes no value.

    `line` is where it stands in the TOML file, counted from 1, if it stands there.
    """

    def __init__(self, name: str, reason: str, line: int | None = None) -> None:
        super().__init__(f"{name}: {reason}" + ("" if line is None else f" (line {line} of the file)"))
        self.name = name
        self.reason = reason
        self.line = line


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one installation. Printing them shows nothing, because some are secrets."""

    host: Annotated[str, Meta(min_length=1, description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port to listen on.")] = 8642
    unix_socket: Annotated[
        str, Meta(description="Path of a Unix socket to listen on instead of host and port.")
    ] = ""
    origins: Annotated[
        list[str],
        Meta(
            description="The exact origins under which browsers reach this installation; https makes cookies "
            "and headers strict. Empty means host and port over http."
        ),
    ] = msgspec.field(default_factory=list)
    sockets: Annotated[
        int, Meta(ge=10, le=1_000_000, description="Most sockets that one process holds open.")
    ] = 10_000

    reserve: Annotated[
        float,
        Meta(
            ge=0,
            le=0.9,
            description="Share of the sockets that is kept for people who come back to a conversation and "
            "for calls for help: who is new is shown the emergency lines then, and told to come back.",
        ),
    ] = 0.15
    processes: Annotated[
        int,
        Meta(
            ge=1,
            le=256,
            description="Processes that serve on the same port, as a rule one a core; from two on, they are "
            "started again when they die and replaced one by one at a hangup.",
        ),
    ] = 1
    workers: Annotated[
        int,
        Meta(
            ge=0,
            le=16,
            description="Worker processes that several serving processes are given, which carry alerts apart "
            "from any socket. 0: alerts are carried inside the serving processes only.",
        ),
    ] = 0
    hung_seconds: Annotated[
        float,
        Meta(
            ge=3,
            le=300,
            description="After how many seconds in which its event loop did not turn one of several "
            "processes is ended and another one started in its place.",
        ),
    ] = 15.0
    drain_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=300,
            description="Over how many seconds a process that stops sends its connections elsewhere.",
        ),
    ] = 10.0

    redis_url: Annotated[
        str,
        Meta(
            description="Redis 7.0 or newer, or Valkey: redis://[user:password@]host:port/database, "
            "unix://path, redis+sentinel://[user:password@]host:port,host:port/service (the Sentinels, and "
            "the name of what they watch) or redis+cluster://[user:password@]host:port,host:port (some "
            "servers of a Cluster); rediss for TLS, with ?ca=path for an authority of one's own and "
            "&cert=path&key=path where Redis asks for a certificate.",
        ),
    ] = "redis://127.0.0.1:6379/0"
    redis_reserve: Annotated[
        float,
        Meta(
            ge=0,
            le=0.9,
            description="Share of Redis' maxmemory that is kept for conversations that are going on, for "
            "people who come back and for calls for help: beyond it who is new finds the waiting room full, "
            "and the emergency lines.",
        ),
    ] = 0.2
    database_url: Annotated[
        str,
        Meta(
            pattern=r"^(postgresql(\+asyncpg)?|sqlite(\+aiosqlite)?)://",
            description="The database: postgresql://... or sqlite:///path.",
        ),
    ] = "sqlite:///warmline.sqlite3"
    secret: Annotated[
        str,
        Meta(description="At least 32 random bytes in base64, under which the keys of conversations lie."),
    ] = ""
    secret_file: Annotated[
        str, Meta(description="Path of a file that holds the secret, in base64 or as raw bytes.")
    ] = ""
    spool: Annotated[
        str,
        Meta(min_length=1, description="Folder in which alerts wait for the database while it is away."),
    ] = "spool"

    campus: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z", description="Short name of the campus, for keys and rows."
        ),
    ] = "campus"
    campus_name: Annotated[
        str, Meta(min_length=1, max_length=80, description="Name of the campus, as seekers read it.")
    ] = "your campus"
    country: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z]{2})?\Z",
            description="ISO code of the country whose emergency lines show by default.",
        ),
    ] = ""
    lines: Annotated[
        list[EmergencyLine],
        Meta(
            max_length=12,
            description="The campus' own emergency lines (tables of name, number, href and note) in the "
            "place of the country's.",
        ),
    ] = msgspec.field(default_factory=list)
    timezone: Annotated[str, Meta(description="Time zone of the opening hours.")] = "UTC"
    hours: Annotated[
        dict[Day, list[Span]],
        Meta(
            description='Opening hours, as in {fri = ["18:00-24:00"]}. Empty means open whenever a desk is.'
        ),
    ] = msgspec.field(default_factory=dict)
    languages: Annotated[
        list[Language],
        Meta(min_length=1, max_length=16, description="Languages in which the campus listens."),
    ] = msgspec.field(default_factory=lambda: ["en"])

    offer_seconds: Annotated[
        float, Meta(ge=5, le=300, description="How long a supporter has to accept an offer before it lapses.")
    ] = 30.0
    lease_seconds: Annotated[
        float,
        Meta(
            ge=5,
            le=120,
            description="After how long without a sign of life a desk or a matcher counts as gone.",
        ),
    ] = 20.0
    queue_capacity: Annotated[
        int, Meta(ge=1, le=100_000, description="Most tickets in the waiting room.")
    ] = 500
    messages_per_minute: Annotated[
        int, Meta(ge=10, le=600, description="Messages that one person may say in a minute.")
    ] = 60
    message_burst: Annotated[
        int, Meta(ge=1, le=100, description="Messages that one person may say at once.")
    ] = 10

    ladder_file: Annotated[
        str,
        Meta(description="Path of the TOML file with the ladder; empty means the ladder that is built in."),
    ] = ""
    on_call_urls: Annotated[
        list[str],
        Meta(
            max_length=16,
            description="Where on-call staff are told outside the console: webhooks, mail or other Apprise "
            "addresses.",
        ),
    ] = msgspec.field(default_factory=list)
    fallback_urls: Annotated[
        list[str],
        Meta(
            max_length=16,
            description="Where the contact outside the team is told when everybody else was: the ladder's "
            "fallback. Written like on_call_urls, and other addresses than those.",
        ),
    ] = msgspec.field(default_factory=list)
    concerns_wait: Annotated[
        bool,
        Meta(
            description="Whether alerts below crisis wait for opening hours before anybody is paged; a "
            "ladder may say otherwise. A crisis, and whatever a person raised, never waits."
        ),
    ] = False
    protocol_file: Annotated[
        str,
        Meta(
            description="Path of the TOML file with the campus' protocol for an alert, which staff tick; "
            "empty means the one that is shipped."
        ),
    ] = ""
    envelope: Annotated[
        Policy,
        Meta(
            description="Who opens what a seeker shares under seal: consent (staff, when the seeker "
            "agrees) or two_staff (also two staff members together, without it). Seekers read which it is."
        ),
    ] = "consent"
    notice_minutes: Annotated[
        int,
        Meta(
            ge=0, le=1440, description="Minutes before a shift on call at which its person is told; 0: never."
        ),
    ] = 60

    smtp_host: Annotated[
        str, Meta(description="The server that takes mail for people's pages; empty means no mail.")
    ] = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65535, description="Its port.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "ssl", "insecure"],
        Meta(
            description="How it is spoken to: starttls, ssl (TLS from the start) or insecure (a server on "
            "this machine or a network of one's own)."
        ),
    ] = "starttls"
    smtp_user: Annotated[str, Meta(description="Name to sign in with there; empty means without.")] = ""
    smtp_password_file: Annotated[str, Meta(description="Path of a file with the password for it.")] = ""
    smtp_from: Annotated[str, Meta(description="The address that pages by mail come from.")] = ""
    sms: Annotated[
        HttpGateway | None,
        Meta(
            description='Gateway for text messages, as in {url = "https://...", headers = {Authorization = '
            '"Bearer {secret}", Content-Type = "application/json"}, body = \'{"to": "{to}", "text": '
            '"{text}"}\', secret_file = "/run/secrets/sms"}; method and success (a pattern in its answer) '
            "may be added."
        ),
    ] = None
    voice: Annotated[
        HttpGateway | None, Meta(description="Gateway for calls, which speaks the text; written like sms.")
    ] = None
    push_hosts: Annotated[
        list[str],
        Meta(
            max_length=16,
            description="Push services of browsers that staff phones may use; *. stands for any part before.",
        ),
    ] = msgspec.field(
        default_factory=lambda: [
            "fcm.googleapis.com",
            "*.push.apple.com",
            "*.push.services.mozilla.com",
            "*.notify.windows.com",
        ]
    )
    reach_services: Annotated[
        list[str],
        Meta(
            max_length=64,
            description="Kinds of Apprise addresses at which people may be reached; empty means none.",
        ),
    ] = msgspec.field(
        default_factory=lambda: ["ntfy", "ntfys", "gotify", "gotifys", "pover", "signal", "signals", "tgram"]
    )

    second_factor: Annotated[
        Literal["named", "everybody"],
        Meta(
            description="Whose sign-in needs a code of an app beside the password: `everybody`'s, or only "
            "that of people for whom `warmline user factor` asked for it."
        ),
    ] = "named"
    session_idle_minutes: Annotated[
        int, Meta(ge=5, le=720, description="Minutes without a request after which a sign-in ends.")
    ] = 30
    session_hours: Annotated[
        int, Meta(ge=1, le=24, description="Hours after which a sign-in ends whatever happens.")
    ] = 12

    traces_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s]+)?\Z",
            description="Where an OpenTelemetry collector takes traces (OTLP over HTTP), as in "
            "http://127.0.0.1:4318/v1/traces: how long the stages of one message in sixteen, pairings and "
            "pages took, and nothing of anybody; empty means none. Needs warmline[traces].",
        ),
    ] = ""

    record_custodians: Annotated[
        list[str],
        Meta(
            max_length=8,
            description="Who gets the head of the record of what staff did, once a day: e-mail addresses, "
            "webhooks or Apprise addresses of people who do not run the database.",
        ),
    ] = msgspec.field(default_factory=list)
    drill_day: Annotated[
        int, Meta(ge=1, le=28, description="Day of the month from which the monthly drill is due.")
    ] = 8
    drill_time: Annotated[
        str,
        Meta(
            pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?\Z",
            description="Its time of day, within the opening hours; empty means half an hour after opening, "
            "and 14:00 where there are no opening hours.",
        ),
    ] = ""
    switch_url: Annotated[
        str,
        Meta(
            description="Address that is asked every minute in which the whole alert path was passed, of a "
            "service that raises an alarm when that stays away; empty means none."
        ),
    ] = ""

    def __repr__(self) -> str:
        return "<Settings>"

    @property
    def https(self) -> bool:
        """Whether browsers reach every origin over TLS."""
        return bool(self.origins) and all(origin.startswith("https://") for origin in self.origins)

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The exact values that an Origin header may have."""
        if self.origins:
            return frozenset(self.origins)
        host = f"[{self.host}]" if ":" in self.host else self.host
        names = {host, "localhost", "127.0.0.1"} if self.host in _LOOPBACK else {host}
        return frozenset(f"http://{name}:{self.port}" for name in names)

    @property
    def emergency_lines(self) -> tuple[EmergencyLine, ...]:
        """The campus' own lines, or those of its country."""
        return tuple(self.lines) or default_lines(self.country)

    def smtp_password(self) -> str | None:
        """What stands in the file; raises `BadSetting` where it cannot be read."""
        if not self.smtp_password_file:
            return None
        try:
            return Path(self.smtp_password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise BadSetting("smtp_password_file", "cannot be read") from None

    def key(self) -> bytes:
        """The secret itself; raises `BadSetting` where there is none, or too little of it."""
        if not self.secret and not self.secret_file:
            raise BadSetting("secret", "is not set; make one with: openssl rand -base64 32")
        if self.secret:
            return _enough("secret", _decoded("secret", self.secret.encode()))
        try:
            raw = Path(self.secret_file).read_bytes()
        except OSError:
            raise BadSetting("secret_file", "cannot be read") from None
        try:
            return _enough("secret_file", _decoded("secret_file", raw.strip()))
        except BadSetting:
            return _enough("secret_file", raw)


def load(environ: Mapping[str, str], config: Path | None = None, **overrides: Any) -> Settings:
    """Reads the file and the variables; `overrides` win over both. Raises `BadSetting`."""
    path = _file(environ, config)
    raw = dict(_from_file(path)) if path else {}
    over = {**dict(_from_environment(environ)), **overrides}
    raw.update(over)
    lines = {name: line for name, line in _lines(path).items() if name not in over} if path else {}
    try:
        return _made_of(raw)
    except BadSetting as bad:
        raise BadSetting(bad.name, bad.reason, lines.get(bad.name)) from None


def lines(environ: Mapping[str, str], config: Path | None = None) -> dict[str, int]:
    """From each setting that stands in the TOML file, and is not set by a variable, to its line there."""
    path = _file(environ, config)
    over = dict(_from_environment(environ))
    return {name: line for name, line in _lines(path).items() if name not in over} if path else {}


def _made_of(raw: Mapping[str, Any]) -> Settings:
    hints = _hints()
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in hints:
            raise BadSetting(name, "is not a setting")
        try:
            values[name] = msgspec.convert(value, hints[name], strict=False)
        except msgspec.ValidationError as error:
            raise BadSetting(name, _reason(str(error), _sentence(hints[name]))) from None
    settings = Settings(**values)
    _check(settings)
    return settings


def fields() -> Iterator[tuple[str, str, str]]:
    """Every setting: its name, its default as TOML writes it, and its sentence."""
    hints = _hints()
    for field in msgspec.structs.fields(Settings):
        default = field.default if field.default is not msgspec.NODEFAULT else _made(field.default_factory)
        yield field.name, _toml(default), _sentence(hints[field.name])


def table() -> str:
    """The table of settings in Markdown, as the README shows it."""
    head = "| setting | variable | default | what it does |\n|---|---|---|---|\n"
    rows = (
        f"| `{name}` | `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {_cell(text)} |"
        for name, default, text in fields()
    )
    return head + "\n".join(rows) + "\n"


def _hints() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


def _sentence(hint: Any) -> str:
    metas = (meta for meta in get_args(hint) if isinstance(meta, Meta))
    return next((meta.description for meta in metas if meta.description), "")


def _made(factory: Any) -> Any:
    return factory()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"' if value else ""
    return str(value).replace("'", '"')


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BadSetting("config", "the file cannot be read") from None
    except UnicodeDecodeError:
        raise BadSetting("config", "the file is not TOML") from None
    except tomllib.TOMLDecodeError as error:  # whose message may quote what stands there
        found = _TOML_LINE.search(str(error))
        raise BadSetting("config", "the file is not TOML", int(found[1]) if found else None) from None


def _file(environ: Mapping[str, str], config: Path | None) -> Path | None:
    told = environ.get(f"{PREFIX}CONFIG")
    return config or (Path(told) if told else None)


def _lines(path: Path) -> dict[str, int]:
    """Where each setting begins in a file that can be read."""
    found: dict[str, int] = {}
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if (header := _HEADER.match(line)) is not None:
            inside = True
            found.setdefault(header[1], number)
        elif not inside and (key := _KEY.match(line)) is not None:
            found.setdefault(key[1], number)
    return found


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    hints = _hints()
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in _BESIDE:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in hints:
            raise BadSetting(variable, "is not a setting")
        yield name, _structured(name, text, hints[name])


def _structured(name: str, text: str, hint: Any) -> Any:
    """A list is written with commas; lists of tables and tables are written as in TOML."""
    inner = get_args(hint)[0]
    if get_origin(inner) not in (list, dict) and HttpGateway not in get_args(inner):
        return text
    if HttpGateway in get_args(inner) and not text.lstrip().startswith("{"):
        raise BadSetting(name, "is not a table as TOML writes it")
    if not text.lstrip().startswith(("[", "{")):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise BadSetting(name, "is neither a list with commas nor a value of TOML") from None


def _check(settings: Settings) -> None:
    """What one value alone cannot tell."""
    for origin in settings.origins:
        try:
            parts = urlsplit(origin)
            plain = parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" == origin
            known = bool(parts.hostname) and "@" not in parts.netloc and (parts.port or 1) > 0
        except ValueError:
            plain = known = False
        if not plain or not known or origin != origin.lower():
            raise BadSetting("origins", "must be like https://hello.campus.example, without a path")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting("timezone", "is not a known time zone") from None
    for spans in settings.hours.values():
        if any(span[:5] >= span[6:] for span in spans):
            raise BadSetting("hours", "must begin before they end; split a night at 24:00")
    try:
        parse(settings.redis_url).master.context()
    except BadAddress as bad:
        raise BadSetting("redis_url", str(bad)) from None
    except OSError:  # what is wrong with a certificate is an OSError too
        raise BadSetting("redis_url", "names a file of TLS that cannot be read") from None
    if any("://" not in url for url in settings.on_call_urls):
        raise BadSetting("on_call_urls", "must be addresses like https://... or mailtos://...")
    _check_channels(settings)
    if any("://" not in url for url in settings.fallback_urls):
        raise BadSetting("fallback_urls", "must be addresses like https://... or mailtos://...")
    if set(settings.fallback_urls) & set(settings.on_call_urls):
        raise BadSetting("fallback_urls", "must be other addresses than on_call_urls")
    for custodian in settings.record_custodians:
        if "://" in custodian:
            continue
        if custodian.count("@") != 1 or any(sign.isspace() for sign in custodian):
            raise BadSetting(
                "record_custodians", "must be e-mail addresses, or like mailtos://... or https://..."
            )
        if not settings.smtp_host:
            raise BadSetting("record_custodians", "plain e-mail addresses need smtp_host")
    if settings.switch_url and not settings.switch_url.startswith(("https://", "http://")):
        raise BadSetting("switch_url", "must be an address like https://...")
    if settings.drill_time and settings.hours and not _is_within(settings.drill_time, settings.hours):
        raise BadSetting("drill_time", "is outside the opening hours on every day")
    if settings.ladder_file and not Path(settings.ladder_file).is_file():
        raise BadSetting("ladder_file", "there is no such file")
    if settings.protocol_file and not Path(settings.protocol_file).is_file():
        raise BadSetting("protocol_file", "there is no such file")
    if settings.secret and settings.secret_file:
        raise BadSetting("secret_file", "cannot stand beside secret; one of the two is enough")
    if settings.secret or settings.secret_file:
        settings.key()


def _check_channels(settings: Settings) -> None:
    if settings.smtp_host:
        if "@" not in settings.smtp_from:
            raise BadSetting("smtp_from", "must be an e-mail address where smtp_host is set")
        if bool(settings.smtp_user) != bool(settings.smtp_password_file):
            raise BadSetting("smtp_password_file", "and smtp_user belong together")
        if settings.smtp_user and settings.smtp_security == "insecure":
            raise BadSetting("smtp_security", "must not be insecure where a password is sent")
        settings.smtp_password()
    for name, gateway in (("sms", settings.sms), ("voice", settings.voice)):
        if gateway is not None and (wrong := complaint(gateway)):
            raise BadSetting(name, wrong)
    for host in settings.push_hosts:
        if not re.fullmatch(r"(\*\.)?[a-z0-9.-]+", host):
            raise BadSetting("push_hosts", "must be names such as *.push.apple.com")
    for service in settings.reach_services:
        if not re.fullmatch(r"[a-z0-9+-]+", service):
            raise BadSetting("reach_services", "must be kinds of Apprise addresses, such as ntfys")


def _is_within(time: str, hours: Mapping[Day, Sequence[Span]]) -> bool:
    """Times that are written alike sort as they follow one another."""
    return any(span[:5] <= time < span[6:] for spans in hours.values() for span in spans)


def _reason(error: str, sentence: str) -> str:
    """What the validator says, without the place and without anything that it quotes."""
    reason, _, place = error.partition(" - at `$")
    where = f" (at {place.strip('.`')})" if place.strip(".`") else ""
    if reason.startswith("Invalid"):
        return f"is not one of the values it may have{where}"
    if "regex" in reason:
        return f"is not written as it must be{where}. {sentence}"
    reason = (
        reason.replace("Object", "")
        .replace(" | null", "")
        .replace("Expected", "must be")
        .replace("`", "")
        .strip()
    )
    for type_name, plain in _PLAIN.items():
        reason = re.sub(rf"\b{type_name}\b", plain, reason)
    return f"{reason}{where}"


def _decoded(name: str, text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSetting(name, "is not base64; make one with: openssl rand -base64 32") from None


def _enough(name: str, key: bytes) -> bytes:
    if len(key) < SECRET_BYTES:
        raise BadSetting(name, f"holds fewer than {SECRET_BYTES} bytes")
    return key


def rewritten(text: str) -> str:
    """A README with the table of settings as it is now between its two marks."""
    before, _, rest = text.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError("the README has no marks for the table of settings")
    return f"{before}{START}\n\n{table()}\n{END}{after}"


if __name__ == "__main__":
    readme = Path(__file__).resolve().parent.parent / "README.md"
    readme.write_text(rewritten(readme.read_text(encoding="utf-8")), encoding="utf-8")
