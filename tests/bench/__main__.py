"""`make bench`: figures measured side by side in one run, interleaved; medians, and the ratios between them.

python -m tests.bench [engine] [floor] [odds]
"""

import sys

from tests.bench import engine, floor, odds

BENCHES = {"engine": engine.run, "floor": floor.run, "odds": odds.run}


def main(names: list[str]) -> int:
    """Run the named benches, or all of them."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.stderr.write(f"no such bench: {' '.join(unknown)}; there are {' '.join(BENCHES)}\n")
        return 2
    for name in names or BENCHES:
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
