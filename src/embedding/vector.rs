//! A point as it is kept: one byte a dimension and a scale.
//!
//! A byte for each number keeps the order of likenesses but for those that are within half a hundredth of each other, in a
//! quarter of the bytes. Knows nothing of how points are made.

/// Steps of a byte on either side of zero.
const STEPS: f32 = 127.0;

/// A point of length one, with a byte for each dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector(Vec<u8>);

impl Vector {
    /// The point in the direction of these numbers. Empty, and like nothing, if they are all zero; `None` if one of them is no
    /// finite number.
    pub fn of(numbers: &[f32]) -> Option<Vector> {
        if numbers.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let length = numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        let most = numbers.iter().fold(0f32, |most, x| most.max(x.abs()));
        if length == 0.0 {
            return Some(Vector(Vec::new()));
        }
        let scale = (f64::from(most) / length) as f32 / STEPS;
        let mut bytes = Vec::with_capacity(4 + numbers.len());
        bytes.extend_from_slice(&scale.to_le_bytes());
        bytes.extend(numbers.iter().map(|x| ((x / most * STEPS).round() as i8).cast_unsigned()));
        Some(Vector(bytes))
    }

    /// As it is written down.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How like a point and one that was written down are: the cosine of their angle, from -1 to 1, with the point as
    /// [`unit()`] gives it. 0 where there is nothing to compare: no direction, or other dimensions.
    pub fn likeness(point: &[f32], kept: &[u8]) -> f32 {
        let Some((scale, steps)) = kept.split_first_chunk().filter(|(_, steps)| steps.len() == point.len()) else {
            return 0.0;
        };
        let sum: f32 = point.iter().zip(steps).map(|(x, step)| x * f32::from(step.cast_signed())).sum();
        sum * f32::from_le_bytes(*scale)
    }
}

/// The numbers scaled to length one; `None` if that cannot be done.
pub fn unit(mut numbers: Vec<f32>) -> Option<Vec<f32>> {
    let length = numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return None;
    }
    numbers.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_most_like_itself_whatever_its_length() {
        let numbers = [0.3, -0.9, 0.05, 12.0, -7.5];
        let long: Vec<f32> = numbers.iter().map(|x| x * 1000.0).collect();
        let point = unit(numbers.to_vec()).unwrap();
        let kept = Vector::of(&long).unwrap();
        assert_eq!(kept.bytes().len(), 4 + 5);
        assert!((Vector::likeness(&point, kept.bytes()) - 1.0).abs() < 0.01);
        let other: Vec<f32> = numbers.iter().map(|x| -x).collect();
        assert!((Vector::likeness(&point, Vector::of(&other).unwrap().bytes()) + 1.0).abs() < 0.01);
    }

    #[test]
    fn what_has_no_direction_is_like_nothing_and_no_number_is_no_point() {
        let nothing = Vector::of(&[0.0; 4]).unwrap();
        assert_eq!(Vector::likeness(&[1.0, 0.0, 0.0, 0.0], nothing.bytes()), 0.0);
        assert_eq!(
            Vector::likeness(&[1.0, 0.0], Vector::of(&[1.0, 0.0, 0.0]).unwrap().bytes()),
            0.0,
            "other dimensions"
        );
        assert_eq!(Vector::of(&[1.0, f32::NAN]), None);
        assert_eq!(Vector::of(&[f32::INFINITY]), None);
        assert_eq!(unit(vec![0.0, 0.0]), None);
        assert_eq!(unit(vec![f32::NAN]), None);
    }
}
