"""`cleancopy rules`: the rule author's loop. See rules, try a line, test packs, start a rule, count firings."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleancopy.commands.options import Config, Dataset, Set, settings_here

if TYPE_CHECKING:
    from cleancopy.rules import Rule, RuleBook

app = typer.Typer(
    help="List, show, test and start rules, and count how often each fired in a dataset.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Usage = Annotated[
    Path | None, typer.Option("--dataset", "-d", metavar="DIR", help="Count how often each fired in this dataset.")
]
OVERLAP_ROWS = 1_000_000


@app.command("list")
def list_rules(
    pack: Annotated[str | None, typer.Option(help="Only this pack, such as en.")] = None,
    role: Annotated[str | None, typer.Option(help="Only rules of this role, such as share.")] = None,
    dataset: Usage = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """List rules: what each is for, how far it reaches, and how often it fired."""
    from rich.table import Table

    from cleancopy.views.console import Console

    rules = _book(config, set_).rules
    _known("--pack", pack, {rule.id.split(".")[0] for rule in rules})
    _known("--role", role, {rule.role.value for rule in rules})
    counts = _firings(dataset)
    table = Table(box=None, pad_edge=False)
    for name in ("rule", "role", "effect", "strength"):
        table.add_column(name, no_wrap=True)
    for name in ("phrases", "patterns", *(("fired",) if dataset else ())):
        table.add_column(name, justify="right")
    shown = 0
    for rule in rules:
        if pack not in (None, rule.id.split(".")[0]) or role not in (None, rule.role.value):
            continue
        shown += 1
        fired = (f"{_fired(counts, rule):,}",) if dataset else ()
        sizes = (str(len(rule.phrases)), str(len(rule.patterns)))
        table.add_row(rule.id, rule.role.value, rule.effect.value, rule.strength.value, *sizes, *fired)
    Console().print(table)
    typer.echo(f"{shown} rules")


@app.command("show")
def show_rule(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="A rule's id, such as en.related.header.")],
    dataset: Usage = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show all of a rule: what it matches, what it must match and must not, and lines of a dataset that it removed."""
    from rich.text import Text

    from cleancopy.decide.draft import BLOCK_SUFFIX, BUILT_IN
    from cleancopy.views.console import Console

    console, wanted = Console(), rule_id.removesuffix(BLOCK_SUFFIX)
    if wanted in BUILT_IN:
        console.print(Text(f"{wanted}: {BUILT_IN[wanted]} (a decision of the program; no pack can change it)"))
    else:
        rule = _named(_book(config, set_), wanted)
        console.print(Text(rule.id, style="bold"))
        if rule.note:
            console.print(Text(rule.note))
        console.print(
            f"role {rule.role.value}, effect {rule.effect.value}, {rule.strength.value}, ≤ {rule.max_words} words"
        )
        for title, entries, style in (
            ("phrases", rule.phrases, "default"),
            ("patterns", rule.patterns, "default"),
            ("hits", rule.hits, "green"),
            ("misses", rule.misses, "red"),
        ):
            if entries:
                console.print(Text(f"\n{title}", style="dim"))
            for entry in entries:
                console.print(Text(f"  {entry}", style=style))
    if dataset is not None:
        from cleancopy.dataset.figures import figures
        from cleancopy.dataset.row_groups import slices
        from cleancopy.views.inspect import samples

        fired = figures(dataset).rules
        for name in (wanted, wanted + BLOCK_SUFFIX):
            if fired[name]:
                console.print(Text(f"\n{name} fired {fired[name]:,} times, such as on", style="dim"))
                for line in samples(slices(dataset, "removed"), [name], 12)[name]:
                    console.print(Text(f"  {line}"))
        if not fired[wanted]:
            console.print("\nit never fired in this dataset")


@app.command("test")
def check_packs(
    pack: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A language's file; all shipped ones by default.")
    ] = None,
    line: Annotated[list[str] | None, typer.Option("--line", "-l", help="Say which rules match this line.")] = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Check the languages: each rule against its own hits and misses, every list of words, and what is missing. Say
    which rules match a line of yours.
    """
    from cleancopy.assembly import check_languages
    from cleancopy.languages import Language, Languages
    from cleancopy.rules import fold

    own = [] if pack is None else [Language.read(pack)]
    book, pages = check_languages(settings_here(config, set_), own)
    tested = [each for each in book.packs if not own or (each.language == own[0].code and own[0].has_pack)]
    rules = [rule for each in tested for rule in each.rule]
    cases = sum(len(rule.hits) + len(rule.misses) for rule in rules) + pages
    typer.echo(f"{len(tested)} packs, {len(rules)} rules, {cases:,} hits and misses: all hold")
    for code, sections in Languages(own).missing().items():
        if not own or code == own[0].code:
            typer.echo(f"{code} is incomplete; missing: {', '.join(sections)}")
    for text in line or []:
        matches = book.match(text)
        typer.echo(f"\n{text}\n  folded: {fold(text)}")
        for match in matches:
            typer.echo(f"  {match.rule.id}: {match.rule.role.value}, {match.effect.value}, {match.rule.strength.value}")
        if not matches:
            typer.echo("  no rule matches")


@app.command("new")
def new_rule(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="Its id: pack.role.name, such as en.share.bluesky.")],
    hit: Annotated[list[str], typer.Option("--hit", help="A line it must match. May be repeated.", show_default=False)],
    miss: Annotated[
        list[str], typer.Option("--miss", help="A line it must not match. May be repeated.", show_default=False)
    ],
    role: Annotated[
        str | None, typer.Option(help="The role of its lines; by default the second word of the id.")
    ] = None,
    effect: Annotated[
        str, typer.Option(help="line, list (also the list below) or tail (also all that follows).")
    ] = "line",
    write: Annotated[
        Path | None, typer.Option("--append", metavar="PACK", help="Add it to this pack's file instead of printing it.")
    ] = None,
) -> None:
    """Start a rule that matches the hits as whole lines, checked against every rule there is before you see it."""
    import tomllib

    from cleancopy import settings
    from cleancopy.assembly import build_rule_book
    from cleancopy.errors import ConfigurationError
    from cleancopy.languages import Language
    from cleancopy.rules import RulePack, fold

    book = build_rule_book(settings.load(), trusted=True)
    language, *words = rule_id.split(".")
    if rule_id in {rule.id for rule in book.rules}:
        raise ConfigurationError(f"there is a rule {rule_id}; ids are never used again, choose another name")
    entry = _entry(rule_id, role or (words[0] if words else ""), effect, [fold(line) for line in hit], hit, miss)
    RulePack.parse({"language": language, "rule": [tomllib.loads(entry)["rule"][0]]}, rule_id)
    for line in hit:
        for match in book.match(line):
            typer.echo(f"note: {match.rule.id} matches “{line}” already", err=True)
    if write is None:
        typer.echo(entry, nl=False)
        return
    if write.exists():
        settings.read_toml(write)
    before = write.read_text("utf-8") if write.exists() else f'language = "{language}"\n'
    # Rules stand before the lexicon: below a [lexicon] header, TOML would read them well, people would not.
    head, lexicon, tail = before.partition("\n[lexicon]")
    after = f"{head.rstrip()}\n\n{entry}{lexicon}{tail}"
    try:
        RulePack.parse(Language.parse(tomllib.loads(after), str(write)).pack().data, str(write))
        write.write_text(after, "utf-8")
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{write} is no rule pack: no [[rule]] can be added to it ({error})") from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {write}: {error.strerror}") from None
    typer.echo(f"added {rule_id} to {write}", err=True)


@app.command("new-language")
def new_language(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Its code of ISO 639, such as fi.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; CODE.toml in this folder by default.")
    ] = None,
) -> None:
    """Start a language: a file with all that one has, everything that is missing marked, and what is shipped of it."""
    from cleancopy.commands.skeleton import skeleton
    from cleancopy.errors import ConfigurationError
    from cleancopy.languages import Languages

    path = out or Path(f"{code}.toml")
    text = skeleton(code, Languages())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists; choose another name with --out, or go on with it") from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
    typer.echo(f"wrote {path}; `cleancopy rules test {path}` says what is still missing", err=True)


@app.command("usage")
def usage(
    dataset: Dataset,
    top: Annotated[int, typer.Option(min=1, help="Pairs that overlap most.")] = 20,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Say which rules never fired in the dataset at DIR, and which pairs match the same lines."""
    from rich.text import Text

    from cleancopy.rules import Strength, packs_of
    from cleancopy.views.console import Console
    from cleancopy.views.inspect import overlaps

    book, counts, console = _book(config, set_), _firings(dataset), Console()
    sure = [rule for rule in book.rules if rule.strength is Strength.SURE]
    silent = [rule.id for rule in sure if not _fired(counts, rule)]
    console.print(f"{len(sure) - len(silent)} of {len(sure)} rules fired; {len(book.rules) - len(sure)} more are hints")
    if silent:
        console.print(Text("\nnever fired", style="bold"))
    for pack, names in groupby(silent, key=lambda name: name.split(".")[0]):
        console.print(Text(f"  {pack}: {', '.join(name.removeprefix(pack + '.') for name in names)}"))

    def matching(line: str, language: str) -> list[str]:
        return [match.rule.id for match in book.select(packs_of([language])).match(line)]

    pairs = overlaps(dataset, matching, OVERLAP_ROWS)
    if pairs:
        console.print(Text("\nmatch the same lines", style="bold"))
    for (first, second), count in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:top]:
        console.print(Text(f"{count:>9,}  {first}  {second}"))


def _book(config: Path | None, overrides: list[str] | None) -> RuleBook:
    from cleancopy.assembly import build_rule_book

    return build_rule_book(settings_here(config, overrides), trusted=True)


def _known(option: str, asked: str | None, names: set[str]) -> None:
    from cleancopy.errors import ConfigurationError

    if asked is not None and asked not in names:
        raise ConfigurationError(f"{option} {asked}: there is none of that name; there are {', '.join(sorted(names))}")


def _named(book: RuleBook, rule_id: str) -> Rule:
    import difflib

    from cleancopy.errors import ConfigurationError

    rules = {rule.id: rule for rule in book.rules}
    if rule_id not in rules:
        near = difflib.get_close_matches(rule_id, rules, n=1)
        hint = f"did you mean {near[0]}?" if near else "`cleancopy rules list` shows them"
        raise ConfigurationError(f"there is no rule {rule_id}; {hint}")
    return rules[rule_id]


def _firings(dataset: Path | None) -> dict[str, int]:
    if dataset is None:
        return {}
    from cleancopy.dataset.figures import figures

    return dict(figures(dataset).rules)


def _fired(counts: dict[str, int], rule: Rule) -> int:
    """Lines that the rule decided, by itself or by taking them along."""
    from cleancopy.decide.draft import BLOCK_SUFFIX

    return counts.get(rule.id, 0) + counts.get(rule.id + BLOCK_SUFFIX, 0)


def _entry(rule_id: str, role: str, effect: str, phrases: list[str], hits: list[str], misses: list[str]) -> str:
    """The rule as TOML."""
    import json

    def texts(values: list[str]) -> str:
        return f"[{', '.join(json.dumps(value, ensure_ascii=False) for value in dict.fromkeys(values))}]"

    reach = "" if effect == "line" else f'effect = "{effect}"\n'
    longest = max((len(phrase.split()) for phrase in phrases), default=0)
    words = f"max_words = {longest}\n" if longest > 12 else ""
    return (
        f'[[rule]]\nid = "{rule_id}"\nrole = "{role}"\n{reach}phrases = {texts(phrases)}\n{words}'
        f"hits = {texts(hits)}\nmisses = {texts(misses)}\n"
    )
