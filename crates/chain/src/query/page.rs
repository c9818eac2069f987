//! Answers in pages.

use cosmos::proto::page::{PageRequest, PageResponse};

use super::error::QueryError;

/// Entries of a page whose request names no limit.
const PAGE_ENTRIES_DEFAULT: u64 = 100;
/// Most entries that a list may have to be given, in pages or whole.
pub(super) const ENTRIES_MAX: usize = 10_000;

/// A part of a list, and where the next one begins.
pub(super) struct Page<T> {
    pub(super) entries: Vec<T>,
    pub(super) response: Option<PageResponse>,
}

/// The requested part of a list that is ordered by a key; all of it without a request.
pub(super) fn part_of<T>(
    mut entries: Vec<T>,
    key_of: impl Fn(&T) -> &[u8],
    request: Option<&PageRequest>,
) -> Result<Page<T>, QueryError> {
    let Some(request) = request else {
        return Ok(Page {
            entries,
            response: None,
        });
    };
    if request.offset > 0 && !request.key.is_empty() {
        let both = "invalid request, either offset or key is expected, got both";
        return Err(QueryError::Invalid(both.to_owned()));
    }
    let total = entries.len();
    if request.reverse {
        entries.reverse();
    }
    let start = match request.key.as_slice() {
        [] => usize::try_from(request.offset).unwrap_or(usize::MAX),
        key => entries.partition_point(|entry| match request.reverse {
            false => key_of(entry) < key,
            true => key_of(entry) > key,
        }),
    };
    let (limit, counts) = match request.limit {
        0 => (PAGE_ENTRIES_DEFAULT, true),
        limit => (limit, request.count_total),
    };
    let start = start.min(total);
    let end = start.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_key = entries.get(end).map(|entry| key_of(entry).to_vec());
    entries.truncate(end);
    entries.drain(..start);
    let counts = counts && request.key.is_empty();
    Ok(Page {
        entries,
        response: Some(PageResponse {
            next_key: next_key.unwrap_or_default(),
            total: if counts { total as u64 } else { 0 },
        }),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(count: usize, request: &PageRequest) -> Result<Page<Vec<u8>>, QueryError> {
        let entries = (0..count).map(|number| format!("{number:05}").into_bytes());
        part_of(entries.collect(), |entry| entry.as_slice(), Some(request))
    }

    fn all_by_key(count: usize, limit: u64, reverse: bool) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut key = Vec::new();
        loop {
            let request = PageRequest {
                key,
                limit,
                reverse,
                ..PageRequest::default()
            };
            let page = part(count, &request).unwrap();
            found.extend(page.entries);
            key = page.response.unwrap().next_key;
            if key.is_empty() {
                return found;
            }
        }
    }

    proptest! {
        #[test]
        fn pages_by_key_make_the_whole_list(count in 0usize..60, limit in 0u64..20, reverse: bool) {
            let found = all_by_key(count, limit, reverse);
            let mut wanted = part(count, &PageRequest { limit: 1000, ..PageRequest::default() }).unwrap().entries;
            if reverse {
                wanted.reverse();
            }
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn pages_by_offset_have_the_entries_at_their_place(
            count in 0usize..60, offset: u64, near in 0u64..70, limit: u64, huge: bool,
        ) {
            let offset = if huge { offset } else { near };
            let request = PageRequest { offset, limit, count_total: true, ..PageRequest::default() };
            let page = part(count, &request).unwrap();
            let first = page.entries.first().cloned();
            let expected = (offset < count as u64).then(|| format!("{offset:05}").into_bytes());
            prop_assert_eq!(first, expected);
            prop_assert_eq!(page.response.unwrap().total, count as u64);
        }
    }

    #[test]
    fn a_page_without_limit_has_a_hundred_entries_and_counts() {
        let page = part(150, &PageRequest::default()).unwrap();
        assert_eq!(page.entries.len(), 100);
        let response = page.response.unwrap();
        assert_eq!(response.total, 150);
        assert_eq!(response.next_key, b"00100");
    }

    #[test]
    fn a_key_with_an_offset_is_refused() {
        let request = PageRequest {
            key: b"1".to_vec(),
            offset: 1,
            ..PageRequest::default()
        };
        assert!(matches!(part(5, &request), Err(QueryError::Invalid(_))));
    }
}
