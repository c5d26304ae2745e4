"""Who did what, when and why: entries that are added to, sealed, and never changed."""
