"""The folder that holds the encryption keys: private to this user, with the passphrase that pickles them.

matrix-nio creates its key database world-readable and pickles it with a well-known word (facts/matrix.md 2.1). This
folder is 0700, every file in it 0600, and the word is the operator's `matrix.store_key` or a generated one beside it.
"""

import os
import secrets
from pathlib import Path

from bot.domain.errors import SettingsError, SettingsFault, StoreError

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


class KeyFolder:
    """A private folder; opening it creates it. Raises StoreError when it cannot be created or made private."""

    def __init__(self, path: Path, store_key: str = "") -> None:
        self.path = path
        try:
            path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            path.chmod(_PRIVATE_FOLDER)
        except OSError as error:
            raise StoreError(f"The folder for the Matrix keys, {path}, cannot be used: {error}") from error
        self.pickle_key = store_key or self._generated_key()

    @property
    def seeds(self) -> Path:
        """Where the secrets of the cross-signing identity are kept."""
        return seeds_in(self.path)

    def make_private(self) -> None:
        """Set every file in the folder to 0600; called after others created files in it."""
        for file in self.path.iterdir():
            if file.is_file():
                file.chmod(_PRIVATE_FILE)

    def _generated_key(self) -> str:
        file = self.path / "store-key"
        if not file.exists():
            if any(self.path.glob("*.db")):
                problem = "the Matrix keys exist but the key that opens them is missing; restore the file store-key"
                raise SettingsError([SettingsFault(key="matrix.store_key", problem=problem)])
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text().strip()


def seeds_in(folder: Path) -> Path:
    """Where a key folder keeps the cross-signing secrets."""
    return folder / "cross-signing.json"


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 completely or not at all, and durably."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
