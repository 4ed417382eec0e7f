"""What the records say: definitions, tables and charts.

Each step goes from files to files and knows nothing of how they came about.
`definitions.py` says what the words mean; `cell.py` applies them to one record;
`tables.py` and `charts.py` put the cells of a matrix side by side.
"""
