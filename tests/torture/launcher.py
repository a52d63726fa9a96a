"""The launcher of all tests, with the failpoints in every process that it starts."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.launcher import run
from tests.torture import failpoints

if __name__ == "__main__":
    run(first=lambda: failpoints.install(Path(os.environ[failpoints.ORDER])))
