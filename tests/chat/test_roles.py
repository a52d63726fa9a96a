"""Who may send which frame: complete, and no more than the contract says."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from chat import protocol
from chat.protocol import Role
from chat.roles import EVERYBODY, MAY, may

ROLES: tuple[Role, ...] = ("supporter", "lead", "on_call", "coordinator")
CONTRACT: dict[str, set[Role]] = {
    "hello": {"supporter", "lead", "on_call", "coordinator"},
    "pong": {"supporter", "lead", "on_call", "coordinator"},
    "say": {"supporter", "lead", "on_call"},
    "got": {"supporter", "lead", "on_call"},
    "typing": {"supporter", "lead", "on_call"},
    "end": {"supporter", "lead", "on_call"},
    "raise": {"supporter", "lead", "on_call"},
    "desk": {"supporter"},
    "pause": {"supporter"},
    "accept": {"supporter"},
    "decline": {"supporter"},
    "handover": {"supporter"},
    "wrapup": {"supporter"},
    "mark": {"supporter"},
    "acknowledge": {"lead", "on_call"},
    "resolve": {"lead", "on_call"},
    "stand_down": {"lead", "on_call"},
    "decide": {"lead", "on_call"},
    "hand": {"lead", "on_call"},
    "tick": {"lead", "on_call"},
    "unseal": {"lead", "on_call"},
    "debrief": {"supporter"},
    "debriefed": {"lead", "coordinator"},
    "observe": {"lead", "on_call"},
    "unobserve": {"lead", "on_call"},
}


def test_every_frame_of_the_team_is_in_the_table_and_no_other_is() -> None:
    assert set(MAY) == set(protocol.clients()["team"])
    assert set(ROLES) == EVERYBODY


@pytest.mark.parametrize("frame", protocol.clients()["team"], ids=protocol.frame_type)
def test_one_role_may_send_what_the_contract_gives_it_and_nothing_else(frame: type[Struct]) -> None:
    allowed = {role for role in ROLES if may({role}, frame)}
    assert allowed == CONTRACT[protocol.frame_type(frame)]


@given(st.sets(st.sampled_from(ROLES)), st.sampled_from(protocol.clients()["team"]))
def test_several_roles_may_what_each_of_them_may(roles: set[Role], frame: type[Struct]) -> None:
    assert may(roles, frame) == any(may({role}, frame) for role in roles)


def test_nobody_may_send_a_frame_of_a_seeker_or_of_the_server() -> None:
    others = set(protocol.clients()["seeker"]) | set(protocol.AnyServerFrame.__args__)
    for frame in others - set(MAY):
        for size in range(len(ROLES) + 1):
            assert not any(may(set(roles), frame) for roles in combinations(ROLES, size))
