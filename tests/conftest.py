"""Properties are about results. How long an example may take is not asked: a busy machine is slow at anything."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("cleancopy", deadline=None)
settings.load_profile("cleancopy")
