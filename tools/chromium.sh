#!/usr/bin/env bash
# Makes sure that the browser tests have Debian's Chromium; without root it says what is missing.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "test: installing Debian's chromium"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; } >/tmp/chromium-install.$$ 2>&1 \
        || { cat /tmp/chromium-install.$$ >&2; exit 1; }
    rm -f /tmp/chromium-install.$$
    exit 0
fi
echo "test: no Chromium here: the browser tests need Debian's package 'chromium' (apt-get install chromium, as root)" >&2
[ "${CI:-}" != "true" ]
