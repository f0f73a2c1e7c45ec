"""Finding certificates: by what they say, where they stand, and who may read them."""
