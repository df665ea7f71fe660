"""What all pages share: visit, form, page, table, language, rendering, sessions."""
