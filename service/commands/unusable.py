"""What a command raises where its input cannot be used."""


class Unusable(Exception):
    """One sentence for standard error: what is wrong, where, and what to do."""
