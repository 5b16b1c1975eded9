"""Apply, show, delete and test the topics of notifications, store their secrets, and post to them."""
