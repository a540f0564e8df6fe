"""What a shard was made with, and what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from unicodedata import unidata_version

from cleancopy import __version__
from cleancopy.cleaning import given_census
from cleancopy.dataset.layout import Layout, write_durably
from cleancopy.dataset.receipts import Receipt, is_whole
from cleancopy.dataset.verify import deciding_settings
from cleancopy.errors import TransientError
from cleancopy.readers.source import locate
from cleancopy.runs.plan import Shard
from cleancopy.schema import SCHEMA_VERSION
from cleancopy.settings import Settings, resource


def is_current(receipt: Receipt, shard: Shard, configuration: dict[str, str]) -> bool:
    """Whether a receipt is of this shard, its sources as they are, and what decides now."""
    return (
        receipt.shard == shard.id
        and receipt.configuration == configuration
        and receipt.fingerprints == shard.fingerprints
        and all(each.pieces == shard.pieces for each in receipt.inputs.values())
    )


LIBRARIES = (
    "charset-normalizer",
    "courlan",
    "dateparser",
    "ftfy",
    "google-re2",
    "htmldate",
    "jusText",
    "langdetect",
    "lxml",
    "lxml_html_clean",
    "numpy",
    "python-dateutil",
    "tld",
    "trafilatura",
    "tzdata",
)
"""Distributions that decide what a row says, with those that trafilatura and htmldate ask in their turn."""

NEUTRAL = (
    "__init__.py",
    "__main__.py",
    "api.py",
    "cache.py",
    "cli.py",
    "commands/",
    "config/",
    "dataset/__init__.py",
    "dataset/card.py",
    "dataset/census.py",
    "dataset/duplicates.py",
    "dataset/earlier.py",
    "dataset/examples.py",
    "dataset/figures.py",
    "dataset/json_schema.py",
    "dataset/layout.py",
    "dataset/lock.py",
    "dataset/overview.py",
    "dataset/pack.py",
    "dataset/publish.py",
    "dataset/receipts.py",
    "dataset/row_groups.py",
    "dataset/schema_table.py",
    "dataset/verify.py",
    "duplicates/",
    "flows/",
    "installed.py",
    "markdown.py",
    "native/__main__.py",
    "native/build.py",
    "native/kernel.dll",
    "native/kernel.dylib",
    "native/kernel.so",
    "runs/__init__.py",
    "runs/direct.py",
    "runs/embedded.py",
    "runs/executors.py",
    "runs/log.py",
    "runs/pipeline.py",
    "runs/plan.py",
    "runs/staleness.py",
    "runs/status.py",
    "runs/trace.py",
    "runs/watchdog.py",
    "shown.py",
    "views/",
)
"""Files and folders of the package that decide nothing that a row says, or are counted by another name."""

_CODE = (".py", ".toml", ".c")
_FITTED = (".npz", ".gz")
"""Weights and profiles, which were fitted on data."""


def configuration(settings: Settings) -> dict[str, str]:
    """What decides what a row says, as fingerprints: settings, rules, weights, code, libraries, version, schema, and
    all together.
    """
    parts = {"settings": settings.fingerprint(), **_installed()}
    census = given_census(settings)
    if census is not None:
        parts["census"] = hashlib.sha256(census.read_bytes()).hexdigest()[:16]
    together = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()
    return {**parts, "fingerprint": together}


@cache
def _installed() -> Mapping[str, str]:
    """The parts that stay the same while a process lives. Takes 30 ms, once."""
    config, package = resource("config"), Path(__file__).parents[1]
    files = [path for path in package.rglob("*") if path.is_file()]
    weights = [path for path in files if path.suffix in _FITTED]
    return {
        "rules": _digest(config, [path for path in config.rglob("*.toml") if path.name != "pipeline.toml"]),
        "weights": _digest(package, weights),
        "code": _digest(package, [path for path in files if path.suffix in _CODE and not is_neutral(path, package)]),
        "libraries": ", ".join([*(f"{name} {_version(name)}" for name in LIBRARIES), f"Unicode {unidata_version}"]),
        "version": __version__,
        "schema": SCHEMA_VERSION,
    }


def is_neutral(path: Path, package: Path) -> bool:
    """Whether a file of the package decides nothing that a row says."""
    below = path.relative_to(package).as_posix()
    return any(below.startswith(each) if each.endswith("/") else below == each for each in NEUTRAL)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"


def why_stale(receipt: Receipt, now: Mapping[str, str], layout: Layout) -> list[str]:
    """What has changed since a shard was cleaned, in words; empty if nothing has. Its sources are not looked at."""
    reasons = []
    for name in {**now, **receipt.configuration}:
        then = receipt.configuration.get(name)
        if name == "fingerprint" or then == now.get(name):
            continue
        if name == "census":
            reasons.append("census.file changed")
        elif then is None:
            reasons.append(f"{name} not recorded by the version that cleaned it")
        elif name == "settings":
            changed = _changed_keys(layout, then, now[name])
            reasons.append(f"settings changed: {', '.join(changed)}" if changed else "settings changed")
        elif name == "libraries":
            reasons.append(f"libraries changed: {', '.join(_changed_libraries(then, now[name]))}")
        elif name in ("version", "schema"):
            reasons.append(f"{name} changed: {then} to {now[name]}")
        else:
            reasons.append(f"{name} changed")
    if not reasons and not is_whole(receipt, layout.root):
        reasons.append("files missing or of another size")
    return reasons


def is_gone(uri: str) -> bool:
    """Whether a source no longer exists. Raises TransientError where its store does not answer."""
    try:
        filesystem, path = locate(uri)
        return not filesystem.exists(path)
    except OSError as error:
        raise TransientError(f"cannot tell whether {uri} still exists: {error}") from error


def remember(layout: Layout, settings: Settings) -> None:
    path = layout.configurations / f"{settings.fingerprint()}.json"
    if deciding_settings(path) is None:
        write_durably(path, json.dumps(settings.deciding(), indent=1, sort_keys=True).encode(), layout.tmp)


def _changed_keys(layout: Layout, then: str, now: str) -> list[str]:
    found = [deciding_settings(layout.configurations / f"{each}.json") for each in (then, now)]
    if None in found:
        return []
    old, new = (dict(_flat(each or {})) for each in found)
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _changed_libraries(then: str, now: str) -> list[str]:
    old, new = (dict(each.rsplit(" ", 1) for each in text.split(", ")) for text in (then, now))
    both = sorted(old.keys() | new.keys(), key=str.lower)
    return [
        f"{name} {old.get(name, 'none')} to {new.get(name, 'none')}" for name in both if old.get(name) != new.get(name)
    ]


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _digest(root: Path, paths: Sequence[Path]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
