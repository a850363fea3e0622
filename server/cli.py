"""`casino …`: every process and every report, from the command line.

Exit codes: 0 done, 1 the thing failed, 2 the call was wrong. Reports go to standard output, progress and logs
of commands to standard error.
"""

import typer

from server.commands import admin, loadtest, payout, processes, rules, simulate, verify

app = typer.Typer(
    name="casino",
    help="Moe's Casino: blackjack tables, syndicates and their dividends.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
processes.add_to(app)
payout.add_to(app)
admin.add_to(app)
rules.add_to(app)
simulate.add_to(app)
verify.add_to(app)
loadtest.add_to(app)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
