//! The database: SQLite; one repository per aggregate. No business rules.
