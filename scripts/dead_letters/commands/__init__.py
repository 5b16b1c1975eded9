"""The commands `alma-webhooks dead-letters …`."""
