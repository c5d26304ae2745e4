"""The instances of a series: which make one volume, and what is doubtful about it."""
