"""The receiver of `run`: a server on this computer that plays the services that notifications are sent to."""
