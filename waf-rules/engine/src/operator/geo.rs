//! `@geoLookup`: where an address is, from a MaxMind database (MaxMind DB file format 2.0) that the operator gives.

use std::fmt;
use std::net::IpAddr;

use maxminddb::Reader;
use maxminddb::geoip2::City;

/// An opened database.
pub(crate) struct GeoDatabase {
    reader: Reader<Vec<u8>>,
}

/// What a lookup leaves in `GEO`: key and value.
pub(crate) type Place = Vec<(&'static str, String)>;

impl GeoDatabase {
    /// Opens the content of a database file; the error is the reader's.
    pub(crate) fn open(content: &[u8]) -> Result<Self, String> {
        match Reader::from_source(content.to_vec()) {
            Ok(reader) => Ok(Self { reader }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether the database knows the address. What is no address is not known.
    pub(crate) fn knows(&self, input: &[u8]) -> bool {
        address(input)
            .and_then(|address| self.reader.lookup(address).ok())
            .is_some_and(|found| found.has_data())
    }

    /// What the database says of an address; fields it does not have are left out.
    pub(crate) fn place(&self, input: &[u8]) -> Place {
        let mut place = Vec::new();
        let found = address(input).and_then(|address| self.reader.lookup(address).ok());
        let Some(city) = found.and_then(|found| found.decode::<City<'_>>().ok().flatten()) else {
            return place;
        };
        let mut add = |key, value: Option<String>| {
            if let Some(value) = value {
                place.push((key, value));
            }
        };
        let text = |value: Option<&str>| value.map(str::to_owned);
        let region = city.subdivisions.first();
        add("COUNTRY_CODE", text(city.country.iso_code));
        add("COUNTRY_NAME", text(city.country.names.english));
        add("COUNTRY_CONTINENT", text(city.continent.code));
        add("REGION", text(region.and_then(|region| region.iso_code)));
        add("REGION_NAME", text(region.and_then(|region| region.names.english)));
        add("CITY", text(city.city.names.english));
        add("POSTAL_CODE", text(city.postal.code));
        add("LATITUDE", city.location.latitude.map(|degrees| degrees.to_string()));
        add("LONGITUDE", city.location.longitude.map(|degrees| degrees.to_string()));
        add("DMA_CODE", city.location.metro_code.map(|code| code.to_string()));
        place
    }
}

impl fmt::Debug for GeoDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeoDatabase")
            .field("type", &self.reader.metadata().database_type)
            .finish_non_exhaustive()
    }
}

fn address(input: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(input).ok()?;
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
pub(crate) mod tests;
