"""How benches say their figures."""

import sys


def say(bench: str, figure: str) -> None:
    """One figure, one line."""
    sys.stdout.write(f"{bench}: {figure}\n")
    sys.stdout.flush()
