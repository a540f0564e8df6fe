"""`cleancopy config`: the settings that hold here, and a file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleancopy.commands.options import Config, Set, effective

app = typer.Typer(
    help="Show the settings that hold in this folder, or write a file of them.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("show")
def show(
    config: Config = None,
    set_: Set = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only those that are not the defaults.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print them as JSON, each with its value and origin.")] = False,
) -> None:
    """Print every setting with where it comes from: the defaults, a file, a variable or --set.

    The output is TOML; it can be handed back with --config.
    """
    import json

    from cleancopy.settings import DEFAULT
    from cleancopy.views.say import say, say_json
    from cleancopy.views.settings_page import toml

    loaded = effective(config, set_)
    shown = {key: value for key, value in loaded.values.items() if not changed or loaded.origins[key] != DEFAULT}
    if json_:
        plain = {key: {"value": value, "origin": loaded.origins[key]} for key, value in shown.items()}
        say_json(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    section = ""
    for key, value in shown.items():
        head, _, name = key.rpartition(".")
        if head != section:
            say(f"{chr(10) if section else ''}[{head}]")
            section = head
        line = f"{name} = {toml(value)}"
        say(f"{line:<40}  # {loaded.origins[key]}")


@app.command("init")
def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.")] = Path("cleancopy.toml"),
) -> None:
    """Write a file with every setting, its default and what it does. A file that is there stays as it is."""
    from cleancopy.errors import ConfigurationError
    from cleancopy.views.say import say
    from cleancopy.views.settings_page import starting_file

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starting_file())
    except FileExistsError:
        raise ConfigurationError(f"{path} is there already; name another file, or `cleancopy config show`") from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
    say(f"wrote {path}")
