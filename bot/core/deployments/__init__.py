"""What a deployment to servers decides: which events a target goes through, how many targets at once, and when it has failed. Pure, as all of the core."""
