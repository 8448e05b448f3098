"""`lienthong adapter new`: a description of a system → a working adapter and what the registrar needs for it.

`read_*` read one kind of source into one neutral form (`described`); `terms` weighs which term of the dictionary a
field is; `choices` settles what is bound and what is left to the integrator; `write_*` write files; `make` does all.
"""
