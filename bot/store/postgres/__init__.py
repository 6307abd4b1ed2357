"""The same store on PostgreSQL: for several machines. Nothing here is imported where the database is a file."""
