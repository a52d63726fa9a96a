"""What Alembic runs. The connection is handed in by `storage.migrate`; there is no other way to run it."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from alembic import context

from storage.tables import metadata

connection = cast("sa.Connection", context.config.attributes["connection"])
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
