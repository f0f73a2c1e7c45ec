"""A process that tells and delivers until it is killed: `python … STORE_URL FOLDER`."""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ledger_app.services.recipients.courier import Courier
from ledger_app.services.recipients.telling import Teller
from ledger_app.store.engine import open_store
from tests.recipients.desk import services

if __name__ == "__main__":
    url, folder = sys.argv[1:3]
    ctx = services(open_store(url), Path(folder))
    never = threading.Event()
    threading.Thread(target=Teller(ctx, interval=0.05).run, args=(never,), daemon=True).start()
    print("ready", flush=True)
    Courier(ctx, interval=0.05).run(never)
