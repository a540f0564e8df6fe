"""Self-contained HTML pages: one file, no network, and every text of an input escaped.

A content security policy lets the browser run the page's own script (by its hash) and nothing else, whatever a text
holds.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cleancopy.shown import shown
from cleancopy.views.words import percent


def render(template: str, **values: Any) -> str:
    """The page that `templates/<template>.html.j2` makes of the values. The same values give the same bytes."""
    return shown(_environment().get_template(f"{template}.html.j2").render(**values))


def _inline(name: str) -> Markup:
    environment = _environment()
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])


def _policy(scripts: tuple[str, ...]) -> str:
    """A policy under which exactly these scripts run. Plots carry style attributes, so styles may stand inline."""
    digests = (base64.b64encode(hashlib.sha256(_inline(name).encode()).digest()).decode() for name in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cleancopy.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(inline=_inline, policy=_policy)
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["percent"] = percent
    return environment
