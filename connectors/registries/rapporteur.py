"""Read the workbooks of the Nationaal Rapporteur: victims, offenders, targets and estimates."""

from connectors.registries.reader import registry_kind

KIND = registry_kind("rapporteur")
