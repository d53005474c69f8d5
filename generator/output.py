"""Writes rendered environments: whole or not at all, one writer at a time.

An environment's folder is written aside and then exchanged with the old one in a single system
call where the platform has one, so that a reader, or a render that is killed, never meets a
mixture.
"""

import ctypes
import difflib
import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STAGING = ".staging"
# Files that tools leave beside rendered ones; they are neither compared nor kept.
_FOREIGN_SUFFIXES = (".snapshot.json",)


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs between the folder and what would be rendered."""

    path: str
    """Relative to the output folder."""
    old: str | None
    new: str | None

    def diff(self) -> str:
        """Show the change as a unified diff."""
        lines = difflib.unified_diff(
            (self.old or "").splitlines(keepends=True),
            (self.new or "").splitlines(keepends=True),
            f"a/{self.path}" if self.old is not None else "/dev/null",
            f"b/{self.path}" if self.new is not None else "/dev/null",
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def environments(out: Path) -> set[str]:
    """Tell which environments stand in the folder."""
    return {p.name for p in out.glob("*") if p.is_dir() and not p.name.startswith(".")}


def changes(out: Path, rendered: Mapping[str, Mapping[str, str]]) -> list[Change]:
    """Compare the folder with what is rendered: changed, new and stale files."""
    found = []
    for environment, files in rendered.items():
        old = _read(out / environment)
        for name in sorted(old.keys() | files.keys()):
            before, after = old.get(name), files.get(name)
            if before != after:
                found.append(Change(f"{environment}/{name}", before, after))
    return found


def write(out: Path, rendered: Mapping[str, Mapping[str, str]]) -> list[Change]:
    """Write environments that changed and tell what changed; others are not touched.

    An environment without files is removed.

    Raises:
        OSError: the folder cannot be written; what was there is left whole.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _locked(out):
        staging = out / _STAGING
        _recover(out, staging)
        found = changes(out, rendered)
        changed = sorted({c.path.split("/", 1)[0] for c in found})
        for environment in changed:
            _stage(staging / environment, rendered[environment])
        for environment in changed:
            _exchange(staging / environment, out / environment)
            if not rendered[environment]:
                (out / environment).rmdir()
        shutil.rmtree(staging, ignore_errors=True)
    return found


def _read(folder: Path) -> dict[str, str]:
    files = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.endswith(_FOREIGN_SUFFIXES):
            name = path.relative_to(folder).as_posix()
            # Undecodable bytes differ from any rendered text: show them, do not fail on them.
            files[name] = path.read_bytes().decode("utf-8", errors="backslashreplace")
    return files


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Let one writer in at a time; the lock goes with the process, however it ends."""
    descriptor = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _recover(out: Path, staging: Path) -> None:
    """Clean up after a writer that was killed, and finish a replacement it had begun."""
    for old in sorted(staging.glob("*.old")):
        target = out / old.stem
        if not target.exists():
            old.rename(target)
    shutil.rmtree(staging, ignore_errors=True)


def _stage(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def _exchange(new: Path, target: Path) -> None:
    """Put a staged folder in the place of an old one."""
    if not target.exists():
        new.rename(target)
    elif not _swap(new, target):
        # Without an exchanging call there is a moment without the folder; `_recover` ends it.
        old = new.with_name(f"{new.name}.old")
        target.rename(old)
        new.rename(target)


def _swap(first: Path, second: Path) -> bool:
    """Exchange two folders atomically; False where the platform cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    a, b = os.fsencode(first), os.fsencode(second)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        at_cwd, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of linux/fs.h
        result = library.renameat2(at_cwd, a, at_cwd, b, exchange)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        result = library.renamex_np(a, b, 2)  # RENAME_SWAP of sys/stdio.h
    else:
        return False
    code = ctypes.get_errno()
    if result != 0 and code not in {errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.ENOTSUP}:
        raise OSError(code, os.strerror(code), str(second))
    return bool(result == 0)
