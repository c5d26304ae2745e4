"""Who is asking: principals, what they were granted, and the ways in which they show themselves."""
