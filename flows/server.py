"""The embedded server of one run: `python flows/server.py PORT FOLDER`, with Prefect's settings in the environment.

It ends with the process that started it, however that ends: it holds the other end of standard input. FOLDER, its own,
goes then, too.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading


def _end_with_parent(folder: str) -> None:
    while os.read(0, 1):  # not `sys.stdin`, whose lock a thread may not hold when the interpreter ends
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main(port: int, folder: str) -> None:
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True, final=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", lifespan="on")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
