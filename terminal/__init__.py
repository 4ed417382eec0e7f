"""What a person sees while a study runs, in place of Snakemake's own output.

- `screen.py`: from what Snakemake logs to lines, and what stands there in the end;
- `cell_lines.py`: a line of each cell that was measured;
- `study.py`, `durations.py`: how far the study is, and how long the rest will take;
- `ending.py`, `tables.py`, `markdown.py`: the tables of the study, as wide as the
  terminal, and where the rest is;
- `silent.py`: in place of all this, where nothing is to be seen.

While a cell is under load, the run itself shows how far it is (`load/progress/`). The
two take turns: whoever writes to the terminal is the only one then.

Rules of this part:
- It is given what it shows, and reads files of results. It imports no other part.
- What others wrote (a server's words, a submission's name) moves no cursor: it is shown
  by way of `contract.text`.
"""
