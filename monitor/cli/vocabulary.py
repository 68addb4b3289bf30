"""``covenantd vocabulary``: every fact kind, what it means and proves, the fields it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import json_option, print_json

if TYPE_CHECKING:
    from monitor.rulebook.vocabulary import FieldSpec, Kind


@click.command("vocabulary")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """Every fact kind, or the whole of KIND."""
    from monitor.core.canonical import plain
    from monitor.rulebook.problems import did_you_mean, told
    from monitor.rulebook.rulebook import load_rulebook

    kinds = load_rulebook().vocabulary.kinds
    if kind is not None and kind not in kinds:
        raise click.UsageError(
            f"unknown kind {told(kind)}. {did_you_mean(kind, kinds, '`covenantd vocabulary` lists them.')}"
        )
    chosen = [kinds[kind]] if kind else list(kinds.values())
    if as_json:
        print_json([plain(kind_json(k)) for k in chosen])
    elif kind:
        _whole(chosen[0])
    else:
        _table(chosen)


def kind_json(kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.name, "meaning": kind.meaning, "proves": kind.proves, "clock": kind.clock, "matter": kind.matter,
        "order": kind.order,
        "fields": [
            {"name": f.name, "type": list(f.words) if f.words else f.type, "required": f.required,
             "default": f.default, "meaning": f.meaning}
            for f in kind.fields.values()
        ],
    }


def _table(kinds: list[Kind]) -> None:
    """Grouped by what they prove; one line each."""
    from rich.text import Text

    from monitor.cli.screen import console as make_console
    from monitor.cli.screen import table as make_table

    console = make_console()
    for proves in dict.fromkeys(k.proves for k in kinds):
        table = make_table()
        console.print(Text(proves, style="bold"))
        for k in kinds:
            if k.proves == proves:
                fields = ", ".join(f.name + ("*" if f.required else "") for f in k.fields.values())
                table.add_row(Text(k.name), Text(k.meaning + (f" ({fields})" if fields else "")))
        console.print(table)
        console.print()
    console.print("In brackets: its fields, * required. `covenantd vocabulary KIND` explains them.")


def _whole(kind: Kind) -> None:
    click.echo(f"{kind.name}: {kind.meaning}")
    click.echo(f"proves: {kind.proves}; dated by the {kind.clock} clock")
    required = kind.matter == "required"
    click.echo("matter: " + ("required" if required else f"{kind.matter} (when none is named)"))
    click.echo(f"order on one date: {('trigger', 'cure', 'reversal')[kind.order]}")
    for spec in kind.fields.values():
        click.echo(f"  {spec.name}: {_type(spec)}{', required' if spec.required else ''}. {spec.meaning}")


def _type(spec: FieldSpec) -> str:
    said = " | ".join(spec.words) if spec.words else spec.type
    if spec.default is None:
        return said
    default = str(spec.default)
    return f"{said}, default {default.lower() if isinstance(spec.default, bool) else default}"
