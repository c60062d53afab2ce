"""Run nights on a full disk: a small file system in memory, mounted where no other process sees it.

    unshare --mount python -m rigs.death.full_disk BEFORE AFTER PLACE LEVELS CHAIN

Each level gives a night more room, up to about enough. After CHAIN levels there is room again, and the next night must
finish. The program prints JSON: the number of levels with too little room (`full`), the messages of the nights
(`messages`), and a line for everything that was wrong (`wrong`).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from rigs.death import stage
from rigs.death.disk import Disk
from rigs.death.night import WHOLE
from rigs.death.seen import Versions

NEED = 16 << 20  # about enough bytes for a night, in addition to the existing files
ROOM = "1g"


def main(before: Path, after: Path, place: Path, levels: int, chain: int) -> dict[str, object]:
    versions = Versions(before, after)
    disk = place / "disk"
    disk.mkdir()
    full, messages, wrong = 0, set(), []
    for level in range(levels):
        if level % chain == 0:
            mount(disk, f"size={ROOM}")
            shutil.copytree(before, disk, symlinks=True, dirs_exist_ok=True)
        mount(disk, f"remount,size={shutil.disk_usage(disk).used + NEED * level // levels}")
        ended = stage.perform(disk, WHOLE)
        wrong += [f"level {level}: {line}" for line in versions.wrong(Disk(disk).tree())]
        full += ended.problems != []
        messages.update(["it came to no end"] if ended.problems is None else ended.problems)
        mount(disk, f"remount,size={ROOM}")
        if level % chain == chain - 1 or level == levels - 1:
            ended = stage.perform(disk, WHOLE)
            unlike = versions.unlike(Disk(disk).tree())
            wrong += [f"after level {level}: {line}" for line in [*(ended.problems or []), *unlike]]
            subprocess.run(["umount", str(disk)], check=True)
    return {"full": full, "messages": sorted(messages), "wrong": wrong}


def mount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(disk)], check=True)


if __name__ == "__main__":
    before, after, place = (Path(argument) for argument in sys.argv[1:4])
    print(json.dumps(main(before, after, place, int(sys.argv[4]), int(sys.argv[5]))))
    sys.stdout.flush()
    os._exit(0)
