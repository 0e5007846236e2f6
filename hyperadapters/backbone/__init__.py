"""The Transformer that adapters act in: fairseq's, with points inside attention."""
