from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Identifier, Octets
from storage.retention import Keep
from storage.schema import declared
from storage.tables import metadata

LONGEST_TEXT = 255
LONGEST_BYTES = 128
SEALED = {("reach", "sealed")}
"""What only the person who is reached ever writes, and nobody reads here: it comes sealed."""
TEXT_FOR_PEOPLE = {
    ("person", "email"),
    ("person", "password"),
    ("person", "name"),
    ("reach", "label"),
    ("campus_term", "why"),
    ("campus_term", "say"),
    ("campus_term", "unless"),
    ("sheet_line", "line"),
}


def columns() -> list[sa.Column[object]]:
    return [column for table in metadata.tables.values() for column in table.columns]


def test_every_column_says_why_and_until_when() -> None:
    for column in columns():
        assert isinstance(column.info.get("keep"), Keep), column
        assert len(column.info.get("why", "")) > 3, column


def test_no_column_can_hold_words_of_a_conversation() -> None:
    small = (sa.Enum, sa.Boolean, sa.Integer, sa.Double, sa.Date, Identifier)
    for column in columns():
        if isinstance(column.type, Octets):
            sealed = (column.table.name, column.name) in SEALED
            assert column.type.length <= (2048 if sealed else LONGEST_BYTES), column
        elif not isinstance(column.type, small):
            assert isinstance(column.type, sa.String), column
            assert (column.table.name, column.name) in TEXT_FOR_PEOPLE, column
            assert 0 < (column.type.length or 0) <= LONGEST_TEXT, column


def test_a_contact_has_no_time_and_no_number_in_a_row() -> None:
    contact = metadata.tables["contact"]
    assert not [column for column in contact.columns if isinstance(column.type, (sa.Double, sa.DateTime))]
    assert isinstance(contact.c.id.type, Identifier)


def test_every_term_counts_from_a_column_of_its_own_table() -> None:
    for table, column, keep in declared():
        assert (keep.days is None) == (keep.since is None), (table, column)
        if keep.since is not None:
            assert isinstance(metadata.tables[table].c[keep.since].type, (sa.Date, sa.Double)), (
                table,
                column,
            )


def test_only_values_that_may_be_missing_are_emptied() -> None:
    for table, column, keep in declared():
        if keep.then == "empty":
            assert metadata.tables[table].c[column].nullable, (table, column)
