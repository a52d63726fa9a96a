"""Derives what the browser needs from the wire structs: TypeScript types and the JSON Schema.

The structs in `chat.protocol` are the source. `python -m chat.web.generate` writes both files anew, and a
test compares them with what this module would write, so that neither goes stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from chat import protocol
from chat.codes import CLOSE_REASONS, DETAILS, FINAL

HERE = Path(__file__).resolve().parent
TYPES = HERE / "src" / "types.gen.ts"
SCHEMA = HERE / "schema.gen.json"

_Schema = Mapping[str, Any]
_HEAD = "// Generated from chat/protocol.py and chat/codes.py by chat/web/generate.py. Change it there.\n"
_NULL = {"type": "null"}


def types() -> str:
    """The text of `types.gen.ts`: one interface a struct, one union a side, the tables of codes."""
    _, components = _components()
    sent, received = _clients(), _servers()
    optional = {s.__name__ for s in _reach(sent, components)} | {
        s.__name__ for s in received if s.__struct_config__.omit_defaults
    }
    blocks = [_HEAD]
    blocks += [
        _interface(name, schema, optional=name in optional) for name, schema in sorted(components.items())
    ]
    blocks += [
        _union("SeekerFrame", protocol.clients()["seeker"]),
        _union("TeamFrame", protocol.clients()["team"]),
        _union("ServerFrame", received),
        _values("TOPICS", protocol.TOPICS),
        _values("OUTCOMES", protocol.OUTCOMES),
        _values("REFUSALS", [code.value for code in DETAILS]),
        "/** Why a connection ended, by the number of its close code. */\nexport const CLOSE = {\n"
        + "".join(f"  {code.name}: {code.value},\n" for code in CLOSE_REASONS)
        + "} as const;\n",
        f"/** From this close code on, a client stays away. */\nexport const FINAL_FROM = {FINAL.start};\n",
        f'export const SUBPROTOCOL = "{protocol.SUBPROTOCOL}";\n',
        f"export const VERSION = {protocol.VERSION};\nexport const MAX_TEXT = {protocol.MAX_TEXT};\n",
    ]
    return "\n".join(blocks)


def schema() -> str:
    """The text of `schema.gen.json`: every frame of each side as JSON Schema 2020-12."""
    roots, components = _components()
    sides = {
        name: {"anyOf": [{"$ref": f"#/$defs/{frame.__name__}"} for frame in frames]}
        for name, frames in zip(("seeker", "team", "server"), roots, strict=True)
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Frames of {protocol.SUBPROTOCOL}",
        "description": "What a seeker's page, a team member's page and the server may send.",
        "properties": sides,
        "$defs": dict(sorted(components.items())),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    TYPES.write_text(types(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")


def _clients() -> list[type[Struct]]:
    both = [*protocol.clients()["seeker"], *protocol.clients()["team"]]
    return list(dict.fromkeys(both))


def _servers() -> list[type[Struct]]:
    return list(protocol.AnyServerFrame.__args__)


def _components() -> tuple[tuple[list[type[Struct]], ...], dict[str, _Schema]]:
    roots = (list(protocol.clients()["seeker"]), list(protocol.clients()["team"]), _servers())
    frames = list(dict.fromkeys(frame for side in roots for frame in side))
    _, components = msgspec.json.schema_components(frames)
    return roots, dict(components)


def _reach(frames: Iterable[type[Struct]], components: Mapping[str, _Schema]) -> set[type[Struct]]:
    """The frames and every struct inside them: what a client writes may leave defaults out."""
    found = set(frames)
    named = {frame.__name__ for frame in found}
    nested = {name for name in components if any(name in _refs(components[n]) for n in named)}
    return found | {getattr(protocol, name) for name in nested}


def _refs(node: object) -> set[str]:
    if isinstance(node, Mapping):
        own = {str(node["$ref"]).rpartition("/")[2]} if "$ref" in node else set()
        return own.union(*(_refs(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_refs(value) for value in node))
    return set()


def _interface(name: str, shape: _Schema, *, optional: bool) -> str:
    lines = [f"/** {shape['description']} */"] if "description" in shape else []
    lines.append(f"export interface {name} {{")
    for field, node in shape["properties"].items():
        left_out = optional and field not in shape["required"]
        lines.append(f"  {field}{'?' if left_out else ''}: {_type(node)};")
    return "\n".join([*lines, "}", ""])


def _type(node: _Schema) -> str:
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    if "enum" in node:
        return " | ".join("null" if value is None else json.dumps(value) for value in node["enum"])
    if "anyOf" in node:
        return " | ".join(_type(part) for part in sorted(node["anyOf"], key=lambda part: part == _NULL))
    match node["type"]:
        case "array":
            return f"({_type(node['items'])})[]"
        case "object":
            return f"Record<string, {_type(node['additionalProperties'])}>"
        case "integer" | "number":
            return "number"
        case plain:
            return str(plain)


def _union(name: str, frames: Iterable[type[Struct]]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {frame.__name__}" for frame in frames) + ";\n"


def _values(name: str, values: Iterable[str]) -> str:
    inside = ", ".join(json.dumps(value) for value in values)
    return f"export const {name} = [{inside}] as const;\n"


if __name__ == "__main__":
    main()
