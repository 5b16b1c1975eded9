"""The command `alma-webhooks routes diff`."""
