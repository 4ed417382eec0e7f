"""What the records say: definitions, tables and charts.

Each step goes from files to files and knows nothing of how they came about.
`definitions.py` says what the words mean; `cell.py` applies them to one record;
`groups.py` puts repeats together, `statistics.py` and `ratios.py` say how sure their
figures and differences are. Each module in `reports/` is a table or chart of all of
them; `catalogue.py` finds these, and `outputs.py` writes them.
"""
