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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("release"), a_content())


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def record(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "dcat.jsonld").read_text(encoding="utf-8"))


def test_the_package_describes_every_column_in_both_languages(package: dict[str, Any]) -> None:
    described = {
        resource["name"]: [field["name"] for field in resource["schema"]["fields"] if field["description@en"]]
        for resource in package["resources"]
    }
    assert described == {schema.name: list(schema.columns) for schema, _ in data_tables(a_content())}


def test_the_package_has_sizes_and_hashes_of_the_files(package: dict[str, Any], folder: Path) -> None:
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


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


def test_the_record_covers_the_periods_of_the_figures(record: dict[str, Any]) -> None:
    covered = record["dct:temporal"]
    assert (covered["dcat:startDate"]["@value"], covered["dcat:endDate"]["@value"]) == ("2019-01-01", "2020-12-31")


def test_everything_that_people_open_is_a_distribution(record: dict[str, Any], folder: Path) -> None:
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.suffix in (".csv", ".parquet")}
    place = "https://example.org/zicht/2020-12/"
    addresses = {one["dcat:downloadURL"]["@id"] for one in record["dcat:distribution"]}
    assert addresses == {place + name for name in files | {"monitor.xlsx", "monitor.en.xlsx", "index.html"}}


def test_a_workbook_has_its_own_language_and_data_have_both(record: dict[str, Any]) -> None:
    languages = {
        one["@id"].rpartition("/")[2]: [language["@id"].rpartition("/")[2] for language in one["dct:language"]]
        for one in record["dcat:distribution"]
    }
    assert languages["monitor.xlsx"] == ["NLD"]
    assert languages["monitor.en.xlsx"] == ["ENG"]
    assert languages["funnel.csv"] == ["NLD", "ENG"]


def test_a_contact_may_be_a_page(folder: Path) -> None:
    publisher = replace(PUBLISHER, contact="https://example.org/contact")
    assert "vcard:hasURL" in dcat(a_content(), folder, WORDS, publisher)["dcat:contactPoint"]


def test_a_correction_gives_its_reason(folder: Path) -> None:
    assert "adms:versionNotes" not in dcat(a_content(), folder, WORDS, PUBLISHER)
    corrected = a_content(release="2020-12.1", reason="Een maand stond dubbel.")
    assert dcat(corrected, folder, WORDS, PUBLISHER)["adms:versionNotes"] == "Een maand stond dubbel."


def test_titles_of_a_fictitious_release_say_so(package: dict[str, Any], record: dict[str, Any]) -> None:
    titles = [package["title"], package["title@en"], *(title["@value"] for title in record["dct:title"])]
    assert all(title.startswith("FICTITIOUS. ") for title in titles)


def test_a_real_release_is_not_marked(tmp_path: Path) -> None:
    folder = publish(tmp_path, a_content(is_fictitious=False))
    for name in ("datapackage.json", "dcat.jsonld"):
        assert "FICTITIOUS" not in (folder / name).read_text(encoding="utf-8")


def test_a_parquet_file_names_licence_rounding_and_its_csv(folder: Path) -> None:
    about = pq.read_schema(folder / "data" / "funnel.parquet").metadata
    csv = (folder / "data" / "funnel.csv").read_bytes()
    assert about[b"csv_sha256"].decode() == hashlib.sha256(csv).hexdigest()
    assert about[b"rounding"] == b"month 10, window 5, year 5, year_to_date 10"
    assert {b"title", b"title@en", b"release", b"data_until", b"publisher", b"licence", b"remark"} < about.keys()


def test_rounding_follows_the_policy(folder: Path) -> None:
    policy = {"month": replace(POLICY["month"], base=1234)}
    about = parquet_metadata(a_content(), folder / "data" / "funnel.csv", WORDS, PUBLISHER, policy)
    assert about["rounding"] == "month 1234"


def test_without_addresses_there_is_no_record_and_the_rest_stands(tmp_path: Path) -> None:
    nobody = Publisher("zicht", "", "")
    write_release(tmp_path / "out", a_content(), RULES, nobody, last=None, made_with={})
    assert not (tmp_path / "out" / "dcat.jsonld").exists()
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    assert package["contributors"] == [{"title": "zicht", "role": "publisher"}] and "homepage" not in package
    assert problems(tmp_path / "out") == []
