"""Pages of advocacy."""
