"""What Hydra composes of, each file read once while Hydra's context is open.

Rules of this module:
- For each composition, Hydra would copy all that it holds, with all submissions of a
  class, and read each file anew. That took two thirds of the time.
- What is kept is given out as a copy: Hydra changes it while it composes.
"""

from __future__ import annotations

import copy
import pickle

from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.config_source import ConfigResult


class ReadOnce(ConfigRepository):
    """Hydra's repository of files and schemas, which shares what it has read."""

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        super().initialize_sources(config_search_path)
        self._read: dict[str, bytes] = {}

    def __deepcopy__(self, memo: object) -> ReadOnce:
        return copy.copy(self)  # other sources are only ever put in place of these

    def load_config(self, config_path: str) -> ConfigResult | None:
        if config_path not in self._read:
            # To load a pickle takes a fifth of the time of a deep copy.
            self._read[config_path] = pickle.dumps(super().load_config(config_path))
        result: ConfigResult | None = pickle.loads(self._read[config_path])
        return result
