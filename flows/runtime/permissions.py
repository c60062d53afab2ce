"""Set who may read what below home.

Only the owner may read it, except for the groups that `zicht.toml` names (docs/operations.md).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import UserFacingError

if TYPE_CHECKING:
    from flows.runtime.configuration import Configuration

UMASK = 0o077
Right = tuple[int, int]  # mode and group id; -1 leaves the group unchanged


class NotAMember(UserFacingError):
    """The user of this process cannot give a group the files that it may read."""


def keep_private() -> None:
    """Make every file that this process and its children create from now on private to their user."""
    os.umask(UMASK)


def set_rights(configuration: "Configuration", top: Path | None = None) -> None:
    """Set the correct rights of every file and folder below `top`.

    Files of other users, such as an approval, are left to these users.

    Args:
        configuration: The configuration with home and the groups.
        top: Home or a folder below it. The default is home.

    Raises:
        configuration.SettingsProblem: A configured group does not exist.
        NotAMember: The user of this process cannot give a group its files.
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
        except FileNotFoundError:  # Prefect removed one of its scratch files meanwhile
            continue
        except PermissionError:
            raise NotAMember(
                f"{path}: its group or mode could not be set; make the user who runs zicht a member of the groups that "
                "[access] and [release] name."
            ) from None


def _below(top: Path) -> Iterator[Path]:
    """Yield a folder and everything below it, except links: their targets lie below home as well."""
    yield top
    for folder, folders, files in os.walk(top):
        paths = [Path(folder, name) for name in (*folders, *files)]
        yield from (path for path in paths if not path.is_symlink())


def _right(parts: tuple[str, ...], is_folder: bool, groups: dict[str, int]) -> Right:
    """Return the mode and the group of a path, from its place below home."""
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
        # The last approver moves the folder of the preview to the published releases. It must be writable for that.
        case ("previews",) | ("previews", _) | ("extracts",) if is_folder and approvers >= 0:
            return 0o2770, approvers
        case ("previews" | "extracts", *_) if approvers >= 0:
            return (0o2750 if is_folder else 0o640), approvers
    return (0o700 if is_folder else 0o600), -1
