"""Imported by the fork server: what every run needs is loaded and used once.

A kill is no power cut: what was written is there, and no run waits for the disk.
"""

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from cleancopy import readers, settings
from cleancopy.assembly import reader_options
from cleancopy.cleaning import Cleaning
from cleancopy.model import Record
from cleancopy.runs import direct
from tests.runs import inputs

os.fsync = lambda _descriptor: None

_settings = settings.load(overrides=["clean.model=false"])
with TemporaryDirectory() as _folder:
    _source = inputs.write(Path(_folder), files=1, records=4)
    _cleaning = Cleaning.checked(_settings)
    for _file in readers.discover([_folder], reader_options(_settings)):
        for _part in readers.split(_file, 1 << 20):
            for _record in _cleaning.read(_part, Counter()):
                if isinstance(_record, Record):
                    _cleaning.alone(_record)

__all__ = ["direct"]
