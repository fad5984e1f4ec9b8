//! One call's session: listening, speaking, deciding, and the record of what happened. Knows no wire formats.
