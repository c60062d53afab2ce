"""CKM: the printed editions of the chat report."""

from connectors.registry import registry_kind

KIND = registry_kind("ckm")
