"""Where Node.js is: the system's, else the one that `tools/npm.sh` has installed from PyPI."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
_OLDEST = 20


def node() -> str:
    """A Node.js that is new enough; raises RuntimeError without one."""
    system = shutil.which("node")
    if system is not None:
        said = subprocess.run([system, "--version"], check=True, capture_output=True, text=True).stdout
        if int(said.removeprefix("v").partition(".")[0]) >= _OLDEST:
            return system
    wheel = ROOT / ".venv/node/bin/node"
    if not wheel.exists():
        raise RuntimeError(f"no Node.js >= {_OLDEST}: run `make setup`")
    return str(wheel)
