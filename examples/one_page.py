"""One page as Markdown: `python examples/one_page.py page.html https://example.org/news/1`."""

from __future__ import annotations

import sys
from pathlib import Path

import cleancopy

path, url = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
try:
    article = cleancopy.clean(html=Path(path).read_bytes(), url=url)
except cleancopy.RecordError as error:
    sys.exit(f"{path} is no article: {error.detail} ({error.reason})")

print(article.to_markdown())
for credit in article.credits:
    print(f"{credit.role}: {credit.name}", file=sys.stderr)
