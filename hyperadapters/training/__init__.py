"""How training treats parameters that a batch does not use, and what fairseq keeps between trainings."""
