//! Rows as PostgreSQL takes many of them at once: a list for each column, put together again by `unnest`.

/// One column of `rows`.
pub(super) fn column<R, T>(rows: impl IntoIterator<Item = R>, value: impl FnMut(R) -> T) -> Vec<T> {
    rows.into_iter().map(value).collect()
}
