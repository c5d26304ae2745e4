"""Measurements in DICOM structured reports, each checked against what was drawn."""
