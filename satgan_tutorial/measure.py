"""Measure chips by their pixels, with no network: colours, the central ship's heading and size, contrast, spectrum."""

PIXEL = 3.0  # metres, the side of a PlanetScope pixel
