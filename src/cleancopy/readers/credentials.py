"""Credentials in the URLs of sources: taken out before a URL is shown or written, put back where it is read.

A source is known by its URL without them, so that a new signature or password makes no new source. The URL as it was
given stays in the memory of this process, and goes along with a shard to the process that reads it; nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote_plus, urlsplit, urlunsplit

T = TypeVar("T")


_WEB = frozenset(["http", "https"])
_PREFIXES = (
    "x-amz-",
    "x-goog-",
    "x-oss-",
    "x-cos-",
    "x-ms-",
    "q-sign",
    "q-ak",
    "q-header-list",
    "q-key-time",
    "q-url-",
)
# Signed URLs of CloudFront, Google and S3 before version 4, and what sites call their keys and sessions.
_NAMES = frozenset(
    [
        "signature",
        "sig",
        "hmac",
        "token",
        "access_token",
        "accesstoken",
        "auth_token",
        "authtoken",
        "id_token",
        "refresh_token",
        "private_token",
        "job_token",
        "oauth_token",
        "session_token",
        "security_token",
        "securitytoken",
        "sas",
        "sastoken",
        "jwt",
        "bearer",
        "awsaccesskeyid",
        "googleaccessid",
        "ossaccesskeyid",
        "hdnts",
        "hdnea",
        "hdntl",
        "__token__",
        "api_key",
        "apikey",
        "api-key",
        "app_key",
        "appkey",
        "subscription-key",
        "access_key",
        "accesskey",
        "secret",
        "client_secret",
        "secret_key",
        "auth",
        "authorization",
        "credential",
        "credentials",
        "password",
        "passwd",
        "passwort",
        "pwd",
        "session",
        "sessionid",
        "session_id",
        "sid",
        "phpsessid",
        "jsessionid",
    ]
)
# What says until when, for whom and how a signature holds, and changes with it.
_SIGNED_WITH = frozenset(
    [
        "expires",
        "policy",
        "key-pair-id",
        "se",
        "st",
        "sp",
        "sv",
        "sr",
        "ss",
        "srt",
        "spr",
        "sip",
        "sks",
        "ske",
        "skt",
        "skv",
        "skoid",
        "sktid",
        "saoid",
        "suoid",
        "scid",
        "sdd",
        "ses",
    ]
)
_SIGNATURES = frozenset(["sig", "signature"])
_URL = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^\s'\"<>]+", re.IGNORECASE)

_given: dict[str, str] = {}
"""URL without credentials → the URL as it was given."""


def without(url: str) -> str:
    """The URL without its password and, on the web, without user and without parameters that sign or unlock it."""
    if "://" not in url or url.startswith("file:"):
        return url
    try:
        scheme, network, path, query, fragment = urlsplit(url)
    except ValueError:
        return url
    user, at, host = network.rpartition("@")
    if at and (scheme in _WEB or ":" in user):
        network = host
    if scheme not in _WEB:  # elsewhere a question mark may be part of a name
        return url.replace(f"{user}@{host}", network, 1) if network == host and at else url
    kept, left = _unsigned(query), _unsigned(fragment)
    if (network, kept, left) == (f"{user}{at}{host}", query, fragment):
        return url
    return urlunsplit((scheme, network, path, kept, left))


def _unsigned(query: str) -> str:
    fields = re.split("([&;])", query)
    names = [unquote_plus(field.partition("=")[0]).lower() for field in fields[::2]]
    signed = not _SIGNATURES.isdisjoint(names)
    kept = ""
    for index, name in enumerate(names):
        value = "=" in fields[2 * index]
        if value and (name in _NAMES or name.startswith(_PREFIXES) or (signed and name in _SIGNED_WITH)):
            continue
        kept += (fields[2 * index - 1] if kept else "") + fields[2 * index]
    return kept


def keep(url: str) -> str:
    """Remembers the URL for this process and gives back what it is called: itself without its credentials."""
    clean = without(url)
    if clean != url:
        _given[clean] = url
    return clean


def given(url: str) -> str:
    """The URL as it was given, with its credentials, as far as this process knows them."""
    return _given.get(url, url)


class Known(dict[str, str]):
    """URL without credentials → the URL as it was given, on its way to another process. Shows none of it: a cluster's
    workers log the arguments of calls that fail.
    """

    def __repr__(self) -> str:
        return f"<{len(self)} URLs with credentials>"

    __str__ = __repr__


def of(urls: Iterable[str]) -> Known:
    """What another process has to `learn` to read these sources."""
    return Known({url: _given[url] for url in urls if url in _given})


def learn(known: Mapping[str, str]) -> None:
    _given.update(known)


def lend(known: Mapping[str, str], work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """The result of `work` in this process, which knows the URLs by then."""
    learn(known)
    return work(*arguments, **named)


def hidden(text: str) -> str:
    """`text` with the credentials of every URL in it taken out: messages of libraries show URLs."""
    return _URL.sub(lambda found: without(found[0]), text) if "://" in text else text
