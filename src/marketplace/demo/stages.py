"""Long steps, told while they run and timed when they are done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn


class Stages:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        begin = perf_counter()
        with self.console.status(f"{name} …"):
            yield
        self._done(name, perf_counter() - begin)

    @contextmanager
    def count(self, name: str, total: int | None = None) -> Iterator[Callable[..., None]]:
        """As `time`, with a bar; the yielded function takes a step, or sets done and total."""
        begin = perf_counter()
        columns = (SpinnerColumn(), TextColumn(name), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(name, total=total)

            def step(done: int | None = None, of: int | None = None) -> None:
                if done is None:
                    progress.advance(task)
                else:
                    progress.update(task, completed=done, total=of)

            yield step
        self._done(name, perf_counter() - begin)

    def _done(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self.console.print(f"[green]✓[/green] {name} [dim]{seconds:.1f} s[/dim]", highlight=False)
