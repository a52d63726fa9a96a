"""What lies where, and what must not lie about."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from chat import settings

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"chat", "matching", "moderation", "storage", "deploy", "tests"}
NAMELESS = {"utils", "util", "core", "common", "helpers", "helper", "misc"}
LOCKS = (
    "requirements.txt",
    "requirements-test.txt",
    "requirements-traces.txt",
    "requirements-build.txt",
    "requirements-node.txt",
)
MACHINE = re.compile(r"(?<![\w.$}/-])/(?:home|Users|root|work|mnt)/[A-Za-z0-9_.]+")


def kept() -> list[Path]:
    """Every file that belongs to the repository."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for name in told.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> dict[str, str]:
    found = {}
    for path in kept():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode()
    return found


def test_the_root_has_these_folders_and_no_others() -> None:
    folders = {parts[0] for path in kept() if len(parts := path.relative_to(ROOT).parts) > 1}
    assert {name for name in folders if not name.startswith(".")} == FOLDERS


def test_no_file_is_named_for_nothing() -> None:
    assert [str(path) for path in kept() if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


def test_the_files_that_convention_expects_are_there() -> None:
    for name in ("README.md", "LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "Makefile"):
        assert (ROOT / name).is_file(), name
    for name in ("chat", "matching", "moderation", "storage", "deploy"):
        assert (ROOT / name / "README.md").is_file(), name


def test_the_root_readme_shows_the_settings_as_they_are() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert settings.rewritten(text) == text, "run: python -m chat.settings"


def test_no_file_names_a_place_on_one_machine() -> None:
    found = {
        name: match.group()
        for name, text in texts().items()
        if (match := MACHINE.search(text)) and not name.endswith(("package-lock.json", "LICENSE"))
    }
    assert found == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._\[\]-]+==[^\s]+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_front_ends_lock_names_no_registry() -> None:
    assert "://registry" not in (ROOT / "chat/web/package-lock.json").read_text(encoding="utf-8")


def test_the_tests_run_on_the_versions_that_are_served() -> None:
    served, tested = (
        dict(
            re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
        )
        for lock in LOCKS[:2]
    )
    assert {name: tested.get(name) for name in served} == served


def test_every_rule_that_is_off_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.isort]")]
    ignores = [line for line in table.splitlines() if re.match(r'\s*"[A-Z]+\d+"|.*= \["[A-Z]+\d+"', line)]
    assert len(ignores) > 10
    for line in ignores:
        assert re.search(r"#\s*\S.{6,}", line), line
    assert tomllib.loads(text)["tool"]["ruff"]["lint"]["select"] == ["ALL"]


def test_every_exception_from_a_rule_has_its_reason_beside_it() -> None:
    bare = []
    for name, text in texts().items():
        if not name.endswith(".py"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if match := re.search(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z-, ]+\])(.*)", line):
                if not re.search(r"[a-z]{3,}.*[a-z]{2,}", match.group(1)):
                    bare.append(f"{name}:{number}")
            elif re.search(r"# (?:noqa|type: ignore)\b(?![:\[])\s*$", line):
                bare.append(f"{name}:{number}")
    assert bare == []
