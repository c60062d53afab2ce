"""The kinds of source that zicht reads. Adding a registry adds one line here."""

from connectors import chat, ckm, coding, comensha, glotip, rapporteur

KINDS = {
    "chat": chat.KIND,
    "ckm": ckm.KIND,
    "coding": coding.KIND,
    "comensha": comensha.KIND,
    "glotip": glotip.KIND,
    "rapporteur": rapporteur.KIND,
}
TABLES = {table: schema for kind in KINDS.values() for table, schema in kind.tables.items()}
