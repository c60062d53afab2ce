"""The kinds of source that zicht reads. Adding a registry adds one line here."""

from connectors import chat, coding, glotip

KINDS = {
    "chat": chat.KIND,
    "coding": coding.KIND,
    "glotip": glotip.KIND,
}
TABLES = {table: schema for kind in KINDS.values() for table, schema in kind.tables.items()}
