"""Whether the master keeps up with the lines of many workers."""
