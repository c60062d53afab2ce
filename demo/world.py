"""Make the demo's world: the invented conversations and codings of two platforms in two years.

Every printed figure of the report holds in this world, as far as the figures can hold together (see `targets.py`). The
same targets and the same seed give the same world.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from demo.allotment import Visitor, allot_all
from demo.cells import coded_cells, not_related_cells, split_cells
from demo.targets import TargetFigure, demands, figure, read_targets

TIMEZONE = ZoneInfo("Europe/Amsterdam")
SEED = "zicht"
YEARS = (2019, 2020)
PLATFORMS = {"fier": "F", "csg": "C"}
FLAG = "mensenhandel"

SAME_NICKNAME = 0.4  # share of the duplicates on the same platform that use the same nickname
POINTS_BACK = 0.1  # share of the other duplicates to which the first coding points, so that references form a circle
RETURNS = 0.08  # share of the second year's persons who were there in the first year
CSG_PART = 0.17  # share of csg among persons without a flagged conversation
OTHER_TAGS = ("", "", "seksueel geweld", "huiselijk geweld", "relatie", "thuis", "huiselijk geweld|seksueel geweld")
OTHER_LANGUAGES = ("nl",) * 48 + ("en", "de")
HOURS = (4, 2, 1, 1, 1, 1, 1, 2, 4, 8, 9, 9, 9, 10, 11, 12, 12, 11, 10, 13, 16, 16, 13, 8)
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in ("a", "e", "i", "o", "u", "oe", "ij")]

Coding = dict[str, Any]


@dataclass(eq=False)
class Conversation:
    """One conversation.

    Attributes:
        platform: The name of the platform.
        nickname: The nickname that the person typed.
        started: The start, in local time without a zone.
        connection_group: The platform's mark of the connection, or None.
        language: The language (ISO 639-1).
        tags: The counsellor's tags, separated by `|`.
        cells: The codes, by column of the codebook. None if the researchers did not code the conversation.
        is_trafficking: Whether the visit is about trafficking.
        duplicate_of: The conversation that the researchers joined to this one, or None.
        minutes: The length in minutes.
        conversation_id: The id on the platform. It is set last.
    """

    platform: str
    nickname: str
    started: datetime  # local time, without a zone
    connection_group: str | None
    language: str = "nl"
    tags: str = ""
    cells: dict[str, str] | None = None
    is_trafficking: bool = False
    duplicate_of: "Conversation | None" = None
    minutes: int = 20
    conversation_id: str = ""

    @property
    def gesprek_id(self) -> str:
        return f"{self.platform}:{self.conversation_id}"


@cache
def make_world() -> list[Conversation]:
    """Return all conversations of both years, in the order of their start. They are made once in each process.

    Raises:
        ValueError: If no world was found in which all targets hold, or if a figure is missing. The message names the
            targets.
    """
    targets, rng = read_targets(), random.Random(SEED)
    nicknames = _nicknames(rng)
    talks: list[Conversation] = []
    former: dict[str, list[str]] = {platform: [] for platform in PLATFORMS}
    for year in YEARS:
        maker = _YearMaker(targets, year, rng, nicknames, former)
        talks += maker.make()
        former = maker.present
    talks.sort(key=lambda talk: (talk.started, talk.nickname))
    counts = dict.fromkeys(PLATFORMS, 0)
    for talk in talks:
        counts[talk.platform] += 1
        talk.conversation_id = f"{PLATFORMS[talk.platform]}-{counts[talk.platform]:07}"
    return talks


def codings() -> list[Coding]:
    """Return the coded conversations as rows with the columns and codes of the codebook."""
    return [
        {
            "gesprek_id": talk.gesprek_id,
            "gecodeerd_op": (talk.started + timedelta(days=10 + talk.minutes)).date(),
            "mensenhandel": "1" if talk.is_trafficking else "0",
            "dubbel_van": talk.duplicate_of.gesprek_id if talk.duplicate_of else None,
            **talk.cells,
        }
        for talk in make_world()
        if talk.cells is not None
    ]


def _nicknames(rng: random.Random) -> Iterator[str]:
    """Yield invented names. Their numbers make them unique."""
    number = 0
    while True:
        number += 1
        yield "".join(rng.choices(SYLLABLES, k=3)) + str(number)


@dataclass(eq=False)
class _YearMaker:
    """The maker of the conversations of one year. `former` and `present` are the nicknames of last and of this year."""

    targets: Sequence[TargetFigure]
    year: int
    rng: random.Random
    nicknames: Iterator[str]
    former: dict[str, list[str]]
    present: dict[str, list[str]] = field(default_factory=lambda: {platform: [] for platform in PLATFORMS})

    def __post_init__(self) -> None:
        for names in self.former.values():
            self.rng.shuffle(names)

    def make(self) -> list[Conversation]:
        flagged = self._flagged()
        persons = self._figure("volumes", "person")
        while sum(map(len, self.present.values())) < persons:
            self._person("csg" if self.rng.random() < CSG_PART else "fier")
        everyone = [(platform, name) for platform, names in self.present.items() for name in names]
        flagged_persons = {(talk.platform, talk.nickname) for talk in flagged}
        speakers = [person for person in everyone if person not in flagged_persons]
        extra = self._figure("volumes", "conversation") - len(flagged) - len(speakers)
        speakers += self.rng.choices(everyone, k=extra)
        return flagged + [self._unflagged(platform, nickname) for platform, nickname in speakers]

    def _figure(self, population: str, category: str) -> int:
        return figure(self.targets, self.year, population, category)

    def _person(self, platform: str) -> str:
        """Return a nickname that is present this year: a new one, or one of the year before."""
        returns = self.former[platform] and self.rng.random() < RETURNS
        nickname = self.former[platform].pop() if returns else next(self.nicknames)
        self.present[platform].append(nickname)
        return nickname

    def _flagged(self) -> list[Conversation]:
        """Return the conversations of visitors, of persons not related to trafficking, and their duplicates."""
        rng = self.rng
        size = self._figure("funnel", "visitor")
        visitors = allot_all(demands(self.targets, self.year), size, f"{SEED} {self.year}")
        visits: list[Visitor | None] = [*visitors, *([None] * self._figure("funnel", "not_related"))]
        rng.shuffle(visits)
        platforms = [name for name in PLATFORMS for _ in range(self._figure("funnel", name))]
        rng.shuffle(platforms)
        if len(platforms) != self._figure("funnel", "flagged"):
            raise ValueError(f"targets: the platforms of {self.year} do not add up to the flagged conversations")
        talks = [[self._first(visitor, platforms.pop())] for visitor in visits]
        for _ in range(self._figure("funnel", "duplicate")):
            again = rng.choice(talks)
            again.append(self._duplicate(again, platforms.pop()))
        for visitor, same in zip(visits, talks, strict=True):
            same.sort(key=lambda talk: talk.started)
            cells = coded_cells(visitor, self.year, rng) if visitor else not_related_cells(rng)
            for talk, part in zip(same, split_cells(cells, len(same), rng), strict=True):
                talk.cells = part
        return [talk for same in talks for talk in same]

    def _first(self, visitor: Visitor | None, platform: str) -> Conversation:
        month = visitor["month"] if visitor else self.rng.randrange(1, 13)
        assert isinstance(month, int)
        talk = self._conversation(platform, self._person(platform), self._moment(month))
        talk.tags, talk.is_trafficking = FLAG, visitor is not None
        talk.language = str(visitor["language"]) if visitor else "nl"
        return talk

    def _duplicate(self, earlier: Sequence[Conversation], platform: str) -> Conversation:
        """Return a later conversation of the same person in the same year.

        It has the same nickname in another spelling, or the researchers joined it to an earlier conversation.
        """
        first, rng = earlier[0], self.rng
        last = min(first.started + timedelta(days=45), datetime(self.year, 12, 31, 23, 59, 59))
        started = first.started + (last - first.started) * rng.uniform(0.01, 1)
        talk = self._conversation(platform, first.nickname, started.replace(microsecond=0))
        if platform == first.platform and rng.random() < SAME_NICKNAME:
            talk.nickname = rng.choice([first.nickname.upper(), f" {first.nickname}", f"{first.nickname.title()}  "])
        else:
            talk.nickname = next(self.nicknames)
            talk.duplicate_of = rng.choice(earlier)
            if rng.random() < POINTS_BACK:
                first.duplicate_of = talk
        talk.tags, talk.is_trafficking = f"{FLAG}|seksueel geweld", first.is_trafficking
        talk.language, talk.connection_group = first.language, first.connection_group
        return talk

    def _unflagged(self, platform: str, nickname: str) -> Conversation:
        talk = self._conversation(platform, nickname, self._moment(self.rng.randrange(1, 13)))
        talk.tags = self.rng.choice(OTHER_TAGS)
        talk.language = self.rng.choice(OTHER_LANGUAGES)
        return talk

    def _conversation(self, platform: str, nickname: str, started: datetime) -> Conversation:
        group = f"v{self.rng.randrange(10**6):06}" if self.rng.random() < 0.7 else None
        return Conversation(platform, nickname, started, group, minutes=self.rng.randrange(3, 60))

    def _moment(self, month: int) -> datetime:
        next_month = date(self.year + month // 12, month % 12 + 1, 1)
        day = self.rng.randrange((next_month - date(self.year, month, 1)).days) + 1
        (hour,) = self.rng.choices(range(24), weights=HOURS)
        return datetime(self.year, month, day, hour, self.rng.randrange(60), self.rng.randrange(60))
