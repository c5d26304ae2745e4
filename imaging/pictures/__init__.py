"""Slices as pictures, with what was measured drawn on them."""
