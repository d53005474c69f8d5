"""What runs every day: drift, quality, performance and the telemetry about them."""
