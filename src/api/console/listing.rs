//! Lists: a page of rows, and links that keep what was asked for. All of it is in the address, so a link reproduces the view.

use serde::Serialize;

/// Rows on a page.
pub(super) const ROWS: u32 = 50;
/// The last page that is looked at.
const LAST: u32 = 10_000;

/// Where in a list one is, and the links to its neighbours.
pub(super) struct Paging {
    pub count: u32,
    pub first: u32,
    pub last: u32,
    /// Addresses.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Rows to skip for the page of this number, from 1.
pub(super) fn skip(page: Option<u32>) -> u32 {
    (page.unwrap_or(1).clamp(1, LAST) - 1) * ROWS
}

impl Paging {
    /// `address` gives the same list at another page.
    pub fn new(page: Option<u32>, count: u32, rows: usize, address: impl Fn(u32) -> String) -> Paging {
        let page = page.unwrap_or(1).clamp(1, LAST);
        let (skipped, rows) = (skip(Some(page)), u32::try_from(rows).unwrap_or(u32::MAX));
        Paging {
            count,
            first: if rows == 0 { 0 } else { skipped + 1 },
            last: skipped + rows,
            before: (page > 1).then(|| address(page - 1)),
            after: (skipped + rows < count).then(|| address(page + 1)),
        }
    }
}

/// The address of a list with these filters; what is empty is left out.
pub(super) fn address<T: Serialize>(path: &str, filters: &T) -> String {
    match serde_urlencoded::to_string(filters) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// What was typed into a field of a form; an empty one asks for nothing.
pub(super) fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Filters {
        state: Option<&'static str>,
        q: Option<&'static str>,
        page: Option<u32>,
    }

    #[test]
    fn links_keep_the_filters_and_lead_to_the_neighbours() {
        let address = |page| address("/console/orders", &Filters { state: Some("open"), q: None, page: Some(page) });
        let paging = Paging::new(Some(2), 120, 50, address);
        assert_eq!((paging.first, paging.last), (51, 100));
        assert_eq!(paging.before.as_deref(), Some("/console/orders?state=open&page=1"));
        assert_eq!(paging.after.as_deref(), Some("/console/orders?state=open&page=3"));
        let last = Paging::new(Some(3), 120, 20, address);
        assert_eq!((last.first, last.last, last.after), (101, 120, None));
        let none = Paging::new(None, 0, 0, address);
        assert_eq!((none.first, none.before, none.after), (0, None, None));
        assert_eq!(skip(Some(u32::MAX)), (LAST - 1) * ROWS, "no page is too far");
    }
}
