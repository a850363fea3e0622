"""The long-running commands: `dev`, `web`, `worker`, and `migrate` before them."""

import os
from pathlib import Path
from typing import Annotated

import typer

from server.commands.context import DEFAULT_DATA_DIR, FAILED, WRONG_CALL, database_url, fail
from server.settings import Settings, SettingsError


def add_to(app: typer.Typer) -> None:
    """Add them."""
    app.command()(dev)
    app.command()(web)
    app.command()(worker)
    app.command()(migrate)


def dev(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to serve; 0 picks a free port.")] = 8000,
    bots: Annotated[int, typer.Option(min=0, max=200, help="How many bots play.")] = 12,
    data_dir: Annotated[Path, typer.Option(help="Where everything is kept.")] = DEFAULT_DATA_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="Print where it runs as one line of JSON.")] = False,
) -> None:
    """Everything in one go: embedded PostgreSQL and Valkey, migrations, demo data, web with worker, bots."""
    try:
        from server.dev.main import main  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as missing:
        fail(f"`casino dev` needs the extra `embedded` ({missing.name} is missing)", WRONG_CALL)
    raise typer.Exit(main(port=port, bots=bots, data_dir=data_dir, as_json=as_json))


def web(
    processes: Annotated[
        int, typer.Option(min=1, max=256, help="How many processes share the port; about one a core.")
    ] = 1,
    supervised_by: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve players and operators; with WORKER_MODE=embedded (the default) the dividend lane too."""
    settings = _settings()
    if processes > 1:
        from server.supervisor import main as supervise  # noqa: PLC0415

        raise typer.Exit(supervise(settings, processes))
    from server.app import main  # noqa: PLC0415 - costs time that other commands need not spend

    raise typer.Exit(main(settings, supervised_by=supervised_by))


def worker() -> None:
    """Run the dividend lane on its own; with PORT set it answers /healthz, /readyz and /metrics."""
    settings = _settings()
    from server.worker import main  # noqa: PLC0415

    raise typer.Exit(main(settings, serves_health=bool(os.environ.get("PORT"))))


def migrate(
    data_dir: Annotated[Path, typer.Option(help="The folder of a running `casino dev`.")] = DEFAULT_DATA_DIR,
) -> None:
    """Bring the database's schema up to date; safe to repeat, and to run twice at once."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from server.migrate import migrate as upgrade  # noqa: PLC0415

    url = database_url(data_dir)
    try:
        revision = upgrade(url)
    except (OSError, SQLAlchemyError) as fault:
        fail(f"migrating failed: {str(fault).splitlines()[0]}", FAILED)
    typer.echo(f"the schema is at revision {revision}")


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as wrong:
        fail(str(wrong), WRONG_CALL)
