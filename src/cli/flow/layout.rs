//! Boxes and arrows on paper: a layered layout after Sugiyama. Layers by longest path, order by barycentres, places by least squares.

/// A box to place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// An arrow; `label` is the width of what is written on it.
#[derive(Clone, Copy, Debug)]
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub label: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// Where everything goes.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The upper left corner of each box.
    pub corners: Vec<Point>,
    /// Through which points each arrow goes, from its source to its target.
    pub courses: Vec<Vec<Point>>,
    pub width: f64,
    pub height: f64,
}

const BETWEEN_BOXES: f64 = 28.0;
const BETWEEN_LAYERS: f64 = 52.0;
/// The least width that a passing arrow keeps for itself.
const LANE: f64 = 14.0;
const SWEEPS: usize = 24;
/// How much straighter passing arrows want to be than others.
const STRAIGHTNESS: f64 = 6.0;

/// A box, or a point at which an arrow passes a layer.
struct Place {
    layer: usize,
    size: Size,
    x: f64,
    is_passing: bool,
}

/// A piece of an arrow between neighbouring layers.
struct Piece {
    above: usize,
    below: usize,
}

pub fn layout(boxes: &[Size], arrows: &[Arrow]) -> Layout {
    let backward = backward(boxes.len(), arrows);
    let layers = layers(boxes.len(), arrows, &backward);
    let mut sheet = Sheet::new(boxes, arrows, &backward, &layers);
    sheet.order();
    sheet.place();
    sheet.finish(boxes.len(), arrows, &backward)
}

/// Which arrows lead back to where one has been.
fn backward(count: usize, arrows: &[Arrow]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        Under,
        Done,
    }
    fn visit(at: usize, arrows: &[Arrow], visits: &mut [Visit], backward: &mut [bool]) {
        visits[at] = Visit::Under;
        for (n, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from == at) {
            match visits[arrow.to] {
                Visit::Under => backward[n] = true,
                Visit::Not => visit(arrow.to, arrows, visits, backward),
                Visit::Done => {}
            }
        }
        visits[at] = Visit::Done;
    }
    let mut visits = vec![Visit::Not; count];
    let mut backward = vec![false; arrows.len()];
    for at in 0..count {
        if visits[at] == Visit::Not {
            visit(at, arrows, &mut visits, &mut backward);
        }
    }
    backward
}

/// The longest way to each box.
fn layers(count: usize, arrows: &[Arrow], backward: &[bool]) -> Vec<usize> {
    let mut layers = vec![0; count];
    for _round in 0..count {
        let before = layers.clone();
        for (arrow, is_back) in arrows.iter().zip(backward) {
            if !is_back {
                layers[arrow.to] = layers[arrow.to].max(layers[arrow.from] + 1);
            }
        }
        if layers == before {
            break;
        }
    }
    layers
}

struct Sheet {
    places: Vec<Place>,
    /// Places of each layer from left to right.
    rows: Vec<Vec<usize>>,
    pieces: Vec<Piece>,
    /// The places that each arrow passes, from its source to its target.
    chains: Vec<Vec<usize>>,
}

impl Sheet {
    fn new(boxes: &[Size], arrows: &[Arrow], backward: &[bool], layers: &[usize]) -> Sheet {
        let place = |(size, layer): (&Size, &usize)| Place { layer: *layer, size: *size, x: 0.0, is_passing: false };
        let mut places: Vec<Place> = boxes.iter().zip(layers).map(place).collect();
        let (mut pieces, mut chains) = (Vec::new(), Vec::new());
        for (arrow, is_back) in arrows.iter().zip(backward) {
            let (top, bottom) = if *is_back { (arrow.to, arrow.from) } else { (arrow.from, arrow.to) };
            let mut chain = vec![top];
            for layer in layers[top] + 1..layers[bottom] {
                let width = if layer == layers[top] + 1 { arrow.label.max(LANE) } else { LANE };
                chain.push(places.len());
                places.push(Place { layer, size: Size { width, height: 0.0 }, x: 0.0, is_passing: true });
            }
            chain.push(bottom);
            if top != bottom {
                pieces.extend(chain.windows(2).map(|pair| Piece { above: pair[0], below: pair[1] }));
            }
            if *is_back {
                chain.reverse();
            }
            chains.push(chain);
        }
        let mut rows = vec![Vec::new(); places.iter().map(|place| place.layer + 1).max().unwrap_or(0)];
        for (n, place) in places.iter().enumerate() {
            rows[place.layer].push(n);
        }
        Sheet { places, rows, pieces, chains }
    }

    fn neighbours(&self, at: usize, above: bool) -> Vec<usize> {
        let pieces = self.pieces.iter();
        if above {
            pieces.filter(|piece| piece.below == at).map(|piece| piece.above).collect()
        } else {
            pieces.filter(|piece| piece.above == at).map(|piece| piece.below).collect()
        }
    }

    /// Sorts every layer by where its neighbours stand, down and up again, and keeps the order with the fewest crossings.
    fn order(&mut self) {
        let (mut best, mut fewest) = (self.rows.clone(), self.crossings());
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let order: Vec<usize> = if down { (0..self.rows.len()).collect() } else { (0..self.rows.len()).rev().collect() };
            for layer in order {
                let ranks = self.ranks();
                let mut keyed: Vec<(f64, usize)> = Vec::new();
                for (rank, at) in self.rows[layer].iter().enumerate() {
                    let near = self.neighbours(*at, down);
                    let sum: f64 = near.iter().map(|other| ranks[*other]).sum();
                    keyed.push((if near.is_empty() { rank as f64 } else { sum / near.len() as f64 }, *at));
                }
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.rows[layer] = keyed.into_iter().map(|(_, at)| at).collect();
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (best, fewest) = (self.rows.clone(), crossings);
            }
        }
        self.rows = best;
    }

    fn ranks(&self) -> Vec<f64> {
        let mut ranks = vec![0.0; self.places.len()];
        for row in &self.rows {
            for (rank, at) in row.iter().enumerate() {
                ranks[*at] = rank as f64;
            }
        }
        ranks
    }

    fn crossings(&self) -> usize {
        let ranks = self.ranks();
        let mut count = 0;
        for (n, a) in self.pieces.iter().enumerate() {
            for b in self.pieces.iter().skip(n + 1) {
                let same_layer = self.places[a.above].layer == self.places[b.above].layer;
                let crosses = (ranks[a.above] - ranks[b.above]) * (ranks[a.below] - ranks[b.below]) < 0.0;
                count += usize::from(same_layer && crosses);
            }
        }
        count
    }

    /// Every place as near as can be to where its neighbours are, without overlaps.
    fn place(&mut self) {
        for row in &self.rows.clone() {
            let mut x = 0.0;
            for at in row {
                self.places[*at].x = x + self.places[*at].size.width / 2.0;
                x += self.places[*at].size.width + BETWEEN_BOXES;
            }
        }
        for sweep in 0..SWEEPS {
            let order: Vec<usize> = if sweep % 2 == 0 { (0..self.rows.len()).collect() } else { (0..self.rows.len()).rev().collect() };
            for layer in order {
                self.place_row(layer, sweep % 2 == 0, sweep + 4 >= SWEEPS);
            }
        }
    }

    fn place_row(&mut self, layer: usize, from_above: bool, both: bool) {
        let row = self.rows[layer].clone();
        let mut wishes = Vec::with_capacity(row.len());
        for at in &row {
            let mut near = self.neighbours(*at, from_above);
            if both || near.is_empty() {
                near.extend(self.neighbours(*at, !from_above));
            }
            let is_passing = self.places[*at].is_passing;
            let weight = |other: usize| if is_passing && self.places[other].is_passing { STRAIGHTNESS } else { 1.0 };
            let total: f64 = near.iter().map(|other| weight(*other)).sum();
            let sum: f64 = near.iter().map(|other| weight(*other) * self.places[*other].x).sum();
            let wish = if near.is_empty() { self.places[*at].x } else { sum / total };
            wishes.push((wish, if is_passing { STRAIGHTNESS } else { 1.0 }));
        }
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(row.len());
        for (n, at) in row.iter().enumerate() {
            if n > 0 {
                let left = &self.places[row[n - 1]];
                offset += (left.size.width + self.places[*at].size.width) / 2.0 + BETWEEN_BOXES;
            }
            offsets.push(offset);
        }
        let shifted: Vec<(f64, f64)> = wishes.iter().zip(&offsets).map(|((wish, weight), offset)| (wish - offset, *weight)).collect();
        for ((at, x), offset) in row.iter().zip(not_falling(&shifted)).zip(offsets) {
            self.places[*at].x = x + offset;
        }
    }

    fn finish(self, count: usize, arrows: &[Arrow], backward: &[bool]) -> Layout {
        let left = self.places.iter().map(|place| place.x - place.size.width / 2.0).fold(f64::INFINITY, f64::min);
        let right = self.places.iter().map(|place| place.x + place.size.width / 2.0).fold(f64::NEG_INFINITY, f64::max);
        let heights: Vec<f64> = self.rows.iter().map(|row| row.iter().map(|at| self.places[*at].size.height).fold(0.0, f64::max)).collect();
        let mut tops = Vec::with_capacity(heights.len());
        let mut y = 0.0;
        for height in &heights {
            tops.push(y);
            y += height + BETWEEN_LAYERS;
        }
        let corner = |place: &Place| Point { x: place.x - place.size.width / 2.0 - left, y: tops[place.layer] };
        let corners = self.places.iter().take(count).map(corner).collect();
        let courses = (0..arrows.len()).map(|n| self.course(n, &tops, &heights, left, backward)).collect();
        Layout { corners, courses, width: (right - left).max(0.0), height: (y - BETWEEN_LAYERS).max(0.0) }
    }

    /// Down out of a box, straight past boxes of other layers, and into its target; the other way round for those that lead back.
    fn course(&self, n: usize, tops: &[f64], heights: &[f64], left: f64, backward: &[bool]) -> Vec<Point> {
        let chain = &self.chains[n];
        let last = chain.len() - 1;
        let mut points = Vec::new();
        for (k, at) in chain.iter().enumerate() {
            let place = &self.places[*at];
            let (top, floor) = (tops[place.layer], tops[place.layer] + heights[place.layer]);
            let bottom = top + place.size.height;
            let x = if place.is_passing { place.x } else { self.port(n, *at, k == 0, backward[n]) } - left;
            let (enter, leave) = if backward[n] { (floor, top) } else { (top, floor) };
            match (k == 0, k == last, backward[n]) {
                (true, _, false) => points.extend([Point { x, y: bottom }, Point { x, y: floor }]),
                (true, _, true) => points.push(Point { x, y: top }),
                (_, true, false) => points.push(Point { x, y: top }),
                (_, true, true) => points.extend([Point { x, y: floor }, Point { x, y: bottom }]),
                _ => points.extend([Point { x, y: enter }, Point { x, y: leave }]),
            }
        }
        points
    }

    /// Where on the edge of a box an arrow leaves or arrives: side by side in the order of where they come from or go to.
    fn port(&self, arrow: usize, at: usize, leaves: bool, is_back: bool) -> f64 {
        let is_below = leaves != is_back;
        let mut sharing: Vec<(f64, usize)> = Vec::new();
        for piece_of in 0..self.chains.len() {
            let chain = &self.chains[piece_of];
            for (end, next) in [(chain.first(), chain.get(1)), (chain.last(), chain.iter().rev().nth(1))] {
                if let (Some(end), Some(next)) = (end, next)
                    && *end == at
                    && (self.places[*next].layer > self.places[at].layer) == is_below
                {
                    sharing.push((self.places[*next].x, piece_of));
                }
            }
        }
        sharing.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rank = sharing.iter().position(|(_, other)| *other == arrow).unwrap_or(0) as f64;
        let place = &self.places[at];
        let spread = (place.size.width * 0.6).min(26.0 * sharing.len().saturating_sub(1) as f64);
        let step = if sharing.len() > 1 { spread / (sharing.len() - 1) as f64 } else { 0.0 };
        place.x - spread / 2.0 + step * rank
    }
}

/// The never-falling numbers nearest to these (value, weight), by least squares: neighbours that would fall are pooled.
fn not_falling(wishes: &[(f64, f64)]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (value, weight) in wishes {
        pools.push((*value, *weight, 1));
        while let [.., (a, wa, na), (b, wb, nb)] = pools.as_slice()
            && a > b
        {
            let pooled = ((a * wa + b * wb) / (wa + wb), wa + wb, na + nb);
            pools.truncate(pools.len() - 2);
            pools.push(pooled);
        }
    }
    pools.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arrow((from, to): (usize, usize)) -> Arrow {
        Arrow { from, to, label: 30.0 }
    }

    #[test]
    fn pooling_never_falls() {
        assert_eq!(not_falling(&[(1.0, 1.0), (3.0, 1.0), (2.0, 1.0), (5.0, 1.0)]), [1.0, 2.5, 2.5, 5.0]);
        assert_eq!(not_falling(&[(4.0, 1.0), (1.0, 2.0)]), [2.0, 2.0]);
    }

    #[test]
    fn a_line_is_straight_and_a_fork_is_even() {
        let size = Size { width: 100.0, height: 40.0 };
        let line = layout(&[size; 3], &[(0, 1), (1, 2)].map(arrow));
        assert!(line.corners.iter().all(|corner| corner.x.abs() < 0.01), "{:?}", line.corners);
        let fork = layout(&[size; 4], &[(0, 1), (0, 2), (1, 3), (2, 3)].map(arrow));
        assert_eq!(fork.corners[1].y, fork.corners[2].y);
        assert!((fork.corners[1].x + fork.corners[2].x - 2.0 * fork.corners[0].x).abs() < 1.0, "{:?}", fork.corners);
    }

    proptest! {
        #[test]
        fn boxes_never_overlap_and_arrows_end_at_their_boxes(
            sizes in prop::collection::vec((40.0..240.0_f64, 20.0..120.0_f64), 1..16),
            ends in prop::collection::vec((0_usize..16, 0_usize..16), 0..30),
        ) {
            let boxes: Vec<Size> = sizes.iter().map(|(width, height)| Size { width: *width, height: *height }).collect();
            let arrows: Vec<Arrow> = ends.into_iter().filter(|(from, to)| *from < boxes.len() && *to < boxes.len() && from != to).map(arrow).collect();
            let made = layout(&boxes, &arrows);
            for (a, (one, size)) in made.corners.iter().zip(&boxes).enumerate() {
                prop_assert!(one.x >= -0.01 && one.x + size.width <= made.width + 0.01 && one.y + size.height <= made.height + 0.01);
                for (other, its) in made.corners.iter().zip(&boxes).skip(a + 1) {
                    let apart = one.x + size.width <= other.x + 0.01 || other.x + its.width <= one.x + 0.01
                        || one.y + size.height <= other.y + 0.01 || other.y + its.height <= one.y + 0.01;
                    prop_assert!(apart, "{one:?} {size:?} {other:?} {its:?}");
                }
            }
            for (arrow, course) in arrows.iter().zip(&made.courses) {
                for (end, at) in [(course.first().unwrap(), arrow.from), (course.last().unwrap(), arrow.to)] {
                    let (corner, size) = (made.corners[at], boxes[at]);
                    let touches = (end.y - corner.y).abs() < 0.01 || (end.y - corner.y - size.height).abs() < 0.01;
                    prop_assert!(touches && end.x >= corner.x && end.x <= corner.x + size.width);
                }
            }
        }
    }
}
