"""Clean article records out of raw scraped text, with every removal explained.

>>> article = cleancopy.clean(text, url="https://example.org/page")
>>> article = cleancopy.clean(html=page)
>>> for line in cleancopy.explain(text): print(line.number, line.outcome, line.rule)
>>> for article in cleancopy.clean_many(texts): ...

Importing costs nothing: each name is loaded when it is first used, rules and model at the first call. What is in
`__all__` is the public interface, which `docs/python.md` describes; all else may change with any version.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleancopy.api import Cleaner, clean, clean_many, explain
    from cleancopy.errors import CleancopyError, ConfigurationError, RecordError
    from cleancopy.model import (
        Article,
        Block,
        Credit,
        CreditRole,
        Heading,
        LanguageShare,
        Precision,
        Role,
        StatedDate,
    )
    from cleancopy.settings import Settings
    from cleancopy.views.explanation import ExplainedLine, Explanation

__all__ = [
    "Article",
    "Block",
    "CleancopyError",
    "Cleaner",
    "ConfigurationError",
    "Credit",
    "CreditRole",
    "ExplainedLine",
    "Explanation",
    "Heading",
    "LanguageShare",
    "Precision",
    "RecordError",
    "Role",
    "Settings",
    "StatedDate",
    "__version__",
    "clean",
    "clean_many",
    "explain",
]

__version__ = "0.3.0"

_MODULES = {
    "api": ("Cleaner", "clean", "clean_many", "explain"),
    "errors": ("CleancopyError", "ConfigurationError", "RecordError"),
    "model": (
        "Article",
        "Block",
        "Credit",
        "CreditRole",
        "Heading",
        "LanguageShare",
        "Precision",
        "Role",
        "StatedDate",
    ),
    "settings": ("Settings",),
    "views.explanation": ("ExplainedLine", "Explanation"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def _loaded(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # a type checker would take every name for one that is there
    __getattr__ = _loaded


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
