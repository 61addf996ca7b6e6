//! The instructions of a parcel, in pieces: a long one grows without being copied, and needs no large block of memory.

use super::op::Op;

/// Instructions in a piece. A short parcel has one piece, which is no longer than it must be.
const PIECE: usize = 2048;

#[derive(Clone, Default)]
pub(super) struct Ops {
    full: Vec<Vec<Op>>,
    last: Vec<Op>,
}

impl Ops {
    pub(super) fn push(&mut self, op: Op) {
        if self.last.len() == PIECE {
            let full = std::mem::replace(&mut self.last, Vec::with_capacity(PIECE));
            self.full.push(full);
        }
        self.last.push(op);
    }

    pub(super) fn len(&self) -> usize {
        self.full.len() * PIECE + self.last.len()
    }

    /// Nothing more is added.
    pub(super) fn shrink(&mut self) {
        self.last.shrink_to_fit();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Op> + Clone {
        self.pieces().flatten()
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &[Op]> + Clone {
        let last = [self.last.as_slice()].into_iter();
        self.full.iter().map(Vec::as_slice).chain(last)
    }

    /// Each piece is freed when it has been read.
    pub(super) fn into_pieces(self) -> impl Iterator<Item = Vec<Op>> {
        self.full.into_iter().chain([self.last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_one_another() {
        for count in [0, 1, PIECE, PIECE + 1, 3 * PIECE] {
            let mut ops = Ops::default();
            for number in 0..count {
                ops.push(Op::Load(number as u32));
            }
            ops.shrink();
            let number = |op: &Op| match op {
                Op::Load(number) => *number as usize,
                _ => usize::MAX,
            };
            assert_eq!(ops.len(), count);
            assert!(ops.iter().map(number).eq(0..count));
            assert!(ops.into_pieces().flatten().map(|op| number(&op)).eq(0..count));
        }
    }
}
