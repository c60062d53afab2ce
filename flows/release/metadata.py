"""Describe a release for catalogues and for readers of its data: a data package and a DCAT-AP-NL 3.0 record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.release.content import Content
from flows.release.data import FICTITIOUS, data_tables
from flows.release.disclosure.protect import Policy
from flows.release.render.labels import Words
from flows.release.schema import Schema
from flows.warehouse.versions import sha256

# The parts that are the same in every release.
FIXED = json.loads(Path(__file__).with_name("metadata.json").read_text(encoding="utf-8"))
LICENCE = FIXED["package"]["licenses"][0]["path"]
EU = "http://publications.europa.eu/resource/authority/"
# By file suffix: the file type in the EU's list, and IANA's media type.
FORMATS = {
    ".csv": ("CSV", "text/csv"),
    ".parquet": ("PARQUET", "application/vnd.apache.parquet"),
    ".xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".html": ("HTML", "text/html"),
}
LANGUAGES = {"nl": "NLD", "en": "ENG"}


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


def _titles(content: Content, words: Words) -> dict[str, str]:
    mark = f"{FICTITIOUS}. " if content.facts.is_fictitious else ""
    return {
        language: mark + labels.of("dataset", "title").format(month=labels.month(content.facts.month_end))
        for language, labels in words.items()
    }


def _in_each(words: Words, kind: str, code: str) -> dict[str, str]:
    return {language: labels.of(kind, code) for language, labels in words.items()}


# --- Data package


def datapackage(content: Content, folder: Path, words: Words, publisher: Publisher) -> dict[str, Any]:
    """Return a Frictionless data package that describes the CSV files in `folder`/data.

    Titles and descriptions are in Dutch. They are repeated in English under names that end in `@en`.
    """
    publishers = sorted(content.tables["registries"]["publisher"].unique())
    path = {"path": publisher.url} if publisher.url else {}
    return {
        **FIXED["package"],
        "name": f"zicht-{content.facts.release}",
        "id": publisher.place(content),
        **_texts("title", _titles(content, words)),
        **_texts("description", _in_each(words, "dataset", "description")),
        "languages": list(words),
        **({"homepage": publisher.place(content)} if publisher.url else {}),
        "version": content.facts.release,
        "keywords": list(_in_each(words, "dataset", "keyword").values()),
        "contributors": [{"title": publisher.name, "role": "publisher", **path}],
        "sources": [{"title": words["nl"].of("source", code)} for code in ("chat", *publishers)],
        "resources": [
            _resource(schema, folder / "data" / f"{schema.name}.csv", words) for schema, _ in data_tables(content)
        ],
    }


def _texts(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {name if language == "nl" else f"{name}@{language}": text for language, text in texts.items()}


def _resource(schema: Schema, file: Path, words: Words) -> dict[str, Any]:
    fields = [
        {
            "name": name,
            "type": kind,
            **_texts("description", _in_each(words, "column", name)),
            **({"constraints": {"required": True}} if name in schema.key else {}),
        }
        for name, kind in schema.columns.items()
    ]
    return {
        **FIXED["resource"],
        "name": schema.name,
        **_texts("title", _in_each(words, "data", schema.name)),
        "path": f"data/{file.name}",
        "bytes": file.stat().st_size,
        "hash": f"sha256:{sha256(file)}",
        "schema": {"fields": fields, "missingValues": [""], "primaryKey": list(schema.key)},
    }


def parquet_metadata(
    content: Content, file: Path, words: Words, publisher: Publisher, policy: Policy
) -> dict[str, str]:
    """Return the key-value metadata of the Parquet file of a table.

    Args:
        file: the CSV file with the same rows. It has the name of the table, and its checksum is included.
    """
    about = {
        **_texts("title", _in_each(words, "data", file.stem)),
        "release": content.facts.release,
        "data_until": content.facts.month_end.isoformat(),
        "publisher": publisher.name,
        "licence": LICENCE,
        "rounding": ", ".join(f"{period_type} {rule.base}" for period_type, rule in sorted(policy.items())),
        "csv_sha256": sha256(file),
    }
    return about | ({"remark": FICTITIOUS} if content.facts.is_fictitious else {})


# --- DCAT-AP-NL


def dcat(content: Content, folder: Path, words: Words, publisher: Publisher) -> dict[str, Any]:
    """Return the DCAT record of a release as JSON-LD.

    It has one distribution for each data file, workbook and page in `folder`. It follows DCAT-AP-NL 3.0 (Geonovum),
    with all mandatory properties and those recommended properties that a release has.
    """
    place = publisher.place(content)
    agent = {"@id": publisher.url, "@type": "foaf:Agent", "foaf:name": publisher.name}
    contact = "vcard:hasEmail" if publisher.contact.startswith("mailto:") else "vcard:hasURL"
    files = [file for file in sorted(folder.rglob("*")) if file.suffix in FORMATS]
    return {
        **FIXED["dataset"],
        "@id": place,
        "dct:title": _literals(_titles(content, words)),
        "dct:description": _literals(_in_each(words, "dataset", "description")),
        "dct:identifier": place,
        "dct:creator": agent,
        "dct:publisher": {"@id": publisher.url},
        "dcat:contactPoint": {"@type": "vcard:Kind", "vcard:fn": publisher.name, contact: {"@id": publisher.contact}},
        "dcat:theme": [_theme(code, words) for code in words["nl"].codes("theme")],
        "dcat:keyword": _literals(_in_each(words, "dataset", "keyword")),
        "dct:language": [_language(language) for language in words],
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _typed("date", min(count.period_start for count in content.counts)),
            "dcat:endDate": _typed("date", content.facts.month_end),
        },
        "dcat:landingPage": {"@id": place, "@type": "foaf:Document"},
        "dcat:version": content.facts.release,
        **({"adms:versionNotes": content.facts.reason} if content.facts.reason else {}),
        "dcat:distribution": [_distribution(file, file.relative_to(folder).as_posix(), place, words) for file in files],
    }


def _distribution(file: Path, name: str, place: str, words: Words) -> dict[str, Any]:
    file_type, media_type = FORMATS[file.suffix]
    is_data = name.startswith("data/")
    languages = [language for language in words if is_data or (language == "en") == (".en." in name)]
    titles = _in_each(words, "data", file.stem) if is_data else _in_each(words, "file", file.suffix)
    return {
        **FIXED["distribution"],
        "@id": place + name,
        "dct:title": _literals(titles),
        "dcat:accessURL": {"@id": place},
        "dcat:downloadURL": {"@id": place + name},
        "dct:format": _of_eu(f"file-type/{file_type}", "dct:MediaTypeOrExtent"),
        "dcat:mediaType": {
            "@id": f"https://www.iana.org/assignments/media-types/{media_type}",
            "@type": "dct:MediaType",
        },
        "dct:language": [_language(language) for language in languages],
        **({"dct:conformsTo": {"@id": f"{place}datapackage.json", "@type": "dct:Standard"}} if is_data else {}),
        "dcat:byteSize": _typed("nonNegativeInteger", file.stat().st_size),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256", "@type": "spdx:ChecksumAlgorithm"},
            "spdx:checksumValue": _typed("hexBinary", sha256(file)),
        },
    }


def _literals(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": language, "@value": text} for language, text in texts.items()]


def _of_eu(code: str, of_type: str) -> dict[str, Any]:
    """Return a value from a list of the EU, with its type, because validators do not fetch the lists."""
    return {"@id": EU + code, "@type": of_type}


def _theme(code: str, words: Words) -> dict[str, Any]:
    concept = _of_eu(f"data-theme/{code}", "skos:Concept")
    labels = _literals(_in_each(words, "theme", code))
    return {**concept, "skos:prefLabel": labels, "skos:inScheme": {"@id": f"{EU}data-theme"}}


def _language(language: str) -> dict[str, Any]:
    return _of_eu(f"language/{LANGUAGES[language]}", "dct:LinguisticSystem")


def _typed(kind: str, value: object) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": str(value)}
