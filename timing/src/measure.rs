//! Measuring one target: two classes of inputs in random order, cropped at many thresholds (dudect, 2017).
//!
//! Interrupts and other programs make a few measurements far too long, which hides small differences. So the t-test
//! runs on all measurements and on those below each of many thresholds, and the largest |t| counts.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{random::Random, welch::Welch};

/// Inputs that are made before any of them is measured.
const BATCH: usize = 2_000;
/// Thresholds of the crops.
const CROPS: usize = 100;

/// Which class an input is of: always the same secret, or another for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    Fixed,
    Random,
}

/// The largest |t| of a target, and the number of measurements.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub t: f64,
    pub count: usize,
}

/// Measures `work` for as long as `time`: it runs `repeat` times on each input.
pub fn measure<I, T>(
    time: Duration,
    repeat: usize,
    mut prepare: impl FnMut(Class, &mut Random) -> I,
    mut work: impl FnMut(&I) -> T,
) -> Measured {
    let mut random = Random::new();
    let end = Instant::now() + time;
    let mut thresholds = Vec::new();
    let mut tests = [Welch::default(); CROPS + 1];
    let mut count = 0;
    while count < 2 * BATCH || Instant::now() < end {
        let batch = measure_batch(repeat, &mut random, &mut prepare, &mut work);
        if thresholds.is_empty() {
            // The first batch warms up and tells where to crop.
            thresholds = crops(&batch);
            count += batch.len();
            continue;
        }
        for (class, nanoseconds) in &batch {
            let below = thresholds.iter().map(|threshold| nanoseconds <= threshold);
            for (test, below) in tests.iter_mut().zip(below.chain([true])) {
                if below {
                    test.add(*class, *nanoseconds);
                }
            }
        }
        count += batch.len();
    }
    Measured { t: tests.iter().map(|test| test.t().abs()).fold(0.0, f64::max), count }
}

fn measure_batch<I, T>(
    repeat: usize,
    random: &mut Random,
    prepare: &mut impl FnMut(Class, &mut Random) -> I,
    work: &mut impl FnMut(&I) -> T,
) -> Vec<(usize, f64)> {
    let inputs: Vec<_> = (0..BATCH)
        .map(|_| {
            let class = if random.bytes::<1>()[0] & 1 == 0 { Class::Fixed } else { Class::Random };
            (class, prepare(class, random))
        })
        .collect();
    let measured = inputs.iter().map(|(class, input)| {
        let start = Instant::now();
        for _ in 0..repeat {
            black_box(work(black_box(input)));
        }
        let nanoseconds = start.elapsed().as_nanos() as f64;
        (usize::from(*class == Class::Random), nanoseconds)
    });
    measured.collect()
}

/// Quantiles that lie the closer together the higher they are, as dudect has them.
fn crops(batch: &[(usize, f64)]) -> Vec<f64> {
    let mut sorted: Vec<_> = batch.iter().map(|(_, nanoseconds)| *nanoseconds).collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
    (1..=CROPS).map(|i| quantile(1.0 - 0.5_f64.powf(10.0 * i as f64 / CROPS as f64))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_rise_to_the_end() {
        let batch: Vec<_> = (0..1_001).map(|number| (0, f64::from(number))).collect();
        let crops = crops(&batch);
        assert!(crops.is_sorted());
        assert_eq!((crops.len(), crops[9], crops[99]), (100, 500.0, 999.0));
    }

    #[test]
    fn a_difference_is_seen_and_none_is_not() {
        let time = Duration::from_millis(300);
        let spin = |turns: &u32| (0..*turns).map(black_box).fold(0, u32::wrapping_add);
        let turns = |class| if class == Class::Fixed { 1_000 } else { 1_500 };
        let leaky = measure(time, 1, |class, _| turns(class), spin);
        assert!(leaky.t > 10.0, "{leaky:?}");
        let even = (0..3).map(|_| measure(time, 1, |_, _| 1_000, spin).t);
        assert!(even.fold(f64::INFINITY, f64::min) < 10.0);
    }
}
