"""Which part of cleancopy is installed: the whole pipeline, or `cleancopy-core`, which cleans single documents.

Both are made from one tree; `packaging/core/pyproject.toml` lists what the light one has.
"""

from __future__ import annotations

from importlib.util import find_spec

from cleancopy.errors import ConfigurationError

PIPELINE = "pip install cleancopy"
HTML = 'pip install "cleancopy-core[html]"'


def has(module: str) -> bool:
    """Whether a module of cleancopy, such as `commands.run`, is installed; its package is imported for that."""
    try:
        return find_spec(f"cleancopy.{module}") is not None
    except ModuleNotFoundError:
        return False


def has_pipeline() -> bool:
    """Whether more than `cleancopy-core` is installed."""
    return has("runs")


def missing(what: str, line: str = PIPELINE) -> ConfigurationError:
    """The error for what is not installed; `line` is the command that installs it."""
    return ConfigurationError(f"{what} needs more of cleancopy than is installed here; type: {line}")
