"""fairseq's beam search made faster on a CPU, with the same hypotheses."""
