"""What is asked of AWS, by those who have installed the extra `aws`. Object stores are not here: obstore speaks with those."""
