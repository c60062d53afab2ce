"""Write, publish and verify the folder of a release.

A release is written to a temporary folder, synced to disk and renamed. A published folder never changes.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.errors import UserFacingError
from connectors.storage.durable_files import sync
from flows.release.changelog import changes
from flows.release.content import Content
from flows.release.data import FICTITIOUS, data_tables, write_csv, write_parquet
from flows.release.metadata import Publisher, datapackage, dcat, parquet_metadata
from flows.release.render.labels import LANGUAGES, load_labels
from flows.release.render.page import render
from flows.release.render.workbook import write_workbook
from flows.release.specs import Rules
from flows.warehouse.versions import sha256

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
WORKBOOKS = {"nl": "monitor.xlsx", "en": "monitor.en.xlsx"}


class ReleaseRefused(UserFacingError):
    """The release cannot be published. The message says why and what to do."""


@dataclass(frozen=True)
class Published:
    """A published release. `follows` names the releases that were published before it."""

    name: str
    folder: Path
    follows: tuple[str, ...]
    reason: str

    @classmethod
    def of(cls, folder: Path) -> "Published":
        """Read a release from the manifest in its folder."""
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return cls(manifest["release"], folder, tuple(manifest["follows"]), manifest["reason"])


def published(extracts: Path) -> list[Published]:
    """Return the published releases in the folder `extracts`, in the order of publication."""
    found = [Published.of(path.parent) for path in extracts.glob(f"[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda one: (len(one.follows), one.name))


def write_release(
    folder: Path,
    content: Content,
    rules: Rules,
    publisher: Publisher,
    *,
    last: Path | None,
    made_with: Mapping[str, Any],
) -> None:
    """Write all files of a release into a new folder. An existing folder with that name is removed first.

    Args:
        last: the folder of the release before this one, None for the first.
        made_with: more entries for the manifest.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    words = {language: load_labels(rules.seeds, language) for language in LANGUAGES}
    for schema, frame in data_tables(content):
        path = folder / "data" / f"{schema.name}.csv"
        write_csv(path, schema, frame)
        about = parquet_metadata(content, path, words, publisher, rules.policy)
        write_parquet(path.with_suffix(".parquet"), schema, frame, about)
    for language, name in WORKBOOKS.items():
        write_workbook(folder / name, content, rules.specs, words[language], rules.policy, publisher)
    _write(folder / "index.html", render(content, rules.specs, rules.seeds))
    _write(folder / "CHANGES.md", changes(content, last, rules.specs, words))
    _write(folder / "datapackage.json", _json(datapackage(content, folder, words, publisher)))
    if publisher.contact and publisher.url:  # only then can a data portal list the releases
        _write(folder / "dcat.jsonld", _json(dcat(content, folder, words, publisher)))
    _write(folder / MANIFEST, _json({**_manifest(content), **made_with}))
    _write(folder / SUMS, "".join(f"{sha256(folder / name)}  {name}\n" for name in _names(folder)))


def _manifest(content: Content) -> dict[str, Any]:
    facts = content.facts
    return {
        "release": facts.release,
        "data_until": facts.month_end.isoformat(),
        "follows": list(facts.follows),
        "reason": facts.reason,
        "remark": FICTITIOUS if facts.is_fictitious else "",
        "deliveries": facts.deliveries,
        "rows": {name: len(table) for name, table in content.tables.items()},
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def is_same(folder: Path, other: Path) -> bool:
    """Return whether two releases have the same bytes, by comparing their checksum files."""
    return (folder / SUMS).read_bytes() == (other / SUMS).read_bytes()


def put_out(written: Path, folder: Path) -> None:
    """Publish a written release: sync its files to disk, then rename its folder in one step."""
    for path in sorted(written.rglob("*")):
        sync(path)
    sync(written)
    written.rename(folder)
    sync(folder.parent)


def problems(folder: Path) -> list[str]:
    """Return the defects of an extract, one line each; an empty list if it is intact.

    A defect is a missing file, a file that SHA256SUMS does not list, or a file that differs from its checksum.
    """
    sums = folder / SUMS
    if not sums.is_file():
        return [f"{folder}: no {SUMS}; this is no extract, or not a whole one."]
    lines = [line.partition("  ") for line in sums.read_text(encoding="utf-8", errors="replace").splitlines()]
    # A malformed line counts as the name of a missing file.
    listed = {name or digest: digest for digest, _, name in lines}
    names = set(_names(folder)) - {SUMS}
    found = [f"{name}: missing" for name in sorted(set(listed) - names)]
    found += [f"{name}: not in {SUMS}" for name in sorted(names - set(listed))]
    found += [
        f"{name}: other bytes than were published"
        for name in sorted(names & set(listed))
        if not (folder / name).is_file() or sha256(folder / name) != listed[name]
    ]
    return found


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
