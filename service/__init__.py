"""The service: trials, readers and images over HTTP, kept in a database."""
