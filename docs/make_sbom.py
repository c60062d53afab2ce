"""Write docs/sbom.json, the CycloneDX list of the packages that zicht installs, from requirements.lock: `make sbom`.

The list holds no time and no random number: equal locks give equal bytes. The hashes of the files are in the lock.
"""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SBOM = ROOT / "docs" / "sbom.json"
LOCK = ROOT / "requirements.lock"


def sbom() -> str:
    """Return the content of the file as JSON."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "bom-ref": project["name"],
                "type": "application",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": [_component(name, version) for name, version in pinned],
    }
    return json.dumps(content, indent=1) + "\n"


def _component(name: str, version: str) -> dict[str, str]:
    # A package URL takes the name as PEP 503 normalises it.
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    return {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    SBOM.write_text(sbom(), encoding="utf-8")
