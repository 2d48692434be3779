"""What is to be done: tasks, the pool, comments."""
