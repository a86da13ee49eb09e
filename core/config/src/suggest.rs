//! The nearest valid word to a misspelt one.

/// The candidate nearest to a word, if it is near enough to be what was meant: at most a third of the word may be
/// wrong. Candidates at the same distance: the first.
#[must_use]
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    let distances =
        candidates.into_iter().map(|other| (distance(&lower, &other.to_lowercase()), other));
    let nearest = distances.filter(|(distance, _)| *distance <= allowed);
    nearest.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) between two words. Words
/// above 64 characters are as far apart as they are long.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().max(b.len()) > LONGEST {
        return if a == b { 0 } else { a.len().max(b.len()) };
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

/// Longest word that is compared letter by letter: the work is its square.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        let words = ["listeners", "clusters", "routes", "hosts", "tls"];
        for (word, expected) in [
            ("listner", Some("listeners")),
            ("Clusters", Some("clusters")),
            ("rotues", Some("routes")),
            ("route", Some("routes")),
            ("tsl", Some("tls")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(suggest(word, words), expected, "{word}");
        }
        assert_eq!(suggest(&"x".repeat(100), words), None);
    }
}
