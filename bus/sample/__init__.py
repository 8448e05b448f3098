"""The sample nation: a made-up population, the separate systems that hold it, and the people the demo names.

Promises: the same seed and size give the same bytes of meaning on every machine; nobody in it could be real. Leaves
out: anything the bus itself needs to run; these are the other side of the adapters.
"""
