"""Pictures of pages, small enough to keep beside the words about them."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

# A page that is longer is shown from its top: enough to see what it is.
MOST_HEIGHT = {320: 1500, 1280: 1100}
COLOURS = 48
MARGIN = 15
FROM_THE_TOP = "one => one.getBoundingClientRect().top + window.scrollY"


def save_picture(page: Page, path: Path, above: str) -> None:
    width = page.viewport_size["width"]
    start = page.locator(above).first.evaluate(FROM_THE_TOP) if above else MARGIN
    top = int(start) - MARGIN
    taken = page.screenshot(full_page=True, animations="disabled")
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(taken)) as image:
        bottom = min(image.height, top + MOST_HEIGHT[width])
        shown = image.crop((0, top, image.width, bottom))
        shown.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
