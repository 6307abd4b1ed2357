"""What can be wrong with the store, named by what to do about it.

StoreError
├── Unavailable    this write did not happen (disk full, locked); the caller must not acknowledge anything
└── Unusable       the program must not start on this file
    ├── Foreign    it is somebody else's database, or of a newer evobot
    ├── Corrupt    it is damaged; restore a backup
    ├── InUse      another evobot runs on it
    └── Away       its server is not there: starting again may help
"""

from __future__ import annotations


class StoreError(Exception):
    """Something is wrong with the store."""


class Unavailable(StoreError):
    """The store could not take this write; nothing was changed."""


class Unusable(StoreError):
    """The program must not run on this file."""


class Foreign(Unusable):
    """The file is not an evobot store of a version that this program knows."""


class Corrupt(Unusable):
    """The file is damaged."""


class InUse(Unusable):
    """Another evobot runs on this file."""


class Away(Unusable):
    """The server of the database is not there just now."""
