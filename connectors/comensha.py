"""CoMensha, the coordination centre: (possible) victims and notifications."""

from connectors.registry import registry_kind

KIND = registry_kind("comensha")
