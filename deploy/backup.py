"""Backs the database up so that the copy cannot bring a conversation back.

    WARMLINE_DATABASE_URL=... python deploy/backup.py FILE

PostgreSQL is copied by its own `pg_dump` (restore with `pg_restore`), SQLite into one file while it is in
use. Left out are the rows of `LEFT_OUT`: keys, and who is signed in. Without the keys neither the secret nor
the memory of Redis opens anything of the hours before the backup, and a sign-in that was ended does not come
back. The address comes from the environment, because everybody here can read command lines. The file is
made for its owner alone, and one that is there is not touched. It needs Python and PostgreSQL's own programs.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

LEFT_OUT = ("sealing_key", "staff_key", "session")
"""Tables of which a backup has the columns and no rows; what is needed of them is made anew."""


def postgres(url: str, file: Path) -> None:
    """Writes an archive for `pg_restore`. Raises `CalledProcessError` when `pg_dump` fails."""
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    told = {
        "PGHOST": asked.get("host") or parts.hostname,
        "PGPORT": asked.get("port") or (str(parts.port) if parts.port else None),
        "PGUSER": unquote(parts.username or "") or None,
        "PGPASSWORD": unquote(parts.password or "") or None,
        "PGDATABASE": unquote(parts.path.lstrip("/")) or None,
        "PGSSLMODE": asked.get("sslmode") or asked.get("ssl"),
    }
    without = [f"--exclude-table-data=*.{table}" for table in LEFT_OUT]
    subprocess.run(  # noqa: S603  # PostgreSQL's own program, found by its name
        ["pg_dump", "--format=custom", "--no-owner", *without, f"--file={file}"],  # noqa: S607  # as above
        env={**os.environ, **{name: value for name, value in told.items() if value}},
        check=True,
    )


def sqlite(url: str, file: Path) -> None:
    """Writes a database of its own, in which what was left out is not even as free space."""
    source = unquote(url.partition(":///")[2].partition("?")[0])
    if not Path(source).is_file():
        raise FileNotFoundError
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(file)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA secure_delete = ON")
        for table in LEFT_OUT:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608  # a name from the table above
        copy.commit()
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("VACUUM")


def main() -> int:
    """0 when the backup is whole; else 1, one line of why, and no file."""
    url = os.environ.get("WARMLINE_DATABASE_URL", "")
    kinds = {"postgresql": postgres, "sqlite": sqlite}
    back_up = kinds.get(url.partition(":")[0].partition("+")[0])
    if len(sys.argv) != 2 or back_up is None:  # noqa: PLR2004  # the program and its one argument
        print("backup: give WARMLINE_DATABASE_URL and the name of a new file", file=sys.stderr)  # noqa: T201  # a command
        return 2
    file = Path(sys.argv[1])
    os.umask(0o077)
    try:
        file.touch(mode=0o600, exist_ok=False)
    except OSError:
        print("backup: the file is there already, or cannot be made", file=sys.stderr)  # noqa: T201  # a command
        return 1
    try:
        back_up(url, file)
    except (OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
        file.unlink(missing_ok=True)
        print(f"backup: the database could not be copied ({type(error).__name__})", file=sys.stderr)  # noqa: T201  # a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
