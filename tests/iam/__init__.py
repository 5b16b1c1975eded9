"""IAM: which requests the product makes to AWS, and whether the documented policies allow them."""
