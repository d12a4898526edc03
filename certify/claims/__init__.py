"""What is asserted: the sentence, parameters and limit of every line of a certificate."""
