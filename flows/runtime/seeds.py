"""Give the seeds that hold for a configuration: the shipped ones, with the organisation's own rows behind them."""

from pathlib import Path

from connectors.codelists.seeds import Seeds
from flows.runtime.configuration import SEEDS, Configuration, SettingsProblem


def check_seeds(configuration: Configuration) -> None:
    """Check all seeds, before anything is read by them.

    Raises:
        SettingsProblem: A seed has faults. The message has one line for each.
    """
    if faults := _seeds(configuration).faults():
        raise SettingsProblem("\n".join(faults))


def seeds_folder(configuration: Configuration) -> Path:
    """Return the folder of the seeds. Own rows are joined to the shipped ones below `work` in home.

    Raises:
        SettingsProblem: The own rows cannot be read.
    """
    if not configuration.settings.seeds:
        return SEEDS
    seeds = _seeds(configuration)
    if seeds.malformed:
        raise SettingsProblem("\n".join(seeds.malformed))
    return seeds.join(configuration.work)


def _seeds(configuration: Configuration) -> Seeds:
    own = configuration.settings.seeds
    return Seeds(SEEDS, own and configuration.absolute(own))
