"""`lienthong adapter …`: what an integrator uses to plug a system in (docs/kit.md)."""

import typer

from bus.cli import adapter_check, adapter_dev, adapter_new

app = typer.Typer(
    help="Plug an agency's system in: write an adapter, check it, develop it.",
    no_args_is_help=True,
)


@app.callback()
def adapter() -> None:
    """Plug an agency's system in: write an adapter, check it, develop it."""


app.command("new")(adapter_new.command)
app.command("check")(adapter_check.command)
app.command("dev")(adapter_dev.command)
