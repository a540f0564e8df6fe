"""Where a checkout of the public benchmark is, for tests that use one where it is at hand and are skipped without.

`CLEANCOPY_BENCH` names its folder; without it, a folder `shared` beside the project is looked into.
"""

from __future__ import annotations

import os
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[2] / "shared"
BENCH = Path(os.environ.get("CLEANCOPY_BENCH", BESIDE / "bench"))
EXAMPLES = BESIDE / "examples"
ABSENT = f"no benchmark checkout at {BENCH}; CLEANCOPY_BENCH says where one is"
