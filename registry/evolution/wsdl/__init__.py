"""WSDL 1.1: whether a service still serves those who were made for another version of it."""
