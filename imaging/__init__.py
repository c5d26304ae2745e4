"""Pixels: DICOM series as volumes in patient millimetres, and measurements on them."""

from imaging.dicom.headers import Instance, inspect
from imaging.flags import Flag, Refused
from imaging.series.loading import load, series_flags
from imaging.volume import Volume

__all__ = ["Flag", "Instance", "Refused", "Volume", "inspect", "load", "series_flags"]
