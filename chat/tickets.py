"""Resume tokens: which conversation a client may come back to, sealed, so that nobody can make one."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

from chat.sealing import Unopenable, derived

_ABOUT: Final = b"resume"


class Tickets:
    """Makes and reads resume tokens. Nothing about them is stored, so they outlive any loss of Redis."""

    def __init__(self, secret: bytes) -> None:
        self._key = derived(secret, "ticket")

    def new(self) -> tuple[str, str]:
        """A fresh conversation id and the token that leads back to it."""
        conversation = secrets.token_urlsafe(16)
        return conversation, self.write(conversation)

    def write(self, conversation: str) -> str:
        return base64.urlsafe_b64encode(self._key.seal(conversation.encode(), _ABOUT)).decode().rstrip("=")

    def read(self, token: str | None) -> str | None:
        """The conversation of a token; None when it is none of ours."""
        if not token:
            return None
        try:
            box = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return self._key.open(box, _ABOUT).decode()
        except (binascii.Error, Unopenable, ValueError):
            return None
