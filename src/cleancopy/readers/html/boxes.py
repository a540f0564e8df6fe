"""What stands around each line of a page: the block elements that hold it, and how much of each is links."""

from __future__ import annotations

AROUND = 4
"""Elements around a line that are told of."""
NONE = (0.0,) * 3 * AROUND
"""What is said of a line that no element holds."""


class Boxes:
    """The block elements of a page as a tree, by number, and the lines that each holds itself."""

    def __init__(self) -> None:
        self._parents = [0]
        self._lines: list[tuple[int, int, int]] = []

    def open(self, parent: int) -> int:
        """The number of a new element in `parent`; 0 is the page."""
        self._parents.append(parent)
        return len(self._parents) - 1

    def parent(self, box: int) -> int:
        return self._parents[box]

    def add(self, box: int, length: int, linked: int) -> None:
        """A line in `box`. length, linked: its characters, and those in links."""
        self._lines.append((box, length, linked))

    def around(self) -> list[tuple[float, ...]]:
        """For each line, of the `AROUND` smallest elements that hold more than what the one before holds, the share of
        its characters in links, its share of the page's characters, and its lines.
        """
        parents = self._parents
        lengths, linked, lines = ([0] * len(parents) for _ in range(3))
        for box, length, links in self._lines:
            lengths[box] += length
            linked[box] += links
            lines[box] += 1
        # An element is opened after the one that holds it.
        for box in range(len(parents) - 1, 0, -1):
            if lines[box]:
                parent = parents[box]
                lengths[parent] += lengths[box]
                linked[parent] += linked[box]
                lines[parent] += lines[box]
        whole = max(lengths[0], 1)
        # box → what is said of it, and the next element around it that holds more
        known: dict[int, tuple[tuple[float, ...], int]] = {}

        def known_of(box: int) -> tuple[tuple[float, ...], int]:
            size, held, above = max(lengths[box], 1), lines[box], box
            while above and lines[above] == held:
                above = parents[above]
            links = round(linked[box] / size, 3) if linked[box] else 0.0
            said = (links, round(size / whole, 3), float(held))
            known[box] = said, above
            return known[box]

        found: dict[int, tuple[float, ...]] = {}
        for box, _, _ in self._lines:
            if box not in found:
                told: tuple[float, ...] = ()
                at = box
                for _ in range(AROUND):
                    said, at = known.get(at) or known_of(at)
                    told += said
                found[box] = told
        return [found[box] for box, _, _ in self._lines]
