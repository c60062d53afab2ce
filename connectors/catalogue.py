"""The kinds of source that zicht reads: each is named after its module here. Adding a registry adds one line."""

from importlib import import_module

from connectors.source import Kind

NAMES = (
    "chat",
    "ckm",
    "coding",
    "comensha",
    "glotip",
    "rapporteur",
)
KINDS: dict[str, Kind] = {name: import_module(f"connectors.{name}").KIND for name in NAMES}
TABLES = {table: schema for kind in KINDS.values() for table, schema in kind.tables.items()}
# Those that land `<kind>_figures`, which the staging model `stg_<kind>__figures` reads.
REGISTRIES = tuple(name for name, kind in KINDS.items() if f"{name}_figures" in kind.tables)
