"""Tables and figures that evaluations, comparisons and analyses share."""
