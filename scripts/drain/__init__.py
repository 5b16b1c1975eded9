"""The drain of the webhook queue: when it will be empty, by measured rates, and how sure that is."""
