"""`CITATION.cff`: how an archive is cited (Citation File Format 1.2.0).

Rules of this module:
- The author is who is named by `report.name`, and nobody else. There is no DOI before
  somebody has got one.
"""

from __future__ import annotations

from typing import Any

import yaml

MESSAGE = "If you use these results, please cite them as below."
NOBODY = "anonymous"


def citation(title: str, author: str, day: str, project: dict[str, Any]) -> str:
    """Return the file; `project` is the table of this name in pyproject.toml."""
    name = project["name"]
    content = {
        "cff-version": "1.2.0",
        "message": MESSAGE,
        "type": "dataset",
        "title": title,
        "authors": [{"name": author or NOBODY}],
        "date-released": day,
        **({"license": project["license"]} if "license" in project else {}),
        "references": [
            {
                "type": "software",
                "title": name,
                "abstract": project["description"],
                "version": project["version"],
                "authors": [{"name": f"The authors of {name}"}],
            }
        ],
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text
