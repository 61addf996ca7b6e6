"""Runs a command with subcommands, options and a wrong call."""
# packages: click==8.5.1

import click
from click.testing import CliRunner


@click.group()
@click.option("--loud/--quiet")
@click.pass_context
def cli(context, loud):
    context.obj = str.upper if loud else str


@cli.command()
@click.argument("names", nargs=-1)
@click.option("--times", type=click.IntRange(1, 5), default=1, show_default=True)
@click.pass_obj
def greet(change, names, times):
    for name in names * times:
        click.echo(change(f"hello {name}"))


runner = CliRunner()
assert runner.invoke(cli, ["--loud", "greet", "a", "b", "--times", "2"]).output.split("\n")[:3] == ["HELLO A", "HELLO B", "HELLO A"]
wrong = runner.invoke(cli, ["greet", "--times", "9"])
assert wrong.exit_code == 2 and "9 is not in the range" in wrong.output, wrong.output
assert "--times" in runner.invoke(cli, ["greet", "--help"]).output
