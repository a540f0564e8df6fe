"""What a file format must be able to do to hold a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa


class Unreadable(ValueError):
    """A file is not what its sink has written. The message says what is wrong with it."""


class Writer(Protocol):
    """A file that is being written."""

    def write(self, table: pa.Table) -> None:
        """Add the rows as one row group. They are in one chunk. Raises OSError."""

    def close(self) -> None:
        """Finish the file, which may have no row at all. Raises OSError."""


class Contents(Protocol):
    """What a finished file says of itself. The file is open only while it is read: a dataset has thousands.

    schema:     the columns, with the metadata that the file was written with.
    group_rows: the rows of each of its row groups, in order.
    """

    @property
    def schema(self) -> pa.Schema: ...

    @property
    def group_rows(self) -> Sequence[int]: ...

    def read(self, group: int, columns: Sequence[str] | None = None, dictionaries: Sequence[str] = ()) -> pa.Table:
        """The rows of a row group.

        columns:      names of those to read, of fields in them as `signals.words` or `credits.role`; None: all.
            A name that the file has not is left out.
        dictionaries: columns of few different values, which are given as dictionary arrays.

        Raises OSError, and Unreadable where the content is damaged.
        """

    def may_hold(self, group: int, wanted: Mapping[str, str]) -> bool:
        """Whether the row group may have a row with these values, by what is known without reading it.

        Of `doc_id` the value may be the beginning.
        """


class Sink(Protocol):
    """A file format.

    title:   its name, for people.
    suffix:  the end of the name of each of its files.
    levels:  the highest compression level; the lowest is 1.
    typed:   whether a file says the types of its columns; where it does not, the dataset card does.
    loaders: reader → Python that loads the articles as `articles`, run in the dataset's folder.
    """

    @property
    def title(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    @property
    def levels(self) -> int: ...

    @property
    def typed(self) -> bool: ...

    @property
    def loaders(self) -> Mapping[str, str]: ...

    def writer(self, path: Path, dataset: str, schema: pa.Schema, level: int, *, in_order: bool = False) -> Writer:
        """Begin a file of one of the three tables.

        in_order: the rows come by `source_uri`, and of a source by `source_position`.
        """

    def contents(self, path: Path) -> Contents:
        """Raises FileNotFoundError, another OSError, and Unreadable for a file that is damaged or of another format."""
