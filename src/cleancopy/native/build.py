"""Compiles `kernel.c` with any C compiler: `python -m cleancopy.native` puts the library beside it.

Installing and building wheels do so by `packaging/core/hatch_build.py`, which loads this file without the package.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

ROOM = Path(__file__).resolve().parent
SOURCE = ROOM / "kernel.c"
_SUFFIXES = {"win32": "dll", "darwin": "dylib"}
# No contraction: a product and a sum in one step have other bits than numpy's two.
_FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden", "-shared")

TARGETS = {
    "x86_64-linux-gnu.2.17": ("manylinux_2_17_x86_64", "linux"),
    "aarch64-linux-gnu.2.17": ("manylinux_2_17_aarch64", "linux"),
    "x86_64-linux-musl": ("musllinux_1_1_x86_64", "linux"),
    "aarch64-linux-musl": ("musllinux_1_1_aarch64", "linux"),
    "x86_64-macos.11.0": ("macosx_11_0_x86_64", "darwin"),
    "aarch64-macos.11.0": ("macosx_11_0_arm64", "darwin"),
    "x86_64-windows-gnu": ("win_amd64", "win32"),
    "aarch64-windows-gnu": ("win_arm64", "win32"),
}
"""What zig compiles for from any machine: its name of the target → platform of the wheel, `sys.platform` there."""


def library_name(platform: str = sys.platform) -> str:
    """The file's name on such a platform."""
    return f"kernel.{_SUFFIXES.get(platform, 'so')}"


def checksum() -> int:
    """Of the source, whatever its line ends: built into the library, which so knows what it was made of."""
    return zlib.crc32(SOURCE.read_bytes().replace(b"\r\n", b"\n"))


def compiler(target: str | None = None) -> list[str] | None:
    """The command that compiles C, for this machine or for one of `TARGETS`; None where there is none.

    $CC, or cc, gcc or clang where there is one, else the wheel `ziglang`, which alone compiles for other machines.
    """
    import importlib.util
    import os
    import shlex
    import shutil

    if target is None:
        if os.environ.get("CC"):
            return shlex.split(os.environ["CC"])
        found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if found:
            return [found]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc", *(["-target", target] if target else [])]
    return None


def compile_library(path: Path, target: str | None = None) -> str:
    """Compiles the library to a path. Returns why it could not, which is what the compiler says, or nothing."""
    import subprocess

    command = compiler(target)
    if command is None:
        return "there is no C compiler: install one, or the package ziglang"
    there = TARGETS[target][1] if target else sys.platform
    flags = [*_FLAGS, f"-DSOURCE={checksum()}u", *([] if there == "win32" else ["-fPIC"])]
    try:
        done = subprocess.run(
            [*command, *flags, str(SOURCE), "-o", str(path)], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return done.stderr.strip() or f"{command[0]}: exit code {done.returncode}" if done.returncode else ""


def main() -> None:
    why = compile_library(ROOM / library_name())
    sys.exit(f"{SOURCE}: not compiled: {why}" if why else 0)
