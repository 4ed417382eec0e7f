"""What two parts have to agree on. Each fact stands here once; both sides import it.

- `record.py`: the files of a run's record, and their columns;
- `stops.py`: the rules that end a run, the reasons it may end for, and the outcomes;
- `failures.py`: the texts of failures that `load/` writes and `analysis/` tells apart;
- `columns.py`: what the columns of a record mean;
- `conformance.py`: the files that say how servers conform to HTTP/1.1;
- `settings.py`: values of settings that more than one part gives a meaning to;
- `file_name.py`: the name under which a report is handed in;
- `command_line.py` and `output.py`: what a command says of wrong words, and prints;
- `terminal.py`: what a terminal can draw, and how durations are written;
- `text.py` and `whole_file.py`: text that is one line; files that appear complete.

Rules of this package:
- It needs the standard library alone, and imports no part of the project.
- All parts may import it but `servers/`: a server is to be measured for its own code
  alone.
- It is part of the digest of the code that measures, and of the code that analyses.
"""
