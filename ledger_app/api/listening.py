"""The socket that the service answers on, taken before anything is started."""

import socket

from ledger_app.errors import ConfigError

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Raises ConfigError `PORT_TAKEN`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        made = socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as failed:
        raise ConfigError("PORT_TAKEN", f"{host} port {port}: {failed.strerror or failed}") from None
    # asyncio does so only for sockets that it made: else each answer waits for a delayed acknowledgement.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
