"""What a shard was made with, and what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cleancopy import __version__
from cleancopy.dataset.layout import Layout, write_durably
from cleancopy.dataset.receipts import Receipt, published
from cleancopy.errors import TransientError
from cleancopy.readers.source import locate
from cleancopy.runs.plan import Shard
from cleancopy.schema import SCHEMA_VERSION
from cleancopy.settings import Settings, resource


def is_current(receipt: Receipt, shard: Shard, configuration: dict[str, str]) -> bool:
    """Whether a receipt is of the same sources and what decides now."""
    return receipt.configuration == configuration and receipt.inputs == shard.fingerprints


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


def why_stale(receipt: Receipt, shard: Shard, now: Mapping[str, str], layout: Layout) -> list[str]:
    """What has changed since a shard was cleaned, in words; empty if nothing has."""
    reasons = []
    if receipt.inputs != shard.fingerprints:
        reasons.append("sources changed")
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
    if not reasons and published(layout, shard.id) is None:
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
    if not path.exists():
        write_durably(path, json.dumps(settings.deciding(), indent=1, sort_keys=True).encode(), layout.tmp)


def _changed_keys(layout: Layout, then: str, now: str) -> list[str]:
    try:
        old, new = (
            dict(_flat(json.loads((layout.configurations / f"{each}.json").read_bytes()))) for each in (then, now)
        )
    except (OSError, ValueError):
        return []
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
