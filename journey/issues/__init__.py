"""The issue log across functions (ACC-14): what customers miss, who answers it, what it is worth, and who has to be told."""
