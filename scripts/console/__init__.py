"""The operator's console: a local web page on the services that the commands use."""
