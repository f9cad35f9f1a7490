"""Questions of those who watch: stress, and analyses of plain files."""
