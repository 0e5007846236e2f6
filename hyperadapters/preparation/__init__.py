"""From raw bitext of many languages to data that fairseq trains on."""
