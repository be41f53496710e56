//! Swarms by size, with ties as the network has them (spec 05 §2.4): the reference sorts with the unstable sort
//! of the GNU C++ library and indexes into the result, so that this very algorithm is consensus.

use alloc::vec::Vec;

/// Ranges up to this length are left to the final insertion sort.
const SMALL: usize = 16;

/// The swarms in ascending order of size: a number of nodes, and the place of the swarm among all.
#[derive(Debug, Default)]
pub(super) struct BySize(Vec<Entry>);

/// Number of nodes, place among all. Small, because the sort is most of an assignment's time.
type Entry = (u32, u32);

impl BySize {
    /// Sorts swarms of these sizes, which come in ascending order of ids.
    pub(super) fn sort(&mut self, sizes: impl Iterator<Item = usize>) {
        self.0.clear();
        self.0.extend(sizes.map(|size| u32::try_from(size).unwrap_or(u32::MAX)).zip(0..));
        sort(&mut self.0);
    }

    /// Place among all of the swarm at this position of the order.
    pub(super) fn index(&self, position: usize) -> Option<usize> {
        self.0.get(position).and_then(|(_, index)| usize::try_from(*index).ok())
    }

    /// Size at a percentile; 0 if there is no swarm.
    pub(super) fn size_at_percentile(&self, percentile: usize) -> usize {
        usize::try_from(size(&self.0, self.position(percentile))).unwrap_or(usize::MAX)
    }

    /// Number of swarms that are no larger than the one at a percentile.
    pub(super) fn count_up_to_percentile(&self, percentile: usize) -> usize {
        let limit = size(&self.0, self.position(percentile));
        self.0.partition_point(|entry| entry.0 <= limit)
    }

    /// Places of the swarms of fewer than `size` nodes, smallest first.
    pub(super) fn smaller_than(&self, size: usize) -> Vec<usize> {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let smaller = self.0.iter().take_while(|entry| entry.0 < size);
        smaller.filter_map(|entry| usize::try_from(entry.1).ok()).collect()
    }

    fn position(&self, percentile: usize) -> usize {
        percentile.saturating_mul(self.0.len().saturating_sub(1)) / 100
    }
}

/// The sort of the library, by size alone: quicksort with a bounded number of partitions, then insertion.
fn sort(list: &mut [Entry]) {
    let partitions = list.len().checked_ilog2().unwrap_or(0).saturating_mul(2);
    refine(list, partitions);
    for end in 1..list.len() {
        let inserted = size(list, end);
        let shift = list.iter().take(end).rev().take_while(|entry| inserted < entry.0).count();
        if shift > 0
            && let Some(shifted) = list.get_mut(end - shift..=end)
        {
            shifted.rotate_right(1);
        }
    }
}

/// Size at a place that is within the list.
fn size(list: &[Entry], place: usize) -> u32 {
    list.get(place).map_or(0, |entry| entry.0)
}

/// Partitions until no part is longer than [`SMALL`].
fn refine(mut list: &mut [Entry], mut partitions: u32) {
    while list.len() > SMALL {
        let Some(left) = partitions.checked_sub(1) else {
            return heap_sort(list);
        };
        partitions = left;
        let cut = partition(list);
        let (low, high) = list.split_at_mut(cut);
        refine(high, partitions);
        list = low;
    }
}

/// Puts what is smaller than a pivot before what is larger, and returns where the latter starts.
fn partition(list: &mut [Entry]) -> usize {
    let (a, b, c) = (1, list.len() / 2, list.len() - 1);
    let pivot = median(list, a, b, c);
    list.swap(0, pivot);
    let pivot = size(list, 0);
    // The median has a larger and a smaller neighbour among the three, so that both searches end.
    let (mut low, mut high) = (1, list.len());
    loop {
        while size(list, low) < pivot {
            low += 1;
        }
        high -= 1;
        while pivot < size(list, high) {
            high -= 1;
        }
        if low >= high {
            return low;
        }
        list.swap(low, high);
        low += 1;
    }
}

/// Which of three places holds the size in the middle; the library's choice among equals.
fn median(list: &[Entry], a: usize, b: usize, c: usize) -> usize {
    let less = |one, other| size(list, one) < size(list, other);
    if less(a, b) {
        if less(b, c) {
            b
        } else if less(a, c) {
            c
        } else {
            a
        }
    } else if less(a, c) {
        a
    } else if less(b, c) {
        c
    } else {
        b
    }
}

/// The library's way out if partitions do not divide: no plausible sizes lead here (§2.4).
fn heap_sort(list: &mut [Entry]) {
    for root in (0..list.len() / 2).rev() {
        if let Some(entry) = list.get(root) {
            sift(list, root, *entry);
        }
    }
    for last in (1..list.len()).rev() {
        let (heap, rest) = list.split_at_mut(last);
        if let (Some(largest), Some(end)) = (heap.first(), rest.first_mut()) {
            let entry = core::mem::replace(end, *largest);
            sift(heap, 0, entry);
        }
    }
}

/// Puts `entry` into the heap below `root`, whose own entry is gone: down along the larger children to the
/// end, then up again as far as it belongs.
fn sift(heap: &mut [Entry], root: usize, entry: Entry) {
    let mut hole = root;
    while let Some(left) = heap.get(2 * hole + 1).copied() {
        let child = match heap.get(2 * hole + 2) {
            Some(right) if right.0 >= left.0 => 2 * hole + 2,
            _ => 2 * hole + 1,
        };
        heap.swap(hole, child);
        hole = child;
    }
    while hole > root && size(heap, (hole - 1) / 2) < entry.0 {
        heap.swap(hole, (hole - 1) / 2);
        hole = (hole - 1) / 2;
    }
    if let Some(place) = heap.get_mut(hole) {
        *place = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_those_of_the_specification() {
        let sizes = [7, 7, 8, 7, 9, 7, 7, 8, 7, 7, 7, 10, 7, 7, 8, 7, 7, 7, 9, 7];
        let mut list = BySize::default();
        list.sort(sizes.into_iter());
        let order: Vec<u32> = list.0.iter().map(|(_, index)| *index).collect();
        assert_eq!(order, [10, 19, 17, 16, 15, 13, 12, 0, 9, 8, 6, 5, 3, 1, 7, 14, 2, 4, 18, 11]);
    }

    #[test]
    fn orders_are_those_of_the_library() {
        let lines = include_str!("by_size/libstdcxx.txt").lines();
        let numbers = |text: &str| -> Vec<usize> {
            text.split_whitespace().map(|number| number.parse().unwrap()).collect()
        };
        let mut list = BySize::default();
        for (sizes, order) in lines.filter_map(|line| line.split_once('|')).skip(1) {
            list.sort(numbers(sizes).into_iter());
            let ours: Vec<usize> =
                (0..list.0.len()).filter_map(|place| list.index(place)).collect();
            assert_eq!(ours, numbers(order), "{sizes}");
        }
    }
}
