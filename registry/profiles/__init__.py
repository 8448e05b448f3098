"""The profiles that the product ships: schemas, dictionary, examples, and how a registry starts from them."""
