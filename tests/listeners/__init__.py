"""Events for the recipes of docs/listeners.md, with what each recipe does with them."""
