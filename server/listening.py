"""The port that a process serves on: its own, or one that several processes share."""

import socket


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A bound socket; with others of the same user on the same port if it is shared. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def reserve(host: str, port: int) -> socket.socket:
    """Take a port that nobody has for sockets that are to share it; it listens to nothing. Raises OSError."""
    listen(host, port).close()
    return listen(host, port, is_shared=True)
