//! Padmé (Nikitin et al., PURBs, PETS 2019, algorithm 1): lengths keep a few leading bits only, at most 12 % more
//! bytes, less the longer the file.

/// The length to which a plaintext of `length` bytes is padded.
pub fn padded(length: u64) -> u64 {
    let Some(exponent) = length.checked_ilog2() else {
        return 0;
    };
    let Some(bits) = exponent.checked_ilog2() else {
        return length;
    };
    let mask = (1u64 << (exponent - bits - 1)) - 1;
    length.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_few_bits() {
        for (length, expected) in
            [(0, 0), (1, 1), (2, 2), (3, 3), (8, 8), (9, 10), (17, 18), (300, 304), (1000, 1024), (1 << 30, 1 << 30)]
        {
            assert_eq!(padded(length), expected, "{length}");
        }
    }

    #[test]
    fn it_costs_at_most_an_eighth_and_is_stable() {
        for length in (1..5000).chain((1..53).flat_map(|e| [(1u64 << e) - 1, 1 << e, (1 << e) + 1])) {
            let to = padded(length);
            assert!(to >= length && (to - length) * 8 <= length, "{length}: {to}");
            assert_eq!(padded(to), to);
        }
    }
}
