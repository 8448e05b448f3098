"""The bus: the one package that knows the others and composes them into hubs, nodes and a command line."""
