"""Looking into the ledger: search tables, inquiries that are themselves recorded, reports, erasure.

`rows` says what the tables hold of a record; `index` keeps them; `indexer` feeds them from entries and details;
`inquiry` admits, records, answers.
"""
