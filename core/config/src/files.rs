//! How files a document refers to stand in the schema, so that the structure check finds every one of them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A file that is read and watched.
pub(crate) const INPUT_FILE: &str = "input-file";
/// A folder that is read and watched.
pub(crate) const INPUT_FOLDER: &str = "input-folder";
/// A file that is written.
pub(crate) const OUTPUT_FILE: &str = "output-file";

macro_rules! file_schema {
    ($name:ident, $format:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "description": $doc })
            }
        }
    };
}

file_schema!(
    InputFile,
    INPUT_FILE,
    "A file to read; relative paths start at the folder of the document."
);
file_schema!(
    InputFolder,
    INPUT_FOLDER,
    "A folder to read; relative paths start at the folder of the document."
);
file_schema!(
    OutputFile,
    OUTPUT_FILE,
    "A file to write; relative paths start at the folder of the document."
);
