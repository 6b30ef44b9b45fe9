"""HTTP in (HTML): what people see, and the pictures on it."""
