"""`cleancopy compact`: many small files into few bounded ones."""

from __future__ import annotations

from cleancopy.commands.options import Config, Dataset, Set, settings_here


def compact(dataset: Dataset, config: Config = None, set_: Set = None) -> None:
    """Put the small files of the dataset at DIR together, up to output.file_bytes. Nothing is cleaned again."""
    from cleancopy.commands.console import Console
    from cleancopy.runs.pipeline import compact as work
    from cleancopy.shown import counted

    before, after = work(dataset, settings_here(config, set_))
    Console().print(f"{counted(before, 'file')} became {after:,}")
