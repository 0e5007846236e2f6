"""Several evaluations in one table, with significance tests and figures."""
