"""Errors by consequence: how far each one reaches decides its class.

CleancopyError
├── ConfigurationError   stops before anything is read: bad settings, rule packs, arguments
├── SourceError          a source cannot be found or listed
├── RecordError          one record becomes a reject, the run goes on (carries a stable reason code)
├── ShardError           one shard fails, its siblings finish
│   ├── WorkerDied       the process that held the shard is gone: run it again, its suspect record alone
│   └── TransientError   the outside world failed for a moment: try again
├── DatasetError         the dataset on disk is not what its receipts say, or is held by another run
└── ConservationError    lines or records do not add up: a bug, and the run must not publish
"""

from __future__ import annotations

from cleancopy.shown import shown


class CleancopyError(Exception):
    """Base of every error that cleancopy raises on purpose. Its message can be shown, whatever it names."""

    def __str__(self) -> str:
        return shown(super().__str__())


class ConfigurationError(CleancopyError):
    """Settings, rule packs or arguments are wrong. The message names file, field, what is wrong and what would be
    right.
    """


class SourceError(CleancopyError):
    """A source does not exist or cannot be listed."""


class RecordError(CleancopyError):
    """One record cannot become an article.

    `reason` is a stable code such as `encoding.undecodable`; `detail` says what is wrong and what would be right.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[RecordError], tuple[str, str]]:
        return type(self), (self.reason, self.detail)


class ShardError(CleancopyError):
    """One shard of a run failed."""


class WorkerDied(ShardError):
    """The worker process that held a shard is gone (killed, out of memory, crashed)."""


class TransientError(ShardError):
    """Something outside failed that may work the next time (network, object store)."""


class DatasetError(CleancopyError):
    """The dataset on disk contradicts its receipts, has another schema, or is locked by another run."""


class ConservationError(CleancopyError):
    """Counts do not balance; nothing may be published."""
