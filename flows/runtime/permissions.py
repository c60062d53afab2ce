"""Who may read what below home: its owner alone, but for the groups that `zicht.toml` names (docs/operations.md)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import Foreseen

if TYPE_CHECKING:
    from flows.runtime.configuration import Configuration

UMASK = 0o077
Right = tuple[int, int]  # mode, and the number of the group; -1 leaves the group as it is


class NotAMember(Foreseen):
    """A group cannot be given what it is to read."""


def keep_private() -> None:
    """Have all that this process and its children write from now on be its user's alone."""
    os.umask(UMASK)


def settle(configuration: "Configuration", top: Path | None = None) -> None:
    """Give every file and folder below `top` (by default all of home) the rights that it should have. What another user
    owns, as an approval, is left to that user.

    Raises:
        settings.SettingsProblem: a group that is named does not exist.
        NotAMember: the user of this process cannot give a group its files.
    """
    groups = configuration.groups()
    user = os.geteuid()
    for path in _below(top or configuration.home):
        try:
            found = path.lstat()
            if found.st_uid == user:
                is_folder = path.is_dir()
                mode, group = _right(path.relative_to(configuration.home).parts, is_folder, groups)
                if group not in (-1, found.st_gid):
                    os.chown(path, -1, group)
                if (found.st_mode & 0o7777, group) != (mode, found.st_gid):
                    path.chmod(mode)
        except FileNotFoundError:  # a scratch file of Prefect's own
            continue
        except PermissionError:
            raise NotAMember(
                f"{path}: its group or mode could not be set; make the user who runs zicht a member of the groups that "
                "[access] and [release] name."
            ) from None


def _below(top: Path) -> Iterator[Path]:
    """A folder and all below it, but links: what they lead to lies below home as well."""
    yield top
    for folder, folders, files in os.walk(top):
        paths = [Path(folder, name) for name in (*folders, *files)]
        yield from (path for path in paths if not path.is_symlink())


def _right(parts: tuple[str, ...], is_folder: bool, groups: dict[str, int]) -> Right:
    """The mode and group of a path, by its place below home."""
    figures, persons, approvers = (groups.get(name, -1) for name in ("figures", "persons", "approvers"))
    match parts:
        case ():
            return (0o711 if groups else 0o700), -1
        case ("lock",) if approvers >= 0:
            return 0o660, approvers
        case ("versions", *rest) if is_folder and len(rest) < 2:
            return (0o711 if max(figures, persons) >= 0 else 0o700), -1
        case ("versions", _, "persons.duckdb"):
            return (0o440 if persons >= 0 else 0o400), persons
        case ("versions", _, _):
            return (0o440 if figures >= 0 else 0o400), figures
        # Who approves last moves the folder of a preview, which must be writable for that, to the published ones.
        case ("previews",) | ("previews", _) | ("extracts",) if is_folder and approvers >= 0:
            return 0o2770, approvers
        case ("previews" | "extracts", *_) if approvers >= 0:
            return (0o2750 if is_folder else 0o640), approvers
    return (0o700 if is_folder else 0o600), -1
