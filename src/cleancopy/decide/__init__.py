"""Deciding what every line is."""

from cleancopy.decide.decider import Decider, Models, Options
from cleancopy.decide.top import Readers

__all__ = ["Decider", "Models", "Options", "Readers"]
