"""Describe from what a warehouse is built, and prepare it for dbt: deliveries, code, seeds and settings."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.catalogue import TABLES
from connectors.landing import Landing
from flows.runtime.configuration import DBT_PROJECT, Configuration
from flows.runtime.seeds import seeds_folder
from flows.runtime.source_schema import ChatSource, SourceSection
from flows.warehouse import retention

DATABASE = "build.duckdb"  # the private file that dbt builds

RECEIPTS = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "kind", "file", "delivery", "content")),
        ("sequence", pa.int64()),
        ("reading", pa.string()),
        ("is_snapshot", pa.bool_()),
    ]
)


def input_hash(configuration: Configuration) -> str:
    """Return a hash of everything from which a warehouse is built, in hexadecimal digits.

    It covers the deliveries that count, what is hidden or erased of them, the code, the seeds, and the settings that
    matter to the models (time zone, tags that flag and countries).
    """
    digest = hashlib.sha256()
    digest.update(json.dumps(receipts(configuration), sort_keys=True).encode())
    digest.update(json.dumps(_hiding(configuration)).encode())
    digest.update(json.dumps(retention.erasure_digest(configuration)).encode())
    settings = [configuration.settings.timezone, configuration.countries(), configuration.flag_tags()]
    digest.update(json.dumps(settings).encode())
    digest.update(code_hash(configuration).encode())
    return digest.hexdigest()


def code_hash(configuration: Configuration) -> str:
    """Return a hash of what determines the bytes of a version, apart from deliveries and settings.

    It covers the SQL, the statistics module, the seeds, the version of DuckDB, and the module that copies tables.
    """
    digest = hashlib.sha256(duckdb.__version__.encode())
    for module in ("statistics.py", "export.py"):
        digest.update(Path(__file__).with_name(module).read_bytes())
    for folder in (DBT_PROJECT, seeds_folder(configuration)):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".sql", ".yml", ".csv") and "target" not in path.parts:
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def receipts(configuration: Configuration) -> list[dict[str, Any]]:
    """Return the receipts that count, as rows with the columns of `RECEIPTS`."""
    landing = Landing(configuration.landing)
    return [
        {name: getattr(receipt, name, _is_snapshot(section)) for name in RECEIPTS.names}
        for source, section in sorted(configuration.settings.sources.items())
        for receipt in landing.receipts(source)
        if receipt.kind == section.kind
    ]


def _hiding(configuration: Configuration) -> list[list[str]]:
    """Return the deliveries that hide conversations, as (source, delivery)."""
    landing = Landing(configuration.landing)
    return [
        [source, receipt.delivery]
        for source in sorted(configuration.settings.sources)
        for receipt in landing.all_receipts(source)
        if receipt.hides
    ]


def _is_snapshot(section: SourceSection) -> bool:
    """Return whether a newer content of a file replaces the older content whole."""
    return section.kind == "coding" or (isinstance(section, ChatSource) and section.snapshot)


def prepare(configuration: Configuration) -> None:
    """Add what the models read beside the deliveries, and set the environment variables of dbt.

    The landing gets an empty file for every table. The folder `work` gets the table of receipts.
    """
    work = configuration.work
    work.mkdir(parents=True, exist_ok=True)
    Landing(configuration.landing).prepare(TABLES)
    pq.write_table(pa.Table.from_pylist(receipts(configuration), schema=RECEIPTS), receipts_file(configuration))
    point_dbt_at(configuration)


def point_dbt_at(configuration: Configuration) -> None:
    """Set the environment variables from which dbt reads its paths and settings."""
    os.environ.update(
        ZICHT_DBT_DATABASE=str(configuration.work / DATABASE),
        ZICHT_DBT_LANDING=str(configuration.landing),
        ZICHT_DBT_RECEIPTS=str(receipts_file(configuration)),
        ZICHT_DBT_TIMEZONE=configuration.settings.timezone,
        ZICHT_DBT_FLAG_TAGS=json.dumps(configuration.flag_tags()),
        ZICHT_DBT_COUNTRIES=",".join(configuration.countries()),
        ZICHT_DBT_TARGET=str(configuration.work / "dbt"),
        ZICHT_DBT_SEEDS=os.path.relpath(seeds_folder(configuration), DBT_PROJECT),  # dbt wants a relative path
    )


def receipts_file(configuration: Configuration) -> Path:
    """Return the path of the table that lists the receipts that count, for dbt."""
    return configuration.work / "receipts.parquet"


def deliveries_hash(work_file: Path) -> str:
    """Return a hash of the set of deliveries that count; the order of their arrival does not matter."""
    with duckdb.connect(str(work_file), read_only=True) as connection:
        rows = connection.execute("from intermediate.int_deliveries_current order by all").fetchall()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
