"""Every address with a host has a site."""

from __future__ import annotations

import pytest

from cleancopy.text.sites import site


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.example.co.uk/a", "example.co.uk"),
        ("https://www.paper.example/a", "paper.example"),
        ("https://a.b.Paper.Example./a", "paper.example"),
        ("http://intranet/a", "intranet"),
        ("http://user@localhost:8000/a", "localhost"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://[2001:DB8::1]/a", "2001:db8::1"),
        ("https://co.uk/a", "co.uk"),
        ("paper.example/a", None),
        ("mailto:editor@paper.example", None),
        ("http://[paper/a", None),
        ("", None),
        (None, None),
    ],
)
def test_site_of_an_address(url: str | None, expected: str | None) -> None:
    assert site(url) == expected
