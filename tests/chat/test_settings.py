"""Settings are read from two places, checked before anything starts, and never shown."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chat import settings as module
from chat.alert_path import read_checklist
from chat.gateways import made
from chat.lines import BY_COUNTRY, INTERNATIONAL
from chat.settings import BadSetting, Settings, fields, lines, load, table

SECRET = base64.b64encode(bytes(range(32))).decode()
CANARY = "heron-4417"


def test_every_setting_has_a_default_and_a_sentence() -> None:
    assert load({}) == Settings()
    for name, _, sentence in fields():
        assert sentence.endswith("."), name


def test_the_table_names_every_setting_and_its_variable() -> None:
    rows = table().splitlines()[2:]
    assert len(rows) == len(Settings.__struct_fields__)
    for name, row in zip(Settings.__struct_fields__, rows, strict=True):
        assert f"`{name}`" in row
        assert f"`WARMLINE_{name.upper()}`" in row


def test_a_variable_wins_over_the_file_and_an_option_over_both(tmp_path: Path) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text('port = 8001\ncampus = "north"\nhost = "::1"\n[hours]\nfri = ["18:00-24:00"]\n')
    settings = load({"WARMLINE_CONFIG": str(file), "WARMLINE_PORT": "8002"}, host="127.0.0.2")
    assert (settings.port, settings.campus, settings.host) == (8002, "north", "127.0.0.2")
    assert settings.hours == {"fri": ["18:00-24:00"]}


def test_lists_are_written_with_commas_and_tables_as_toml() -> None:
    settings = load(
        {
            "WARMLINE_LANGUAGES": "en, de",
            "WARMLINE_LINES": '[{name = "Porter", number = "12 34", href = "tel:1234"}]',
        }
    )
    assert settings.languages == ["en", "de"]
    assert settings.emergency_lines[0].frame().href == "tel:1234"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WARMLINE_PORT", CANARY),
        ("WARMLINE_PORT", "70000"),
        ("WARMLINE_REDIS_URL", f"memcached://{CANARY}"),
        ("WARMLINE_DATABASE_URL", f"mysql://{CANARY}"),
        ("WARMLINE_SECRET", CANARY),
        ("WARMLINE_SECRET", base64.b64encode(CANARY.encode()).decode()),
        ("WARMLINE_SECRET_FILE", f"/nowhere/{CANARY}"),
        ("WARMLINE_ORIGINS", f"https://{CANARY}/path"),
        ("WARMLINE_ORIGINS", "https://a:b@campus.example"),
        ("WARMLINE_ORIGINS", "https://campus.example:port"),
        ("WARMLINE_ORIGINS", "*"),
        ("WARMLINE_TIMEZONE", f"Mars/{CANARY}"),
        ("WARMLINE_TIMEZONE", "../../etc"),
        ("WARMLINE_HOURS", '{fri = ["22:00-02:00"]}'),
        ("WARMLINE_HOURS", '{someday = ["18:00-22:00"]}'),
        ("WARMLINE_HOURS", "{"),
        ("WARMLINE_LINES", '[{name = "x", number = "1", href = "javascript:1"}]'),
        ("WARMLINE_LINES", '[{name = "x", number = "1", href = "tel:1", more = 1}]'),
        ("WARMLINE_LANGUAGES", ""),
        ("WARMLINE_LADDER_FILE", f"/nowhere/{CANARY}"),
        ("WARMLINE_ON_CALL_URLS", CANARY),
    ],
)
def test_a_wrong_value_is_told_by_name_in_one_line_and_never_quoted(variable: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        load({variable: value})
    line = str(caught.value)
    assert line.startswith(variable.removeprefix("WARMLINE_").lower() + ": ")
    assert "\n" not in line
    assert CANARY not in line


def test_an_unknown_setting_stops_the_start_wherever_it_stands(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"^WARMLINE_PROT: is not a setting$"):
        load({"WARMLINE_PROT": "1"})
    file = tmp_path / "warmline.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(BadSetting, match=r"^prot: is not a setting \(line 1 of the file\)$"):
        load({}, file)


def test_a_file_that_cannot_be_read_is_told_without_its_path(tmp_path: Path) -> None:
    broken = tmp_path / f"{CANARY}.toml"
    with pytest.raises(BadSetting, match=r"^config: the file cannot be read$"):
        load({}, broken)
    broken.write_text(f"port = 1\nhost = {CANARY}")
    with pytest.raises(BadSetting, match=r"^config: the file is not TOML \(line 2 of the file\)$"):
        load({}, broken)
    broken.write_bytes(b"\xff")
    with pytest.raises(BadSetting, match=r"^config: the file is not TOML$"):
        load({}, broken)


def test_what_is_wrong_in_the_file_is_told_with_its_line_and_what_a_variable_says_without(
    tmp_path: Path,
) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text(
        '# the house\nport = 8642\non_call_urls = [\n  "https://hook.example/x",\n  "nonsense",\n]\n\n'
        '[hours]\nfri = ["20:00-18:00"]\n'
    )
    with pytest.raises(BadSetting, match=r"^hours: .*\(line 8 of the file\)$"):
        load({"WARMLINE_ON_CALL_URLS": ""}, file)
    with pytest.raises(BadSetting, match=r"^on_call_urls: .*\(line 3 of the file\)$"):
        load({"WARMLINE_HOURS": "{}"}, file)
    with pytest.raises(BadSetting, match=r"^port: [^(]*$"):
        load({"WARMLINE_PORT": "0"}, file)
    assert lines({"WARMLINE_PORT": "1"}, file) == {"on_call_urls": 3, "hours": 8}


def test_the_secret_comes_from_a_variable_or_a_file_but_not_from_both(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    assert load({"WARMLINE_SECRET": SECRET}).key() == bytes(range(32))
    assert load({"WARMLINE_SECRET_FILE": str(file)}).key() == bytes(range(32))
    file.write_bytes(bytes(range(200, 240)))
    assert load({"WARMLINE_SECRET_FILE": str(file)}).key() == bytes(range(200, 240))
    with pytest.raises(BadSetting, match=r"^secret_file: "):
        load({"WARMLINE_SECRET": SECRET, "WARMLINE_SECRET_FILE": str(file)})
    with pytest.raises(BadSetting, match=r"^secret: is not set"):
        load({}).key()


def test_settings_never_show_what_they_hold() -> None:
    settings = load({"WARMLINE_SECRET": SECRET, "WARMLINE_REDIS_URL": f"redis://:{CANARY}@localhost"})
    assert repr(settings) == str(settings) == f"{settings}" == "<Settings>"


def test_origins_follow_host_and_port_until_they_are_set() -> None:
    assert load({}, port=9000).allowed_origins == {"http://127.0.0.1:9000", "http://localhost:9000"}
    assert not load({}).https
    strict = load({"WARMLINE_ORIGINS": "https://hello.campus.example"})
    assert strict.https
    assert strict.allowed_origins == {"https://hello.campus.example"}


def test_every_country_has_a_number_for_danger_and_a_line_to_talk_to_with_its_source() -> None:
    assert load({}).emergency_lines == INTERNATIONAL
    assert load({"WARMLINE_COUNTRY": "us"}).emergency_lines == BY_COUNTRY["US"]
    for country in BY_COUNTRY:
        lines = load({"WARMLINE_COUNTRY": country}).emergency_lines
        assert len(lines) >= 2
        assert any(line.name == "Emergency number" for line in lines)
        for line in lines:
            assert line.source.startswith("https://")
            assert load({}, lines=[msgspec.to_builtins(line)]).lines == [line]


def test_defaults_hold_to_the_rules_for_values() -> None:
    for name, default in (
        (name, getattr(Settings(), name)) for name in Settings.__struct_fields__ if name != "lines"
    ):
        assert getattr(module.load({}, **{name: default}), name) == default


GATEWAY = {"url": "https://gateway.example/send", "body": "{to} {text}"}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("sms", {**GATEWAY, "method": "DELETE"}, "not one of the values"),
        ("sms", {**GATEWAY, "extra": 1}, "unknown field"),
        ("sms", {"url": "https://gateway.example/send"}, "{to} and {text}"),
        ("sms", {**GATEWAY, "body": "{to} {text} {name}"}, "only the places"),
        ("sms", {**GATEWAY, "url": "ftp://gateway.example/"}, "http or https"),
        ("sms", {**GATEWAY, "url": "https://user:canary@gateway.example/"}, "without a password"),
        ("sms", {**GATEWAY, "url": "https://gateway.example/?k={secret}", "secret_file": "x"}, "address"),
        ("voice", {**GATEWAY, "headers": {"Authorization": "{secret}"}}, "belong together"),
        ("voice", {**GATEWAY, "headers": {"A": "{secret}"}, "secret_file": "/no/canary"}, "cannot be read"),
        ("voice", {**GATEWAY, "headers": {"two words": "x"}}, "headers"),
        ("voice", {**GATEWAY, "success": "("}, "regular expression"),
        ("push_hosts", ["https://canary.example"], "names such as"),
        ("reach_services", ["ntfy://canary"], "kinds of Apprise"),
        ("smtp_host", "mail.example", "smtp_from"),
    ],
)
def test_a_channel_that_could_not_work_stops_the_start_in_one_line(name: str, given: Any, said: str) -> None:
    with pytest.raises(BadSetting) as bad:
        load({}, **{name: given})
    assert said in str(bad.value)
    assert "canary" not in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"smtp_user": "warm"}, "smtp_password_file"),
        ({"smtp_user": "warm", "smtp_password_file": "/no/canary"}, "smtp_password_file"),
        ({"smtp_user": "w", "smtp_password_file": "x", "smtp_security": "insecure"}, "smtp_security"),
        ({"smtp_from": "nobody"}, "smtp_from"),
    ],
)
def test_mail_that_could_not_be_sent_stops_the_start(more: dict[str, Any], named: str) -> None:
    given: dict[str, Any] = {"smtp_host": "mail.example", "smtp_from": "warm@campus.example", **more}
    with pytest.raises(BadSetting, match=named) as bad:
        load({}, **given)
    assert "canary" not in str(bad.value)


def test_a_gateway_is_written_as_toml_in_a_variable(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" s3cret\n")
    written = (
        '{url = "https://gateway.example/send", headers = {Authorization = "Bearer {secret}"}, '
        f'body = \'{{"to": "{{to}}", "text": "{{text}}"}}\', secret_file = "{secret}"}}'
    )
    settings = load({"WARMLINE_SMS": written})
    assert settings.sms is not None
    assert made(settings.sms).secret == "s3cret"
    assert "s3cret" not in repr(settings.sms) + repr(made(settings.sms))
    with pytest.raises(BadSetting, match="sms: is not a table"):
        load({"WARMLINE_SMS": "https://gateway.example/send"})


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"record_custodians": [CANARY]}, "record_custodians"),
        ({"record_custodians": ["heron-4417@campus.example"]}, "record_custodians"),
        ({"switch_url": f"ftp://{CANARY}"}, "switch_url"),
        ({"drill_day": 29}, "drill_day"),
        ({"drill_time": "24:00"}, "drill_time"),
        ({"drill_time": "09:00", "hours": {"fri": ["18:00-24:00"]}}, "drill_time"),
    ],
)
def test_what_comes_round_is_refused_where_it_could_not(more: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSetting, match=named) as told:
        load({}, **more)
    assert CANARY not in str(told.value)


def test_custodians_are_addresses_of_any_channel() -> None:
    given = ["mailtos://a:b@c.example", "https://hook.example/x"]
    assert load({}, record_custodians=given).record_custodians == given
    mail: dict[str, Any] = {"smtp_host": "mail.example", "smtp_from": "warm@campus.example"}
    assert load({}, record_custodians=["dean@campus.example"], **mail).record_custodians
    assert load({}, drill_time="18:30", hours={"fri": ["18:00-24:00"]}).drill_time == "18:30"


def test_a_protocol_that_cannot_be_read_stops_the_start_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "protocol.toml"
    file.write_text('title = "Ours"\n[[part]]\nid = "a"\ntitle = "A"\n', encoding="utf-8")
    settings = load({}, protocol_file=str(file))
    with pytest.raises(BadSetting, match="protocol_file: line 2"):
        read_checklist(settings)
    with pytest.raises(BadSetting, match="protocol_file: there is no such file"):
        load({}, protocol_file=str(tmp_path / "none.toml"))
    assert "thoughts" in read_checklist(load({})).items
