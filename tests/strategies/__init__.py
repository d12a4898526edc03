"""Random instances that several folders of tests share."""
