"""Who exists, what they offer, who may ask what, in which shape.

The package promises decisions without input or output: bytes and values in, values out, the time an argument.
It leaves out reading folders, fetching and signatures: those live in ``bus.registry``.
"""
