"""What people say, language by language: tables that a speaker of the language can check."""
