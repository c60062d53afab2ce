"""Say what is wrong in `zicht.toml`, and in which line."""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from pydantic import ValidationError

from connectors.catalogue import KINDS


def explain(file: Path, invalid: ValidationError, variables: Iterable[str]) -> str:
    """Return one line about the first error in the settings.

    Args:
        file: The path of `zicht.toml`.
        invalid: The errors.
        variables: The names of all environment variables, which can override the file.
    """
    # Report a misspelt key first. It also causes the error that the correct key is missing.
    errors = invalid.errors(include_input=False, include_url=False)
    error = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    # Pydantic adds the tag of a union ('chat') to the path of an error. The file has no such key.
    path = [str(part) for part in error["loc"]]
    if len(path) > 2 and path[0] == "sources" and path[2] in KINDS:
        del path[2]
    name = ".".join(path)
    where = place(file, [*path, "kind"] if error["type"] == "union_tag_invalid" else path)
    if found := overrides(path, variables):
        where += f", overridden by {found[0]}"
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key {name}; correct its name or remove it."
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return f"{where}: {name} has no kind that zicht knows; expected one of {', '.join(KINDS)}; change it."
    if error["type"] == "missing":
        return f"{where}: the key {name} is missing; add it."
    return f"{where}: {name}: {error['msg'].removeprefix('Value error, ')}; change it."


def same_files(file: Path, paths: Mapping[str, Path]) -> str | None:
    """Return one line about two sources that read the same files, or None. Every row of them would count twice.

    Args:
        file: The path of `zicht.toml`.
        paths: The absolute path of each source that has one, by the name of the source.
    """
    for names in combinations(sorted(paths), 2):
        one, other = (paths[name].resolve() for name in names)
        if one.is_relative_to(other) or other.is_relative_to(one):
            first, second = (place(file, ["sources", name, "path"]) for name in names)
            which = "[sources.{}] and [sources.{}]".format(*names)
            return f"{first}, and {second}: {which} read the same files; give each source a path of its own."
    return None


def overrides(path: list[str], variables: Iterable[str]) -> list[str]:
    """Return those of the environment variables that set a key or a part of it."""
    name = "__".join(["ZICHT_" + path[0], *path[1:]]).upper() if path else "ZICHT_"
    return sorted(variable for variable in variables if f"{variable.upper()}__".startswith(f"{name}__"))


def place(file: Path, path: list[str]) -> str:
    """Return `file, line N` of a key, or of the section that should contain it; without a line if neither exists.

    Args:
        file: The path of `zicht.toml`.
        path: The names of the sections and of the key, such as `["sources", "fier", "url"]`.
    """
    section: list[str] = []
    best, line_number = 0, 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            section = header[1].replace('"', "").split(".")
            here = section
        elif key := re.match(r"\s*\"?([\w-]+)\"?\s*=", line):
            here = [*section, key[1]]
        else:
            continue
        if here == path[: len(here)] and len(here) > best:
            best, line_number = len(here), number
    return f"{file}, line {line_number}" if best else str(file)
