"""HTTP in (JSON, pictures and streams)."""
