"""Files of DICOM: what their bytes say, read within limits, and their pixels decoded."""
