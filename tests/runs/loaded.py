"""Imported by the fork server: what every run needs is loaded once."""

from cleancopy import pipeline, settings
from cleancopy.cleaning import Cleaning

Cleaning.of(settings.load(overrides=["clean.model=false"]))

__all__ = ["pipeline"]
