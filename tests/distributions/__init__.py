"""Tests of what is built for others to install."""
