//! How a quantity follows another: L ≈ a·N^b, a straight line where both axes are logarithmic (Kaplan et al. 2020,
//! arXiv 2001.08361).

/// A power law fitted to points: y ≈ `factor`·x^`exponent`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// a.
    pub factor: f64,
    /// b, the slope of the line; negative where y falls.
    pub exponent: f64,
    /// R² of the line through the logarithms: the share of their variance that it explains; 1 if all lie on it.
    pub r_squared: f64,
}

/// Points through which no power law goes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PowerLawError {
    /// There are too few.
    #[error("a power law needs points at two different x at least")]
    TooFew,
    /// A number without a logarithm.
    #[error("a power law needs numbers above 0, and one of the points is ({x}, {y})")]
    NotPositive {
        /// Its x.
        x: String,
        /// Its y.
        y: String,
    },
}

impl PowerLaw {
    /// The line with the least squares through (ln x, ln y).
    ///
    /// # Errors
    /// If there are not two different x, or a number is not above 0.
    pub fn fit(points: &[(f64, f64)]) -> Result<PowerLaw, PowerLawError> {
        if let Some((x, y)) = points.iter().find(|(x, y)| !(*x > 0.0 && *y > 0.0 && x.is_finite() && y.is_finite())) {
            return Err(PowerLawError::NotPositive { x: x.to_string(), y: y.to_string() });
        }
        let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / logs.len() as f64;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let sum = |of: &dyn Fn(f64, f64) -> f64| logs.iter().map(|point| of(point.0 - x, point.1 - y)).sum::<f64>();
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        if logs.len() < 2 || xx == 0.0 {
            return Err(PowerLawError::TooFew);
        }
        let exponent = xy / xx;
        // Where all y are alike, the level line through them leaves nothing unexplained.
        let r_squared = if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) };
        Ok(PowerLaw { factor: (y - exponent * x).exp(), exponent, r_squared })
    }

    /// What it says at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.factor * x.powf(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_of_exact_points_is_found() {
        let points: Vec<(f64, f64)> = [10.0, 100.0, 5000.0].iter().map(|x: &f64| (*x, 7.0 * x.powf(-0.3))).collect();
        let law = PowerLaw::fit(&points).unwrap();
        assert!((law.factor - 7.0).abs() < 1e-9 && (law.exponent + 0.3).abs() < 1e-12, "{law:?}");
        assert!((law.r_squared - 1.0).abs() < 1e-12);
        assert!((law.at(100.0) - points[1].1).abs() < 1e-9);
    }

    #[test]
    fn points_beside_the_line_lower_r_squared() {
        // In logarithms (0, 0), (1, 1), (2, 0): level, so the line explains nothing.
        let points = [(1.0, 1.0), (1f64.exp(), 1f64.exp()), (2f64.exp(), 1.0)];
        let law = PowerLaw::fit(&points).unwrap();
        assert!(law.exponent.abs() < 1e-12 && law.r_squared < 1e-12, "{law:?}");
    }

    #[test]
    fn what_has_no_law_is_refused() {
        for points in [&[][..], &[(1.0, 2.0)], &[(3.0, 1.0), (3.0, 2.0)]] {
            assert_eq!(PowerLaw::fit(points), Err(PowerLawError::TooFew));
        }
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(PowerLaw::fit(&[(1.0, 1.0), (2.0, bad)]), Err(PowerLawError::NotPositive { .. })),
                "{bad}"
            );
        }
    }
}
