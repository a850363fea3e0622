"""As whom the embedded servers run: as the caller, or, when the caller is root, as somebody less."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

_NOBODY = 65534


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user that the servers run as; `reach` when that user needs help to get to the folders."""

    uid: int
    gid: int
    reach: bool

    def owns(self, path: Path) -> bool:
        """Whether the path belongs to this user."""
        return path.stat().st_uid == self.uid

    def give(self, path: Path) -> None:
        """Hand the path over to this user; a link is not followed."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_for(data_dir: Path, programs: tuple[Path, ...]) -> Account:
    """The caller; for root the owner of the data that is there, else `nobody`.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), reach=False)
    uid, gid = _unprivileged_owner(data_dir)
    paths = (data_dir, *programs)
    return Account(uid=uid, gid=gid, reach=not all(_can_enter(path, uid, gid) for path in paths))


def _unprivileged_owner(data_dir: Path) -> tuple[int, int]:
    for folder in (data_dir / "postgres", data_dir):
        if folder.is_dir() and (owner := folder.stat()).st_uid != 0:
            return owner.st_uid, owner.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return _NOBODY, _NOBODY
    return nobody.pw_uid, nobody.pw_gid


def _can_enter(path: Path, uid: int, gid: int) -> bool:
    """Whether the mode bits let the user through every folder on the way to the path, and the path itself."""
    for step in (path, *path.parents):
        status = step.stat()
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        if not status.st_mode >> shift & 0o1:
            return False
    return True
