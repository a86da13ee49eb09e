//! `removeNulls` and `replaceNulls`.

pub(super) fn remove(input: &[u8], out: &mut Vec<u8>) {
    for run in input.split(|&b| b == 0) {
        out.extend_from_slice(run);
    }
}

pub(super) fn replace(input: &[u8], out: &mut Vec<u8>) {
    out.extend(input.iter().map(|&b| if b == 0 { b' ' } else { b }));
}
