"""Describe a release for catalogues and for readers of its data: a data package and a DCAT-AP-NL 3.0 record.

Each is a template of JSON beside this module. Values are escaped in it by the filter `tojson`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.release.content import Content
from flows.release.data import FICTITIOUS, data_tables
from flows.release.disclosure.protect import Policy
from flows.release.render.labels import Labels, Words
from flows.warehouse.versions import sha256

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=False)


@dataclass(frozen=True)
class Publisher:
    """The publisher of the releases.

    `contact` is the address for questions (mailto: or https:). `url` is the address below which the releases are
    published. Both may be blank.
    """

    name: str
    contact: str
    url: str

    def place(self, content: Content) -> str:
        """Return the public address of the folder of a release."""
        return f"{self.url.rstrip('/')}/{content.facts.release}/"


def datapackage(content: Content, folder: Path, words: Words, publisher: Publisher) -> dict[str, Any]:
    """Return a Frictionless data package that describes the CSV files in `folder`/data.

    Titles and descriptions are in Dutch. They are repeated in English under names that end in `@en`.
    """
    tables = [(schema, folder / "data" / f"{schema.name}.csv") for schema, _ in data_tables(content)]
    return _filled("datapackage.json.j2", content, words, publisher, tables=tables)


def dcat(content: Content, folder: Path, words: Words, publisher: Publisher) -> dict[str, Any]:
    """Return the DCAT record of a release as JSON-LD.

    It has one distribution for each data file, workbook and page in `folder`. It follows DCAT-AP-NL 3.0 (Geonovum),
    with all mandatory properties and those recommended properties that a release has.
    """
    return _filled("dcat.jsonld.j2", content, words, publisher, folder=folder, files=sorted(folder.rglob("*")))


def _filled(template: str, content: Content, words: Words, publisher: Publisher, **files: Any) -> dict[str, Any]:
    facts = content.facts

    def title(labels: Labels) -> str:
        mark = f"{FICTITIOUS}. " if facts.is_fictitious else ""
        return mark + labels.of("dataset", "title").format(month=labels.month(facts.month_end))

    values = {"content": content, "facts": facts, "words": words, "title": title, "licence": LICENCE, "sha256": sha256}
    place = publisher.place(content)
    filled = TEMPLATES.get_template(template).render(values, publisher=publisher, place=place, **files)
    return dict(json.loads(filled))


def parquet_metadata(
    content: Content, file: Path, words: Words, publisher: Publisher, policy: Policy
) -> dict[str, str]:
    """Return the key-value metadata of the Parquet file of a table.

    Args:
        file: the CSV file with the same rows. It has the name of the table, and its checksum is included.
    """
    about = {
        "title": words["nl"].of("data", file.stem),
        "title@en": words["en"].of("data", file.stem),
        "release": content.facts.release,
        "data_until": content.facts.month_end.isoformat(),
        "publisher": publisher.name,
        "licence": LICENCE,
        "rounding": ", ".join(f"{period_type} {rule.base}" for period_type, rule in sorted(policy.items())),
        "csv_sha256": sha256(file),
    }
    return about | ({"remark": FICTITIOUS} if content.facts.is_fictitious else {})
