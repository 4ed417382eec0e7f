"""What the records say: definitions, tables and charts.

Each step goes from files to files and knows nothing of how they came about.
`definitions.py` says what the words mean; `cell.py` applies them to one record;
`groups.py` puts repeats together, `statistics.py` and `ratios.py` say how sure their
figures and differences are; `tables.py` and `charts.py` put all of them side by side.
"""
