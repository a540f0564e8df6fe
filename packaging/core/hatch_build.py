"""Which file of the one tree goes into which distribution, when either of them is built.

`cleancopy-core` has what `contents` in its pyproject.toml lists; `cleancopy` has all the rest, and needs the former.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
TREE = HERE if (HERE / "src").is_dir() else HERE.parents[1]
"""The checkout, or the unpacked source distribution of cleancopy-core."""
FOLDERS = {"src/cleancopy": "cleancopy", "config": "cleancopy/config", "flows": "cleancopy/flows"}
"""Folder of the tree → its place where packages are installed."""


def files(core: bool) -> Iterator[tuple[Path, str]]:
    """The files of a distribution, each with its place where packages are installed."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    contents = project["tool"]["hatch"]["build"]["hooks"]["custom"]["contents"]
    folders, single = tuple(each for each in contents if each.endswith("/")), frozenset(contents)
    for folder, place in FOLDERS.items():
        for path in sorted((TREE / folder).rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            installed = f"{place}/{path.relative_to(TREE / folder).as_posix()}"
            within = installed.removeprefix("cleancopy/")
            if (within in single or within.startswith(folders)) == core:
                yield path, installed


class CustomBuildHook(BuildHookInterface[Any]):
    """Names the files of the distribution that is being built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        core = self.metadata.name == "cleancopy-core"
        included = build_data["force_include"]
        if self.target_name == "wheel" and version == "standard":
            included |= {str(path): place for path, place in files(core)}
        elif self.target_name == "sdist":
            # Licence and notice of cleancopy-core are links into the checkout; here they must be files.
            included |= {str(Path(path).resolve()): included.pop(path) for path in list(included)}
            included |= {str(path): path.relative_to(TREE).as_posix() for path, _ in files(core)}
