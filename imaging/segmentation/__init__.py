"""A lesion's contour from what a reader pointed at, and how far it can be trusted."""
