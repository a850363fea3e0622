"""Which `casino dev` runs on a data folder, for the other commands: read from a file that it leaves."""

import fcntl
import os
import tempfile
from pathlib import Path

import msgspec

from server.embedded.errors import DataDirBroken


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The running process and where its servers listen; both addresses hold a password."""

    pid: int
    database_url: str
    redis_url: str


def running(data_dir: Path) -> Running | None:
    """What runs on the folder now, or None; raises DataDirBroken when the folder can't be read."""
    try:
        found = msgspec.json.decode(_file(data_dir).read_bytes(), type=Running)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
    except OSError as error:
        raise DataDirBroken(f"{data_dir}: {error.strerror}") from None
    return found if _is_alive(found.pid) and _is_locked(lock_file(data_dir)) else None


def running_database_url(data_dir: Path) -> str | None:
    """The database of the `casino dev` that runs on the folder, or None."""
    found = running(data_dir)
    return found.database_url if found else None


def announce(data_dir: Path, found: Running) -> None:
    """Leave the file for the other commands."""
    write_private(_file(data_dir), msgspec.json.encode(found))


def withdraw(data_dir: Path) -> None:
    """Take the file away again."""
    _file(data_dir).unlink(missing_ok=True)


def lock_file(data_dir: Path) -> Path:
    """The file whose lock means that the folder has an owner."""
    return data_dir / "lock"


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    with os.fdopen(handle, "wb") as file:
        _belong(handle, path.parent)
        file.write(content)
    Path(draft).replace(path)


def open_private(path: Path, flags: int) -> int:
    """Open a file that only its owner may read, made if it is missing; a link is not followed."""
    opened = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _belong(opened, path.parent)
    except BaseException:
        os.close(opened)
        raise
    return opened


def _belong(file: int, folder: Path) -> None:
    """Let a file that root makes belong to the folder's owner, who may want to start without root next."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)


def _file(data_dir: Path) -> Path:
    return data_dir / "dev.json"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_locked(path: Path) -> bool:
    """Whether someone holds the lock; asked only of a live pid, so that asking hardly ever takes it."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
