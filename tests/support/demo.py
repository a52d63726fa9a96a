"""A running demo: the real command, its own Valkey and database, on a port of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support import launching

_STOPS_WITHIN = 30.0
_PORTS = range(15_000, 32_000)
_given: set[int] = set()


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer over HTTP. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Demo:
    """Where a demo listens, and who may sign in."""

    url: str
    people: dict[str, dict[str, str]] = field(repr=False)
    """From the first part of an address to the whole sign-in."""
    log: Path
    _cookies: dict[str, str] = field(default_factory=dict, repr=False)
    others: Sequence[tuple[str, Path]] = ()
    """Where further processes of it listen, and their logs."""

    @property
    def urls(self) -> list[str]:
        return [self.url, *(url for url, _ in self.others)]

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def sign_in(self, name: str) -> str:
        """A new session of this person, as the cookie that a browser sends."""
        person = self.people[name]
        body = json.dumps({"email": person["email"], "password": person["password"]}).encode()
        answer = self.ask("POST", "/api/session", body=body, headers={"Origin": self.url})
        assert answer.status == http.HTTPStatus.OK, answer.status
        return answer.headers["set-cookie"].partition(";")[0]

    def cookie(self, name: str) -> str:
        """A session of this person that the tests share."""
        if name not in self._cookies:
            self._cookies[name] = self.sign_in(name)
        return self._cookies[name]

    def defects(self) -> list[str]:
        """What the servers themselves called a defect of their own."""
        logs = (self.log, *(log for _, log in self.others))
        lines = [line for log in logs for line in log.read_text().splitlines()]
        return [line for line in lines if "level=error" in line]


@contextlib.contextmanager
def running_demo(**settings: str) -> Iterator[Demo]:
    """Starts `warmline demo` with settings given as their names in lower case, and ends it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environ = {name: value for name, value in os.environ.items() if not name.startswith("WARMLINE_")}
        environ |= {f"WARMLINE_{name.upper()}": value for name, value in settings.items()}
        reading, writing = os.pipe()
        with log.open("wb") as errors, open(reading) as printed:  # noqa: PTH123 - a descriptor
            command = ("demo", "--json", "--port", str(free_port()))
            process = launching.shared().start(command, environ, out=writing, err=errors)
            os.close(writing)
            try:
                line = printed.readline()
                assert line, log.read_text()
                told = json.loads(line)
                people = {person["email"].partition("@")[0]: person for person in told["people"]}
                yield Demo(told["url"], people, log)
            finally:
                process.terminate()
                process.wait(_STOPS_WITHIN)


def free_port() -> int:
    """A port that nothing listens on, below those that outgoing connections take, and given out once here."""
    while True:
        port = secrets.choice(_PORTS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
