"""A command line and a signer start without web3, which takes a second to load."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["ledger_app.cli", "ledger_app.signer.loop", "ledger_app.client"])
def test_what_starts_often_does_not_load_web3(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "print([m for m in sys.modules if m.split('.')[0] == 'web3' or m.startswith('ledger_app.chain')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
