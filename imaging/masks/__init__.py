"""Delineations that other programs drew, and ours for them: DICOM SEG and RTSTRUCT."""
