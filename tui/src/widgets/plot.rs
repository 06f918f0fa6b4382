//! Curves over evenly spaced slots, as dots in cells: braille where there is braille, else ASCII.
//!
//! Pure: series in, dots out. A missing value is a break in the curve, never a zero.

/// What a curve means; the drawing gives each its sign and style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// What was measured: a line.
    Measured,
    /// What is likely: a line.
    Likely,
    /// The edge of an interval: dots.
    Edge,
    /// The edge of a wider interval: half as many dots.
    Outer,
}

/// One value per slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it means.
    pub ink: Ink,
    /// The values; `None` is a gap.
    pub values: Vec<Option<f64>>,
}

/// Dots in cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Cells in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    braille: bool,
    cells: Vec<(u8, Ink)>,
}

const BRAILLE_DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl Raster {
    /// Draws `curves` over `slots` slots, from 0 to `top`; later curves win a shared cell.
    pub fn new(
        curves: &[Curve],
        slots: usize,
        (width, height): (usize, usize),
        top: f64,
        braille: bool,
    ) -> Self {
        let mut raster = Self {
            width,
            height,
            braille,
            cells: vec![(0, Ink::Edge); width * height],
        };
        if width == 0 || height == 0 || slots == 0 || top.is_nan() || top <= 0.0 {
            return raster;
        }
        for curve in curves {
            raster.draw(curve, slots, top);
        }
        raster
    }

    /// The character of a cell and what it means; `None` where nothing is.
    pub fn at(&self, column: usize, row: usize) -> Option<(char, Ink)> {
        let (dots, ink) = *self.cells.get(row * self.width + column)?;
        if dots == 0 {
            return None;
        }
        let character = match (self.braille, ink) {
            (true, _) => char::from_u32(0x2800 + u32::from(dots))?,
            (false, Ink::Measured) => '*',
            (false, Ink::Likely) => '-',
            (false, Ink::Edge) => '.',
            (false, Ink::Outer) => ':',
        };
        Some((character, ink))
    }

    /// The column of cells in which a slot lies.
    pub fn column(&self, slot: usize, slots: usize) -> usize {
        self.x(slot, slots) / self.dots_across()
    }

    fn dots_across(&self) -> usize {
        if self.braille { 2 } else { 1 }
    }

    fn dots_down(&self) -> usize {
        if self.braille { 4 } else { 1 }
    }

    fn x(&self, slot: usize, slots: usize) -> usize {
        let dots = self.width * self.dots_across();
        let at = (slot as f64 + 0.5) * dots as f64 / slots.max(1) as f64;
        (at as usize).min(dots.saturating_sub(1))
    }

    fn y(&self, value: f64, top: f64) -> usize {
        let dots = (self.height * self.dots_down()).saturating_sub(1);
        let share = (value / top).clamp(0.0, 1.0);
        ((1.0 - share) * dots as f64).round() as usize
    }

    fn draw(&mut self, curve: &Curve, slots: usize, top: f64) {
        let mut before: Option<(usize, usize)> = None;
        for (slot, value) in curve.values.iter().enumerate().take(slots) {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                before = None;
                continue;
            };
            let here = (self.x(slot, slots), self.y(value, top));
            self.line(before.unwrap_or(here), here, curve.ink);
            before = Some(here);
        }
    }

    fn line(&mut self, from: (usize, usize), to: (usize, usize), ink: Ink) {
        let (x0, y0) = (from.0 as f64, from.1 as f64);
        let (x1, y1) = (to.0 as f64, to.1 as f64);
        let steps = (x1 - x0).abs().max((y1 - y0).abs()).max(1.0) as usize;
        let every = match ink {
            Ink::Measured | Ink::Likely => 1,
            Ink::Edge => self.dots_across() + 1,
            Ink::Outer => 2 * (self.dots_across() + 1),
        };
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let x = (x0 + (x1 - x0) * part).round() as usize;
            let y = (y0 + (y1 - y0) * part).round() as usize;
            if x.is_multiple_of(every) {
                self.dot(x, y, ink);
            }
        }
    }

    fn dot(&mut self, x: usize, y: usize, ink: Ink) {
        let (across, down) = (self.dots_across(), self.dots_down());
        let at = (y / down) * self.width + x / across;
        if let Some(cell) = self.cells.get_mut(at) {
            let dot = if self.braille {
                BRAILLE_DOTS[x % 2][y % 4]
            } else {
                1
            };
            *cell = (cell.0 | dot, ink);
        }
    }
}

/// A round number not below `max` for the top of an axis, halved into a round number too.
pub fn round_top(max: f64) -> f64 {
    if !max.is_finite() || max <= 0.0 {
        return 1.0;
    }
    let scale = 10_f64.powf(max.log10().floor());
    for step in [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0] {
        if step * scale >= max * 0.999 {
            return step * scale;
        }
    }
    10.0 * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raster: &Raster) -> Vec<String> {
        (0..raster.height)
            .map(|row| {
                (0..raster.width)
                    .map(|column| raster.at(column, row).map_or(' ', |(c, _)| c))
                    .collect()
            })
            .collect()
    }

    fn measured(values: &[Option<f64>]) -> Curve {
        Curve {
            ink: Ink::Measured,
            values: values.to_vec(),
        }
    }

    #[test]
    fn a_curve_runs_from_its_first_to_its_last_slot() {
        let curve = measured(&[Some(0.0), Some(2.0), Some(4.0)]);
        let raster = Raster::new(&[curve], 3, (3, 3), 4.0, false);
        assert_eq!(text(&raster), ["  *", " * ", "*  "]);
    }

    #[test]
    fn a_gap_is_a_break() {
        let curve = measured(&[Some(1.0), None, None, Some(1.0)]);
        let raster = Raster::new(&[curve], 4, (8, 1), 1.0, false);
        assert_eq!(text(&raster), [" *     *"]);
    }

    #[test]
    fn braille_has_two_by_four_dots_in_a_cell() {
        let curve = measured(&[Some(0.0), Some(1.0)]);
        let raster = Raster::new(&[curve], 2, (1, 1), 1.0, true);
        // From the lower left dot to the upper right one.
        assert_eq!(text(&raster), ["⡜"]);
    }

    #[test]
    fn an_edge_is_dotted() {
        let edge = Curve {
            ink: Ink::Edge,
            values: vec![Some(1.0); 8],
        };
        let raster = Raster::new(&[edge], 8, (8, 1), 1.0, false);
        assert_eq!(text(&raster), [". . . . "]);
    }

    #[test]
    fn a_wider_interval_has_half_the_dots_and_another_sign() {
        let outer = Curve {
            ink: Ink::Outer,
            values: vec![Some(1.0); 8],
        };
        let raster = Raster::new(&[outer], 8, (8, 1), 1.0, false);
        assert_eq!(text(&raster), [":   :   "]);
    }

    #[test]
    fn nothing_panics_where_there_is_nothing() {
        for size in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let curve = measured(&[Some(f64::NAN), Some(-3.0), Some(1e300)]);
            for top in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.0] {
                let _ = text(&Raster::new(
                    std::slice::from_ref(&curve),
                    3,
                    size,
                    top,
                    true,
                ));
            }
        }
    }

    #[test]
    fn the_top_of_an_axis_is_round() {
        for (max, top) in [
            (13.2, 16.0),
            (0.7, 0.8),
            (100.0, 100.0),
            (9.5, 10.0),
            (0.0, 1.0),
        ] {
            assert!(
                (round_top(max) - top).abs() < 1e-9,
                "{max}: {}",
                round_top(max)
            );
        }
    }
}
