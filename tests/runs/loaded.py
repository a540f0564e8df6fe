"""Imported by the fork server: what every run needs is loaded once."""

from cleancopy import settings
from cleancopy.cleaning import Cleaning
from cleancopy.runs import direct

Cleaning.of(settings.load(overrides=["clean.model=false"]))

__all__ = ["direct"]
