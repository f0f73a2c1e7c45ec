"""`origin serve`: run the service; with `--demo`, the chain, members and signers besides."""

import contextlib
import os
import signal
import threading
from typing import Annotated

import typer

from ledger_app.cli import output

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="With an embedded chain, demo members and signers.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(help="The port; else PORT, else 8000.", min=0, max=65535)
    ] = None,
    workers: Annotated[
        int,
        typer.Option(envvar="ORIGIN_WORKERS", min=1, max=64, help="How many processes answer."),
    ] = 1,
) -> None:
    """Run the service. Settings come from ORIGIN_… variables; see the README."""
    from ledger_app.api.listening import listen, noted, port_asked_for

    chosen = port if port is not None else port_asked_for()
    if demo:
        _demo(chosen)
        return
    import uvicorn

    from ledger_app.app import create_app
    from ledger_app.config import load_settings
    from ledger_app.telemetry import logs

    settings = load_settings() if chosen is None else load_settings(port=chosen)
    listening = listen(settings.host, settings.port)
    output.progress(f"serving {settings.base_url}")
    if workers > 1:
        from ledger_app.cli.workers import run

        with noted(settings.data, listening):
            run(settings, listening, workers)
        return
    logs.setup(settings.log_level or "info", settings.log_format)
    app_ = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app_, log_config=None, log_level="warning", access_log=False))
    with noted(settings.data, listening), contextlib.suppress(SystemExit):
        server.run(sockets=[listening])
    if not server.started:
        # The server says no more than that; the application knows why.
        raise getattr(app_.state, "failed", SystemExit(output.REFUSED))


def _demo(port: int | None) -> None:
    from ledger_app.app import settle
    from ledger_app.config import load_settings
    from ledger_app.demo.running import Demo
    from ledger_app.telemetry import logs

    asked = threading.Event()

    def stop(*_: object) -> None:
        if asked.is_set():
            return
        asked.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    settings = load_settings(demo=True)
    logs.setup(settings.log_level or "warning", settings.log_format)
    running = Demo(settings.data, settings.port if port is None else port, output.progress)
    try:
        running.start()
        settle()
        _tell(running.url, running.tokens)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        output.progress("ending signers, service and chain")
    finally:
        asked.set()
        running.stop()
    # All is closed; requests that still wait for something in their threads need not be waited for.
    os._exit(0)


def _tell(url: str, tokens: dict[str, str]) -> None:
    output.line(f"Origin Ledger, demonstration: {url}")
    output.line("")
    output.line("Sign in with one of these tokens:")
    for name, token in tokens.items():
        output.line(f"  {name:<10} {token}")
    output.line("")
    output.line("Try: scripts/origin verify DEMO-RCEP-0001")
