"""Deciding what every line is."""
