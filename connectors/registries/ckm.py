"""Read the workbooks of CKM: the printed editions of the chat report."""

from connectors.registries.reader import registry_kind

KIND = registry_kind("ckm")
