"""Read the workbooks of CoMensha, the coordination centre: (possible) victims and notifications."""

from connectors.registries.reader import registry_kind

KIND = registry_kind("comensha")
