"""The kinds of source that zicht reads, each with its module. Adding a registry adds one line."""

from importlib import import_module

from connectors.source import Kind

MODULES = {
    "chat": "chat.conversations",
    "ckm": "registries.ckm",
    "coding": "coding.codings",
    "comensha": "registries.comensha",
    "glotip": "registries.glotip",
    "rapporteur": "registries.rapporteur",
}
KINDS: dict[str, Kind] = {name: import_module(f"connectors.{module}").KIND for name, module in MODULES.items()}
TABLES = {table: schema for kind in KINDS.values() for table, schema in kind.tables.items()}
# Those that land `<kind>_figures`, which the staging model `stg_<kind>__figures` reads.
REGISTRIES = tuple(name for name, kind in KINDS.items() if f"{name}_figures" in kind.tables)
