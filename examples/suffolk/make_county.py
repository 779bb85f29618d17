"""Write an example county: invented families and providers at real Suffolk postcodes.

The same day gives the same bytes. Another day moves every date by whole weeks, no more.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # so that it also works when it is loaded by its path

from suffolk_county import COMMITTED_DAY, make_county  # noqa: E402  # the line above comes first

__all__ = ["COMMITTED_DAY", "main", "make_county"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--today", type=date.fromisoformat, default=COMMITTED_DAY)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in make_county(today=options.today).items():
        (options.out / name).write_bytes(content)


if __name__ == "__main__":
    main()
