"""Which file of the one tree goes into which distribution, when either of them is built.

`cleancopy-core` has what `contents` in its pyproject.toml lists; `cleancopy` has all the rest, and needs the former.

The former also has what is compiled of `src/cleancopy/native`. Where that cannot be compiled, it is built without, in
Python alone, and a warning says so. In the environment, CLEANCOPY_PURE=1 asks for that, and CLEANCOPY_TARGET names one
of `TARGETS` in native/build.py to build a wheel for.
"""

from __future__ import annotations

import os
import platform
import runpy
import sys
import sysconfig
import tempfile
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
NATIVE = TREE / "src" / "cleancopy" / "native"
_COMPILED = (".so", ".dylib", ".dll")
_ZIG = frozenset({"x86_64", "AMD64", "aarch64", "arm64", "ARM64"})
"""Machines that `ziglang` has wheels for."""


def files(core: bool) -> Iterator[tuple[Path, str]]:
    """The files of a distribution, each with its place where packages are installed."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    contents = project["tool"]["hatch"]["build"]["hooks"]["custom"]["contents"]
    folders, single = tuple(each for each in contents if each.endswith("/")), frozenset(contents)
    for folder, place in FOLDERS.items():
        for path in sorted((TREE / folder).rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts or path.suffix in _COMPILED:
                continue
            installed = f"{place}/{path.relative_to(TREE / folder).as_posix()}"
            within = installed.removeprefix("cleancopy/")
            if (within in single or within.startswith(folders)) == core:
                yield path, installed


class CustomBuildHook(BuildHookInterface[Any]):
    """Names the files of the distribution that is being built, and compiles what is hot for a wheel of cleancopy-core,
    or beside its source for an editable install.
    """

    def dependencies(self) -> list[str]:
        """A compiler, where the machine has none and a wheel brings one."""
        wanted = self.target_name == "wheel" and self._compiles() and platform.machine() in _ZIG
        return (
            ["ziglang>=0.13"]
            if wanted and runpy.run_path(str(NATIVE / "build.py"))["compiler"](_target()) is None
            else []
        )

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        core = self.metadata.name == "cleancopy-core"
        included = build_data["force_include"]
        if self.target_name == "wheel" and version == "standard":
            included |= {str(path): place for path, place in files(core)}
        if self.target_name == "wheel" and self._compiles():
            self._compile(version, build_data)
        elif self.target_name == "sdist":
            # Licence and notice of cleancopy-core are links into the checkout; here they must be files.
            included |= {str(Path(path).resolve()): included.pop(path) for path in list(included)}
            included |= {str(path): path.relative_to(TREE).as_posix() for path, _ in files(core)}

    def _compiles(self) -> bool:
        return self.metadata.name == "cleancopy-core" and os.environ.get("CLEANCOPY_PURE", "") in ("", "0")

    def _compile(self, version: str, build_data: dict[str, Any]) -> None:
        build = runpy.run_path(str(NATIVE / "build.py"))
        target = _target()
        name = build["library_name"](build["TARGETS"][target][1] if target else sys.platform)
        folder = NATIVE if version == "editable" else Path(tempfile.mkdtemp(prefix="cleancopy-"))
        why = build["compile_library"](folder / name, target)
        if why and target:
            raise RuntimeError(f"{target}: {why}")
        if why:
            self.app.display_warning(f"cleancopy is built without its compiled part, and will be slower: {why}")
        elif version != "editable":
            build_data["force_include"][str(folder / name)] = f"cleancopy/native/{name}"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{build['TARGETS'][target][0] if target else _here()}"


def _target() -> str | None:
    return os.environ.get("CLEANCOPY_TARGET") or None


def _here() -> str:
    """This machine as wheels name it. The library needs no Python, so Python's own version does not matter."""
    if sys.platform == "darwin":
        from packaging.tags import platform_tags

        return next(platform_tags())
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
