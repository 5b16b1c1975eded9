"""The other systems of a run on this computer: an SFTP server with files, and a receiver of batches."""
