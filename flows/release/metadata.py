"""What catalogues need to know of a release."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Publisher:
    """Who publishes: a name, an address for questions (mailto: or https:), and where the releases stand."""

    name: str
    contact: str
    url: str
