"""The deployer's room: packages, checks and deploys. Acts on no event."""
