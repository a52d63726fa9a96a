"""Columns that say why they are kept and for how long, and text that is no sentence."""

from __future__ import annotations

import re
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.schema import SchemaItem

from storage.retention import Keep

LONGEST: Final = 64
"""How many characters an identifier may have."""

_IDENTIFIER = re.compile(r"[!-~]{1,64}")


class Identifier(sa.types.TypeDecorator[str]):
    """An id, a code or a word of a fixed list: at most 64 visible characters without a space.

    Whatever a caller mistakes for an identifier, a sentence does not get through.
    """

    impl = sa.String(LONGEST)
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(LONGEST)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its name is fixed by the library
        if value is not None and not _IDENTIFIER.fullmatch(value):
            raise ValueError("an identifier has 1 to 64 visible characters and no space")
        return value


class Octets(sa.types.TypeDecorator[bytes]):
    """A digest, a code or a wrapped key: at most so many bytes, on databases too that know no such limit."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length: Final = length

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - its name is fixed by the library
        if value is not None and len(value) > self.length:
            raise ValueError(f"at most {self.length} bytes")
        return value


def choice(name: str, *values: str) -> sa.Enum:
    """One of a few words, held to them by the database itself."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def column(
    name: str,
    kind: sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]],
    *more: SchemaItem,
    keep: Keep,
    why: str,
    nullable: bool = False,
    primary_key: bool = False,
) -> sa.Column[Any]:
    """A column that must say how long (`keep`) and what for (`why`)."""
    return sa.Column(
        name,
        kind,
        *more,
        nullable=nullable,
        primary_key=primary_key,
        autoincrement=False,
        info={"keep": keep, "why": why},
    )
