"""The words every part of the bus shares: wire models, identifiers, problems, the one XML door.

Promises: no I/O, no clock, no import of any other package of this project.
"""
