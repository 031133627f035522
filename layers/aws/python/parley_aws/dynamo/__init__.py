"""DynamoDB: each table's items and the stores over them."""
