"""The composition root: the only place where settings become parts and parts find each other."""
