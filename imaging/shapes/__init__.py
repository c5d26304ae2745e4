"""Shapes on a plane: regions, their outlines, and the chords that lie inside them."""
