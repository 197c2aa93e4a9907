//! Images: samples at the places of a grid, and sums of windows.

use super::Reader;
use super::call::Call;
use crate::graph::{Dim, Function, Op, Operand};
use gia_base::diag::Outcome;

impl Reader {
    /// `GridSample`: an image at the places of a grid.
    pub(super) fn grid_sample(&mut self, call: &Call) -> Outcome<()> {
        let (x, grid) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        // Before operator set 20 the modes had the names that PyTorch gives them for images.
        let interpolation = match call.text("mode", "linear").as_str() {
            "linear" | "bilinear" => 0,
            "nearest" => 1,
            "cubic" | "bicubic" => 2,
            other => return Err(call.unknown(&format!("interpolates by `{other}`"))),
        };
        let padding = match call.text("padding_mode", "zeros").as_str() {
            "zeros" => 0,
            "border" => 1,
            "reflection" => 2,
            other => return Err(call.unknown(&format!("pads by `{other}`"))),
        };
        let channels = self.shape(x).and_then(|shape| shape.get(1)?.fixed());
        let places = self.shape(grid).and_then(|shape| {
            let places = shape.get(1..shape.len().checked_sub(1)?)?.iter();
            places.map(|dim| dim.fixed()).collect::<Option<Vec<i64>>>()
        });
        let (Some(channels), Some(places)) = (channels, places) else {
            return Err(call.unknown("samples at places whose number is known only at run time"));
        };
        let function = Function::GridSample {
            interpolation,
            padding,
            align_corners: call.int("align_corners", 0) != 0,
            sizes: [vec![channels], places].concat(),
        };
        let operands = vec![Operand::Value(x), Operand::Value(grid)];
        self.finish(call, Op::Function(function), operands)
    }

    /// `Col2Im`: the sum of windows at their places in an image.
    pub(super) fn columns_to_image(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let (image, kernel) = (self.known_integers(call, 1)?, self.known_integers(call, 2)?);
        let (&[height, width], &[rows, columns]) = (&image[..], &kernel[..]) else {
            return Err(call.unknown("adds up windows of other dimensions than two"));
        };
        let pads = call.spatial("pads", 4, 0)?;
        if pads[0] != pads[2] || pads[1] != pads[3] {
            return Err(call.unknown("pads the two ends of a dimension by different widths"));
        }
        let pair = |name: &str| -> Outcome<[i64; 2]> {
            let given = call.spatial(name, 2, 1)?;
            Ok([given[0], given[1]])
        };
        let (dilation, stride) = (pair("dilations")?, pair("strides")?);
        let window = rows.saturating_mul(columns);
        let channels = match self.shape(x) {
            Some([_, Dim::Fixed(all), _]) if window > 0 => all / window,
            _ => return Err(call.unknown("has an input whose shape is known only at run time")),
        };
        if stride.iter().chain(&dilation).any(|n| *n < 1) {
            return Err(call.wrong("has a stride or dilation below 1"));
        }
        let function = Function::Columns {
            image: Some([height, width]),
            kernel: [rows, columns],
            dilation,
            padding: [pads[0], pads[1]],
            stride,
            sizes: vec![channels, height, width],
        };
        self.finish(call, Op::Function(function), vec![Operand::Value(x)])
    }
}
