"""What the pages show: read in the background, selected, counted and laid out for charts. Knows no HTML."""
