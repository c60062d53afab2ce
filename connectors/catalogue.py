"""List the kinds of source that zicht reads, each with its reader."""

from connectors.chat import conversations
from connectors.coding import codings
from connectors.registries import glotip, reader
from connectors.source import Kind

# The registries that publish workbooks. One reader reads them all, by the rows in `seeds/` that describe them.
REGISTRIES = ("ckm", "comensha", "rapporteur")
KINDS: dict[str, Kind] = {
    "chat": conversations.KIND,
    "coding": codings.KIND,
    "glotip": glotip.KIND,
    **dict.fromkeys(REGISTRIES, reader.KIND),
}
TABLES = {table: schema for kind in KINDS.values() for table, schema in kind.tables.items()}
