"""What every domain stands on: settings, records, sign-in, HTTP, pages, the console."""
