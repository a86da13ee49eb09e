//! Shared values: a map with compare-and-set.

use bytes::Bytes;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::abi::Status;
use crate::limits::SharedLimits;

/// Values of all `vm_id`s.
pub(crate) struct Data {
    limits: SharedLimits,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    spaces: FxHashMap<String, Space>,
    last: u32,
}

#[derive(Default)]
struct Space {
    values: FxHashMap<Vec<u8>, (Bytes, u32)>,
    bytes: usize,
}

impl Data {
    pub(crate) fn new(limits: SharedLimits) -> Self {
        Self { limits, inner: Mutex::default() }
    }

    /// The value of a name, and the number its next change must name.
    pub(crate) fn value(&self, vm_id: &str, name: &[u8]) -> Option<(Bytes, u32)> {
        self.inner.lock().spaces.get(vm_id)?.values.get(name).cloned()
    }

    /// Sets a value. `cas` 0 sets it whatever stands there; a name that is not there yet takes any.
    pub(crate) fn set(
        &self,
        vm_id: &str,
        name: &[u8],
        value: &[u8],
        cas: u32,
    ) -> Result<(), Status> {
        let mut inner = self.inner.lock();
        let number = inner.last.wrapping_add(1).max(1);
        if !inner.spaces.contains_key(vm_id) {
            inner.spaces.insert(vm_id.to_owned(), Space::default());
        }
        let space = inner.spaces.get_mut(vm_id).ok_or(Status::InternalFailure)?;
        let old = space.values.get(name);
        if old.is_some_and(|(_, current)| cas != 0 && cas != *current) {
            return Err(Status::CasMismatch);
        }
        let before = old.map_or(0, |(value, _)| name.len() + value.len());
        let bytes = space.bytes - before + name.len() + value.len();
        let full = old.is_none() && space.values.len() >= self.limits.entries;
        if full || bytes > self.limits.bytes {
            return Err(Status::InternalFailure);
        }
        space.bytes = bytes;
        match space.values.get_mut(name) {
            Some(place) => *place = (Bytes::copy_from_slice(value), number),
            None => {
                space.values.insert(name.to_vec(), (Bytes::copy_from_slice(value), number));
            }
        }
        inner.last = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_what_it_changes() {
        let data = Data::new(SharedLimits::default());
        assert_eq!(data.value("a", b"k"), None);
        data.set("a", b"k", b"1", 77).unwrap();
        let (value, cas) = data.value("a", b"k").unwrap();
        assert_eq!(value, "1");
        assert_eq!(data.set("a", b"k", b"2", cas + 1), Err(Status::CasMismatch));
        data.set("a", b"k", b"2", cas).unwrap();
        assert_eq!(data.set("a", b"k", b"3", cas), Err(Status::CasMismatch));
        data.set("a", b"k", b"3", 0).unwrap();
        assert_eq!(data.value("a", b"k").unwrap().0, "3");
        assert_eq!(data.value("b", b"k"), None, "another vm_id is another map");
    }

    #[test]
    fn a_full_map_refuses_and_keeps() {
        let limits = SharedLimits { entries: 2, bytes: 10, ..SharedLimits::default() };
        let data = Data::new(limits);
        data.set("", b"a", b"123", 0).unwrap();
        data.set("", b"b", b"123", 0).unwrap();
        assert_eq!(data.set("", b"c", b"", 0), Err(Status::InternalFailure));
        assert_eq!(data.set("", b"a", b"123456", 0), Err(Status::InternalFailure));
        data.set("", b"a", b"12345", 0).unwrap();
        assert_eq!(data.value("", b"a").unwrap().0, "12345");
    }
}
