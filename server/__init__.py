"""The edge: sockets, HTTP, processes and wiring; the only package that knows every other one."""
