"""The commands of `recist` that need the service or its database."""
