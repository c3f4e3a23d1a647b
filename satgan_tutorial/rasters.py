"""Pictures as files: chips on one contact sheet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

GAP = 2  # pixels between the images of a contact sheet


def contact_sheet(images: np.ndarray, columns: int | None = None) -> Image.Image:
    """All images, uint8 (N, H, W, 3), on one white page, about as wide as high where `columns` is None."""
    from PIL import Image

    columns = columns or math.ceil(math.sqrt(len(images)))
    missing = -len(images) % columns
    cells = np.pad(images, ((0, missing), (GAP, 0), (GAP, 0), (0, 0)), constant_values=255)
    page = np.vstack([np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)])
    return Image.fromarray(np.pad(page, ((0, GAP), (0, GAP), (0, 0)), constant_values=255))
