"""One analysis on plain files, without any store: `deeptier analyse NAME`."""
