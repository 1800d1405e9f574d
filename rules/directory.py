"""Where a knowledge base stands on disk: the one inside the service, a site's own copy, or an earlier checkout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rules.faults import Fault


@dataclass(frozen=True, slots=True)
class KnowledgeDirectory:
    """A directory with the folders ``hip_spine`` (rules and what they share) and ``codelists``.

    ``rules/`` of a checkout is one. ``versions`` holds the fingerprints of both folders, so it stands beside them.
    """

    root: Path

    @property
    def rules(self) -> Path:
        """The folder of the rule files and of the files that they share."""
        return self.root / "hip_spine"

    @property
    def codelists(self) -> Path:
        """The folder of the code lists and their catalogue."""
        return self.root / "codelists"

    @property
    def versions(self) -> Path:
        """The file of versions and fingerprints (:mod:`rules.versions`)."""
        return self.root / "versions.toml"

    def faults(self) -> tuple[Fault, ...]:
        """A fault for each folder that is not there; the nearest right directory when it is one level below."""
        inner = KnowledgeDirectory(self.root / "rules")
        nearest = str(inner.root) if inner.rules.is_dir() and inner.codelists.is_dir() else None
        return tuple(
            Fault(
                str(self.root),
                "",
                f"has no folder {folder.name!r}; a knowledge directory holds 'hip_spine' and 'codelists'",
                nearest=nearest,
            )
            for folder in (self.rules, self.codelists)
            if not folder.is_dir()
        )
