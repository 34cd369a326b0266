//! Cells of tables that people open in spreadsheets.

/// A text that no spreadsheet takes for a formula (OWASP, "CSV Injection"): registrars write some.
pub fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_text_is_a_formula() {
        assert_eq!(plain("=cmd|'/c calc'!A1"), "'=cmd|'/c calc'!A1");
        assert_eq!(plain("Dr Ada"), "Dr Ada");
        assert_eq!(plain(""), "");
    }
}
