"""The Nationaal Rapporteur: victims, offenders, targets and estimates."""

from connectors.registry import registry_kind

KIND = registry_kind("rapporteur")
