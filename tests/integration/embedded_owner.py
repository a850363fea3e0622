"""A process that owns embedded servers, for the tests that kill it (`python -m`).

Prints one line of JSON when they run. At Ctrl-C it says whether the database still answers; then, as at the
end of its input, it stops them and ends.
"""

import asyncio
import json
import sys
from pathlib import Path

import asyncpg

from server.embedded.keeper import become
from server.embedded.servers import EmbeddedServers, start_embedded


async def _own(data_dir: Path) -> None:
    servers = await start_embedded(data_dir)
    try:
        addresses = {"database_url": servers.database_url, "redis_url": servers.redis_url}
        print(json.dumps(addresses), flush=True)  # noqa: T201 - the test reads it
        await asyncio.to_thread(sys.stdin.read)
    except asyncio.CancelledError:
        print(await _still_there(servers), flush=True)  # noqa: T201 - the test reads it
    finally:
        await servers.stop()


async def _still_there(servers: EmbeddedServers) -> str:
    connection = await asyncpg.connect(servers.database_url)
    try:
        return str(await connection.fetchval("SELECT 'still there'"))
    finally:
        await connection.close()


def main() -> None:
    """Own the servers of the folder given first; as the user and group given behind it, if any."""
    if len(sys.argv) > 2:
        uid, gid, reach = (int(word) for word in sys.argv[2:])
        become(uid, gid, reach=bool(reach))
    asyncio.run(_own(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
