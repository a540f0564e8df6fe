"""`cleancopy duplicates`: which articles are copies of each other."""

from __future__ import annotations

from cleancopy.commands.options import Config, Dataset, Json, Set, settings_here


def duplicates(dataset: Dataset, config: Config = None, set_: Set = None, json_: Json = False) -> None:
    """Find articles of the dataset at DIR that have the same text, or nearly, and the original of each.

    Writes the table DIR/duplicates; the articles stay as they are. Only texts that are new are compared.
    """
    import json
    from dataclasses import asdict

    from cleancopy.commands.console import Console
    from cleancopy.commands.signals import ended_by_sigterm
    from cleancopy.runs.pipeline import duplicates as find
    from cleancopy.views.say import say_json
    from cleancopy.views.words import duplicate_words

    with ended_by_sigterm():
        figures = find(dataset, settings_here(config, set_))
    if json_:
        say_json(json.dumps(asdict(figures)))
        return
    Console().print(duplicate_words(figures))
