"""Hides small counts, and enough of the others that no subtraction brings them back. Pure."""

from collections.abc import Sequence


def hide_small(counts: Sequence[int], *, smallest: int) -> list[int | None]:
    """None stands for what is not shown, whether it was small or only stood beside something small.

    The total of the counts may be shown beside them. So what is hidden is never one count alone,
    and never fewer people than the smallest count together: else the total less what is shown
    would tell it. What is hidden besides is chosen by where it stands, never by its size, and
    looks the same: whoever knows this rule is still left with more than one answer.
    """
    hidden = {place for place, count in enumerate(counts) if count < smallest}
    first = min(hidden, default=0)
    for place in (*range(first + 1, len(counts)), *range(first)):
        if not hidden or (len(hidden) > 1 and sum(counts[one] for one in hidden) >= smallest):
            break
        hidden.add(place)
    return [None if place in hidden else count for place, count in enumerate(counts)]


def show_if_large(count: int, *, smallest: int) -> int | None:
    return count if count >= smallest else None
