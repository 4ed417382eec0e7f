"""Archives: the results of a study as one file, to keep, to send and to cite.

An archive is a zip that is an RO-Crate. `form.py` says what is in it, and how much.

- `packing.py` makes one: of clean copies of records (`cleaning.py`), with tables,
  charts and a report, a description for machines (`crate.py`) and one for citations
  (`citation.py`);
- `opening.py` reads one: the zip (`container.py`), its tables (`rows.py`) and its other
  data (`data.py`);
- `conformance.py` does both with what is known of its servers;
- `shelf.py` keeps one that was read, for a study that shows it;
- `collection.py` collects them, of many machines, and shows them.

Rules of this stage:
- An archive names no host, no user and no place on a disk. The same results give the
  same bytes.
- An archive of others is data. It is refused whole, with one line, where anything in it
  is not as it would be made here. Nothing of it is executed.
- Results in an archive are not believed: they are made anew of its records.

May import: catalogue, outputs, record, report, rows, summarise, tables.
"""
