"""The pages: routes that a person opens in a browser; they ask what the API asks."""
