//! Welch's t-test of two classes of measurements, in one pass.

/// Mean and variance of a class so far (Welford).
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let difference = value - self.mean;
        self.mean += difference / self.count;
        self.squares += difference * (value - self.mean);
    }

    fn variance_of_mean(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// The two classes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Welch([Moments; 2]);

impl Welch {
    /// Adds a measurement of class 0 or 1.
    pub fn add(&mut self, class: usize, value: f64) {
        self.0[class].add(value);
    }

    /// The difference of the means in standard errors; 0 while there is too little to tell.
    pub fn t(&self) -> f64 {
        let [one, other] = &self.0;
        if one.count < 500.0 || other.count < 500.0 {
            return 0.0;
        }
        let error = (one.variance_of_mean() + other.variance_of_mean()).sqrt();
        if error == 0.0 {
            // Without any noise every difference is one.
            return if one.mean == other.mean { 0.0 } else { f64::INFINITY };
        }
        (one.mean - other.mean) / error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two samples of 500: 0, 1, 2 … 9 again and again, the second moved by `by`.
    fn t_of(by: f64) -> f64 {
        let mut welch = Welch::default();
        for number in 0..500 {
            let value = f64::from(number % 10);
            welch.add(0, value);
            welch.add(1, value + by);
        }
        welch.t()
    }

    #[test]
    fn t_is_the_difference_in_standard_errors() {
        assert_eq!(t_of(0.0), 0.0);
        // The variance is 8.25 · 500 / 499, the error the root of twice that / 500.
        let error = (2.0 * 8.25 / 499.0_f64).sqrt();
        assert!((t_of(1.0) + 1.0 / error).abs() < 1e-9, "{}", t_of(1.0));
        assert!((t_of(-2.0) - 2.0 / error).abs() < 1e-9);
    }

    #[test]
    fn few_measurements_tell_nothing_and_equal_ones_everything() {
        let mut welch = Welch::default();
        for number in 0..500 {
            assert_eq!(welch.t(), 0.0, "{number}");
            welch.add(0, 1.0);
            welch.add(1, 2.0);
        }
        assert_eq!(welch.t(), f64::INFINITY);
    }
}
