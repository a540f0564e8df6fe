"""`python -m cleancopy`: the command line."""

from __future__ import annotations

from cleancopy.cli import main

if __name__ == "__main__":
    main()
