"""Record ids: UUIDv7 (RFC 9562) as 32 lower-case hex digits, so that ids made later sort later."""

import os
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh id. Within one process ids strictly increase, also inside one millisecond and when the clock
    steps back.
    """
    global _last
    with _lock:
        # 48 bits of milliseconds, then 12 bits of sub-millisecond counter, as RFC 9562 method 3 allows.
        tick = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = tick
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0x2 << 62
    return f"{value | int.from_bytes(os.urandom(8)) >> 2:032x}"
