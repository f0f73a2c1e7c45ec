"""`origin store …`: the database on this machine."""

import orjson

from ledger_app.cli import common, output

app = common.group("Look after the database.")


@app.command()
def rewrap(as_json: common.Json = False) -> None:
    """Put every sealed value under the current master key (ORIGIN_MASTER_KEY), so that those in
    ORIGIN_OLD_MASTER_KEYS can be taken away.

    Begun again, it goes on with what is left. The service may run. Exits 1 where a value is left that no
    configured key opens.
    """
    from ledger_app.services.batches import names_of
    from ledger_app.store.canary import keep_canary
    from ledger_app.store.engine import open_configured
    from ledger_app.store.rewrap import left
    from ledger_app.store.rewrap import rewrap as rewrap_all
    from ledger_app.store.secrets import Vault

    settings = common.local_settings()
    vault = Vault(settings.master_keys())
    store = open_configured(settings)
    try:
        keep_canary(store, vault)
        done = rewrap_all(
            store,
            vault,
            lambda opened: names_of(orjson.loads(opened)["document"]),
            lambda count: output.progress(f"{count} re-wrapped"),
        )
        rest = left(store, vault)
    finally:
        store.close()
    if as_json:
        output.result({"rewrapped": done.done, "left": rest, "unreadable": done.unreadable})
    else:
        output.line(f"{done.done} re-wrapped, {rest} left under another master key")
        for context in done.unreadable:
            output.line(f"  no configured key opens {context}")
    if rest:
        raise SystemExit(output.REFUSED)
