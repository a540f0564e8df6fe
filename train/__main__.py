"""`python -m train COMMAND …`: data, fit, evaluate, and the rest of what fits and measures the models."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "data": "makes the sets from public checkouts",
    "fit": "fits the line models",
    "evaluate": "measures them on sites left out, writes docs/figures.json",
    "pages_model": "fits and measures the page model",
    "flattened": "fits what cuts a page on one line",
    "breaks": "measures how broken paragraphs are joined",
    "rank": "fits the weights that choose bylines and dates",
    "language": "fits the calibration of language detection",
    "profiles": "makes the language profiles",
}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        width = max(map(len, COMMANDS))
        print(
            "usage: python -m train COMMAND …\n",
            *(f"  {each:{width}}  {what}" for each, what in COMMANDS.items()),
            sep="\n",
        )
        sys.exit(0 if name in ("", "-h", "--help") else 2)
    del sys.argv[1]
    importlib.import_module(f"train.{name}").main()


if __name__ == "__main__":
    main()
