"""Citizens seeing who asked about them.

`tickets` gives out challenges and cursors; `issuer` has the e-ID issuer's keys; `admission` turns a token into a
citizen; `disclosure` says what is shown when; `lines` puts records into words; `looks` records the look and answers it.
"""
