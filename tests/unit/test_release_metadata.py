"""What a release says of itself: the data package and the DCAT record."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from release_samples import POLICY, PUBLISHER, RULES, WORDS, a_content, publish

from flows.release.data import data_tables
from flows.release.metadata import Publisher, dcat, parquet_metadata
from flows.release.package import problems, write_release
from flows.release.schema import SCHEMAS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("release"), a_content())


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def record(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "dcat.jsonld").read_text(encoding="utf-8"))


def test_the_package_describes_every_file_and_column_in_both_languages(package: dict[str, Any], folder: Path) -> None:
    described = {}
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        fields = resource["schema"]["fields"]
        described[resource["name"]] = [field["name"] for field in fields if field["description@en"]]
    assert described == {schema.name: list(schema.columns) for schema, _ in data_tables(a_content())}


def test_the_package_names_licence_publisher_and_sources(package: dict[str, Any]) -> None:
    assert [licence["name"] for licence in package["licenses"]] == ["CC-BY-4.0"]
    assert [who["title"] for who in package["contributors"]] == [PUBLISHER.name]
    assert [source["title"] for source in package["sources"]] == ["Chat", "CoMensha"]


def test_no_part_of_a_key_is_blank() -> None:
    for schema, frame in data_tables(a_content()):
        assert not (frame[list(schema.key)] == "").any(axis=None)


def test_the_record_has_what_the_profile_asks_for(record: dict[str, Any]) -> None:
    for name in ("title", "description", "identifier", "creator", "publisher", "accessRights"):
        assert record[f"dct:{name}"]
    assert record["dcat:contactPoint"]["vcard:hasEmail"] == {"@id": PUBLISHER.contact}
    assert [theme["@id"].rpartition("/")[2] for theme in record["dcat:theme"]] == ["JUST", "SOCI"]
    covered = record["dct:temporal"]
    assert (covered["dcat:startDate"]["@value"], covered["dcat:endDate"]["@value"]) == ("2019-01-01", "2020-12-31")


def test_everything_that_people_open_is_a_distribution_with_its_languages(record: dict[str, Any]) -> None:
    languages = {
        one["dcat:downloadURL"]["@id"]: [language["@id"].rpartition("/")[2] for language in one["dct:language"]]
        for one in record["dcat:distribution"]
    }
    data = [f"data/{name}.{suffix}" for name in SCHEMAS for suffix in ("csv", "parquet")]
    expected = {name: ["NLD", "ENG"] for name in data}
    expected |= {"monitor.xlsx": ["NLD"], "monitor.en.xlsx": ["ENG"]}
    place = "https://example.org/zicht/2020-12/"
    assert languages.pop(f"{place}index.html")
    assert languages == {f"{place}{name}": found for name, found in expected.items()}


def test_a_correction_gives_its_reason_and_a_contact_may_be_a_page(folder: Path, record: dict[str, Any]) -> None:
    assert "adms:versionNotes" not in record
    corrected = a_content(release="2020-12.1", reason="Een maand stond dubbel.")
    made = dcat(corrected, folder, WORDS, replace(PUBLISHER, contact="https://example.org/contact"))
    assert made["adms:versionNotes"] == "Een maand stond dubbel."
    assert "vcard:hasURL" in made["dcat:contactPoint"]


def test_only_titles_of_a_fictitious_release_say_so(
    package: dict[str, Any], record: dict[str, Any], tmp_path: Path
) -> None:
    titles = [package["title"], package["title@en"], *(title["@value"] for title in record["dct:title"])]
    assert all(title.startswith("FICTITIOUS. ") for title in titles)
    real = publish(tmp_path, a_content(is_fictitious=False))
    for name in ("datapackage.json", "dcat.jsonld"):
        assert "FICTITIOUS" not in (real / name).read_text(encoding="utf-8")


def test_a_parquet_file_names_licence_its_csv_and_the_rounding_of_the_policy(folder: Path) -> None:
    about = pq.read_schema(folder / "data" / "funnel.parquet").metadata
    csv = folder / "data" / "funnel.csv"
    assert about[b"csv_sha256"].decode() == hashlib.sha256(csv.read_bytes()).hexdigest()
    assert about[b"rounding"] == b"month 10, window 5, year 5, year_to_date 10"
    assert {b"title", b"title@en", b"release", b"data_until", b"publisher", b"licence", b"remark"} < about.keys()
    policy = {"month": replace(POLICY["month"], base=1234)}
    assert parquet_metadata(a_content(), csv, WORDS, PUBLISHER, policy)["rounding"] == "month 1234"


def test_without_addresses_there_is_no_record_and_the_rest_stands(tmp_path: Path) -> None:
    nobody = Publisher("zicht", "", "")
    write_release(tmp_path / "out", a_content(), RULES, nobody, last=None, made_with={})
    assert not (tmp_path / "out" / "dcat.jsonld").exists()
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    assert package["contributors"] == [{"title": "zicht", "role": "publisher"}] and "homepage" not in package
    assert problems(tmp_path / "out") == []
