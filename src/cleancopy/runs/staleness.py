"""What a shard was made with, and what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cleancopy import __version__
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


def configuration(settings: Settings) -> dict[str, str]:
    """What decides what a row says, as fingerprints: settings, rules, weights, version, schema, and all together."""
    config = resource("config")
    package = Path(__file__).parents[1]
    parts = {
        "settings": settings.fingerprint(),
        "rules": _digest(config, [path for path in config.rglob("*.toml") if path.name != "pipeline.toml"]),
        "weights": _digest(package, [path for path in package.rglob("weights/*") if path.is_file()]),
        "version": __version__,
        "schema": SCHEMA_VERSION,
    }
    together = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()
    return {**parts, "fingerprint": together}


def why_stale(receipt: Receipt, now: Mapping[str, str], layout: Layout) -> list[str]:
    """What has changed since a shard was cleaned, in words; empty if nothing has. Its sources are not looked at."""
    reasons = []
    for name in ("settings", "rules", "weights", "version", "schema"):
        then = receipt.configuration.get(name)
        if then == now[name]:
            continue
        if name == "settings":
            changed = _changed_keys(layout, str(then), now[name])
            reasons.append(f"settings changed: {', '.join(changed)}" if changed else "settings changed")
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
