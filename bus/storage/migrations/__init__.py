"""How stored formats grew, one folder per store; run by `bus.storage.formats` only."""
